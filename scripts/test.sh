#!/usr/bin/env bash
# Every test of the workspace. Expects dist/auditgate.wasm.
#
# Crates without a WebAssembly runtime are tested as cargo does it, overflow checks and all. Those around wasmtime are tested in
# the profile that `make dist` uses, so that wasmtime is compiled once, and runs the module at the speed it will have.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

need_rust
quiet=(--quiet)
[ ! -t 2 ] || quiet=()

# The workspace's packages that depend on wasmtime, directly or not: `auditgate-runner`, as `--package auditgate-runner`.
mapfile -t around_wasmtime < <(
  cargo tree --quiet --workspace --invert wasmtime --edges normal,build,dev --prefix none --format '{p}' |
    awk '/^auditgate/ { print $1 }' | sort -u
)
included=() excluded=()
for package in "${around_wasmtime[@]}"; do
  included+=(--package "$package")
  excluded+=(--exclude "$package")
done

say "testing the engine and what needs no WebAssembly runtime"
# The output role too, which the filter leaves out.
cargo test "${quiet[@]}" --workspace "${excluded[@]}" --features auditgate/output
if [ ${#included[@]} -gt 0 ]; then
  say "testing ${around_wasmtime[*]}"
  AUDITGATE_TEST_MODULES=1 scripts/build-module.sh
  cargo test "${quiet[@]}" --profile dist "${included[@]}"
fi
say "validating formats with what others made"
scripts/validate-formats.sh
