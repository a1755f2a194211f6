#!/usr/bin/env bash
# Builds dist/auditgate, the command line, and dist/out_auditgate.so, the output plugin, with the modules inside, and
# dist/auditgate-baked.wasm, a module with the built-in policy inside.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

need_rust
quiet=(--quiet)
[ ! -t 2 ] || quiet=()
say "building auditgate and out_auditgate.so (the first time it compiles a WebAssembly runtime: some minutes)"
# The plugin carries the output role's module as machine code as well, so that it starts at once.
cargo build "${quiet[@]}" --profile dist --package auditgate-deliver --bin auditgate-precompile
"${CARGO_TARGET_DIR:-target}/dist/auditgate-precompile" dist/auditgate-output.wasm dist/auditgate-output.cwasm
export AUDITGATE_PRECOMPILED=$PWD/dist/auditgate-output.cwasm
cargo build "${quiet[@]}" --profile dist --package auditgate-cli --package auditgate-out
# Replaced, not written over: a running one keeps its file.
cp "${CARGO_TARGET_DIR:-target}/dist/auditgate" dist/auditgate.new
mv dist/auditgate.new dist/auditgate
say "dist/auditgate: $(wc -c <dist/auditgate) bytes"
printf 'apiVersion: auditgate/v1\nkind: Policy\n' >dist/baked.yaml
dist/auditgate bake dist/baked.yaml --output dist/auditgate-baked.wasm >/dev/null
rm dist/baked.yaml
say "dist/auditgate-baked.wasm: $(wc -c <dist/auditgate-baked.wasm) bytes"
cp "${CARGO_TARGET_DIR:-target}/dist/libout_auditgate.so" dist/out_auditgate.so.new
mv dist/out_auditgate.so.new dist/out_auditgate.so
say "dist/out_auditgate.so: $(wc -c <dist/out_auditgate.so) bytes"
