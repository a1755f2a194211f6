#!/usr/bin/env bash
# The leak benchmark: the engine, the module under the embedded runner, and a sample through every real Fluent Bit that
# FLUENT_BIT, FLUENT_BIT_OLD or the PATH names. Expects dist/auditgate.wasm. Fails if a gate is missed.
#
# LEAK_BENCH_SEEDS  seeds for each kind, place and encoding (default 10: some minutes for each engine)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

need_rust
quiet=(--quiet)
[ ! -t 2 ] || quiet=()
seeds=${LEAK_BENCH_SEEDS:-10}
out=${CARGO_TARGET_DIR:-target}/leak-bench
mkdir -p "$out"
say "building the leak benchmark"
cargo build "${quiet[@]}" --profile dist --package auditgate-leak-bench
bench=("${CARGO_TARGET_DIR:-target}/dist/auditgate-leak-bench" --seeds "$seeds")

missed=0
say "the engine, $seeds seeds"
"${bench[@]}" --report "$out/native.json" --failures "$out/native-leaks.txt" || missed=1

fluent_bits=()
for program in "${FLUENT_BIT:-$(command -v fluent-bit || true)}" "${FLUENT_BIT_OLD:-}"; do
  [ -z "$program" ] || fluent_bits+=(--fluent-bit "$program")
done
[ ${#fluent_bits[@]} -gt 0 ] || say "SKIPPED: a real Fluent Bit; set FLUENT_BIT to its program"
say "the module under the embedded runner, $seeds seeds, and in Fluent Bit"
"${bench[@]}" --engine wasm --report "$out/module.json" --failures "$out/module-leaks.txt" "${fluent_bits[@]}" || missed=1
say "reports: $out"
exit $missed
