#!/usr/bin/env bash
# Builds dist/auditgate.html: the engine for a browser, and the page around it, in one file.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh
# shellcheck source=scripts/toolchain.sh
. scripts/toolchain.sh

choose_toolchain
target_dir="${CARGO_TARGET_DIR:-target}"
quiet=(--quiet)
[ ! -t 2 ] || quiet=()

say "building auditgate.html ($how)"
# The glue is made from what wasm-bindgen left in the module's custom sections, so nothing is stripped before.
RUSTFLAGS="$toolchain_flags --remap-path-prefix=$PWD=." CARGO_PROFILE_MODULE_OPT_LEVEL=s \
  "${cargo[@]}" build "${quiet[@]}" --lib --package auditgate-page --profile module \
  --target "$target" --target-dir "$target_dir/page" "${arguments[@]}"
mkdir -p dist
cargo build "${quiet[@]}" --package auditgate-page-bundle
"$target_dir/debug/auditgate-page-bundle" "$target_dir/page/$target/module/auditgate_page.wasm" crates/page/assets dist/auditgate.html
say "dist/auditgate.html: $(wc -c <dist/auditgate.html) bytes"
