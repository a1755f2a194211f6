#!/usr/bin/env bash
# Builds the filter module of the last commit twice: as it is, and with an engine that looks for nothing (no entry of the catalogue but those that say how
# events are read, no token format, no secret name). What the first needs more than the second is what the catalogue costs.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

out=$(realpath -m "${CARGO_TARGET_DIR:-target}/catalogue")
mkdir -p "$out"
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git archive HEAD | tar -x -C "$tree"
for name in full empty; do
  flags=
  [ "$name" = full ] || flags="--cfg auditgate_empty_catalogue"
  AUDITGATE_MODULES=filter AUDITGATE_MODULE_FLAGS=$flags CARGO_TARGET_DIR=$out/build "$tree/scripts/build-module.sh"
  cp "$tree/dist/auditgate.wasm" "$out/$name.wasm"
  say "$out/$name.wasm"
done
