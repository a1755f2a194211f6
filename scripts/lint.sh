#!/usr/bin/env bash
# Formatting and lints; what a warning is here is an error.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

need_rust
say "formatting"
cargo fmt --all --check
say "clippy"
cargo clippy --quiet --workspace --all-targets -- --deny warnings
if rustup target list --installed 2>/dev/null | grep -qx wasm32-unknown-unknown; then
  for features in module,own-rules,templates module,own-rules,templates,formats; do
    cargo clippy --quiet --package auditgate --no-default-features --features "$features" --target wasm32-unknown-unknown -- --deny warnings
  done
  # In the lean build the effects of a policy's own rules are no bits.
  cargo clippy --quiet --package auditgate --no-default-features --features module --target wasm32-unknown-unknown -- --deny warnings \
    --allow clippy::bad_bit_mask
  cargo clippy --quiet --package auditgate --no-default-features --features module,output --target wasm32-unknown-unknown -- --deny warnings
else
  say "not linted: src/module for WebAssembly, whose standard library rustup does not have here"
fi
if command -v shellcheck >/dev/null; then
  say "shellcheck"
  shellcheck -x scripts/*.sh
else
  say "not linted: scripts/, because shellcheck is missing"
fi
