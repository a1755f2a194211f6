#!/usr/bin/env bash
# The leak benchmark: the engine, the module under the embedded runner, and a sample through every real Fluent Bit that
# FLUENT_BIT, FLUENT_BIT_OLD or the PATH names. Expects dist/auditgate.wasm. Fails if a gate is missed.
#
# LEAK_BENCH_SEEDS        seeds for each kind, place and encoding (default 10: some minutes for each engine)
# LEAK_BENCH_ONE_KIND_IN  at each place every so manieth kind and encoding only, for a quick look (default 1: all)
# LEAK_BENCH_PROFILE      cargo's profile that the benchmark is built with (default dist)
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
profile=${LEAK_BENCH_PROFILE:-dist}
cargo build "${quiet[@]}" --profile "$profile" --package auditgate-leak-bench
# The profile dev leaves its programs in debug.
folder=${CARGO_TARGET_DIR:-target}/${profile/#dev/debug}
bench=("$folder/auditgate-leak-bench" --seeds "$seeds" --one-kind-in "${LEAK_BENCH_ONE_KIND_IN:-1}")

missed=0
say "the engine, $seeds seeds"
"${bench[@]}" --report "$out/native.json" --failures "$out/native-leaks.txt" | tee "$out/native.txt" || missed=1

fluent_bits=()
for program in "${FLUENT_BIT:-$(command -v fluent-bit || true)}" "${FLUENT_BIT_OLD:-}"; do
  [ -z "$program" ] || fluent_bits+=(--fluent-bit "$program")
done
[ ${#fluent_bits[@]} -gt 0 ] || say "SKIPPED: a real Fluent Bit; set FLUENT_BIT to its program"
say "the module under the embedded runner, $seeds seeds, and in Fluent Bit"
"${bench[@]}" --engine wasm --report "$out/module.json" --failures "$out/module-leaks.txt" "${fluent_bits[@]}" | tee "$out/module.txt" || missed=1

# One row a gate, one column an engine; what only one of them has stands below.
awk '
  function cell(text) { return text == "" ? "-" : text }
  /^(met|MISSED) / {
    met = $1; sub(/^[A-Za-z]+ +/, ""); at = match($0, /: [^:]*$/); gate = substr($0, 1, at - 1)
    if (!(gate in seen)) { seen[gate] = ++rows; gates[rows] = gate }
    value[gate, FILENAME] = (met == "met" ? "" : "MISSED ") substr($0, at + 2)
  }
  END {
    print "| gate | engine | module |\n|---|---|---|"
    for (row = 1; row <= rows; row++) {
      gate = gates[row]
      print "| " gate " | " cell(value[gate, ARGV[1]]) " | " cell(value[gate, ARGV[2]]) " |"
    }
  }' "$out/native.txt" "$out/module.txt"
say "reports: $out"
[ "$missed" = 0 ] || say "a gate was MISSED"
exit "$missed"
