# The targets a person needs; the work is done by cargo and by scripts/.
.DEFAULT_GOAL := help
.PHONY: help dist page aot demo test validate-formats lint module leak-bench fault-bench output-bench bench bench-table release release-verify
SHELL := bash

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

module: ## the modules alone: dist/auditgate.wasm and dist/auditgate-output.wasm
	@scripts/build-module.sh

dist: module ## the modules, dist/auditgate, and dist/out_auditgate.so, which carry them inside
	@scripts/build-cli.sh

page: ## the engine for a browser, in one file: dist/auditgate.html
	@scripts/build-page.sh

aot: module ## the modules compiled ahead of time, by WAMR's compiler (WAMRC_241, WAMRC_130 or PATH)
	@scripts/build-aot.sh

demo: dist ## real audit events through the module: what went in, what comes out
	@dist/auditgate demo

test: module page ## every test; those with a real Fluent Bit where FLUENT_BIT or the PATH has one
	@scripts/test.sh

validate-formats: dist ## formats against schemas and parsers of others, and against real receivers
	@scripts/validate-formats.sh

lint: module ## formatting, and clippy with the workspace's lints
	@scripts/lint.sh

leak-bench: dist ## the leak benchmark: planted secrets, what of them leaves, and what is damaged
	@scripts/leak-bench.sh

fault-bench: dist ## the output plugin, 100,000 events against each receiver that fails, in real Fluent Bits: the table of docs/output.md
	@scripts/fault-bench.sh

output-bench: dist ## the output plugin beside Fluent Bit's own outputs: CPU time and memory
	@python3 bench/output.py

bench: dist ## time and memory, in real Fluent Bits and outside them: writes bench/runs/
	@python3 bench/run.py $(BENCH)

bench-table: ## the newest run of bench/runs/ as the table of the README
	@python3 bench/table.py

release: ## what is published, with sums, a bill of materials and licences: writes dist/release/
	@scripts/release.sh

release-verify: ## a release, and a second one from a clone in another folder: every byte has to be the same
	@scripts/release.sh --verify
