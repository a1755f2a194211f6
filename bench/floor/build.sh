#!/usr/bin/env bash
# Builds the floor module into $CARGO_TARGET_DIR/floor.wasm, with what `make module` has found or installed.
set -euo pipefail
cd "$(dirname "$0")"

target=wasm32-unknown-unknown
out="${CARGO_TARGET_DIR:-$PWD/../../target}"
flags="-C target-cpu=mvp -C target-feature=+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"
library="$(rustc --print sysroot)/lib/rustlib"
if [ -d "$library/src/rust/library" ]; then
  cargo=(env RUSTC_BOOTSTRAP=1 cargo build -Zbuild-std=core)
elif [ -x /usr/bin/rustc ] && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]; then
  cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc /usr/bin/cargo build -Zbuild-std=core)
  flags+=" -C linker=wasm-ld"
else
  cargo=(cargo build)
fi
RUSTFLAGS="$flags" "${cargo[@]}" --quiet --profile module --target "$target" --target-dir "$out/floor"
cp "$out/floor/$target/module/auditgate_floor.wasm" "$out/floor.wasm"
