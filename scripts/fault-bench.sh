#!/usr/bin/env bash
# 100,000 events through the output plugin against each faulty and each real receiver, in every Fluent Bit that FLUENT_BIT,
# FLUENT_BIT_OLD or the PATH names. Expects dist/out_auditgate.so.
#
# FAULT_BENCH_EVENTS  events of each run (default 100000: half an hour for each Fluent Bit)
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

need_rust
command -v python3 >/dev/null || install_packages python3 || fail "expected Python, found no \`python3\`" "install python3"
cargo build --quiet --package auditgate-generate
exec python3 tests/delivery/run.py --events "${FAULT_BENCH_EVENTS:-100000}" --table "${CARGO_TARGET_DIR:-target}/faults.md" "$@"
