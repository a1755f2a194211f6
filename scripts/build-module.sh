#!/usr/bin/env bash
# Builds dist/auditgate.wasm: finds or installs a Rust that compiles to WebAssembly, compiles, packs, checks.
#
# The module has to load in the WebAssembly runtimes of Fluent Bit 3.1.9 and later, the older of which knows four features
# beyond the first version of WebAssembly.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh
# shellcheck source=scripts/toolchain.sh
. scripts/toolchain.sh

stack_bytes=$((128 * 1024))
max_memory_bytes=$((256 * 1024 * 1024))
features=+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals

flags="-C target-cpu=mvp -C target-feature=$features"
flags+=" -C link-arg=-zstack-size=$stack_bytes -C link-arg=--max-memory=$max_memory_bytes"
# Half the size at the same speed: what inlining at the compiler's default gains, an interpreter does not notice.
flags+=" -C llvm-args=-inline-threshold=50"
# Another twelfth of the size: what unrolled loops gain, an interpreter does not notice either.
flags+=" -C llvm-args=-unroll-full-max-count=1 -C llvm-args=-unroll-max-count=1 -C llvm-args=-unroll-runtime=false"
# Loops keep their pointers: what is made of them for a machine with registers takes an interpreter an instruction more for every access.
flags+=" -C llvm-args=-disable-lsr"
flags+=" ${AUDITGATE_MODULE_FLAGS:-}"
# The same bytes wherever the checkout stands.
flags+=" --remap-path-prefix=$PWD=."

choose_toolchain
flags+=" $toolchain_flags"

target_dir="${CARGO_TARGET_DIR:-target}"
# A terminal gets cargo's progress bar, a log does not need it.
quiet=(--quiet)
[ ! -t 2 ] || quiet=()
built="$target_dir/module/$target/module/auditgate.wasm"

# Puts a new file in its place; an unchanged one keeps its time stamp, so that nothing is built again because of it.
place() { if cmp -s "$1.new" "$1"; then rm "$1.new"; else mv "$1.new" "$1"; fi; }

# Two other forms of the module, by Binaryen's passes that look at one function at a time. In the interpreter of Fluent Bit an instruction
# that sets a local and goes on with its value costs as much as two, so the fast form has none. The small one is what `-Oz` does.
optimise() {
  local form=$1
  shift
  wasm-opt --mvp-features --enable-bulk-memory --enable-sign-ext --enable-nontrapping-float-to-int --enable-mutable-globals \
    -g "$@" "$built" -o "$target_dir/module/$form.wasm"
}
fast=(--flatten --simplify-locals-notee-nostructure --vacuum --coalesce-locals --vacuum --untee)
small=(--shrink-level=2 --optimize-level=2 --ssa-nomerge --dce --remove-unused-names --remove-unused-brs --remove-unused-names
  --optimize-instructions --pick-load-signs --precompute-propagate --code-pushing --simplify-locals-nostructure --vacuum
  --reorder-locals --remove-unused-brs --coalesce-locals --simplify-locals --vacuum --reorder-locals --coalesce-locals
  --reorder-locals --vacuum --code-folding --merge-blocks --remove-unused-brs --remove-unused-names --merge-blocks
  --precompute --optimize-instructions --rse --vacuum)

mkdir -p dist
cargo build "${quiet[@]}" --package auditgate-pack
pack="$target_dir/debug/auditgate-pack"

# A module of the filter role as it is before packing, with the features `$2`, as dist/$1-linked.wasm: what policies can be put into.
linked_module() {
  say "building $1 ($how)"
  RUSTFLAGS="$flags" "${cargo[@]}" build "${quiet[@]}" --lib --package auditgate --profile module --no-default-features --features "$2" \
    --target "$target" --target-dir "$target_dir/module" "${arguments[@]}"
  local linked=dist/$1-linked.wasm
  if command -v wasm-opt >/dev/null || install_packages binaryen; then
    optimise fast "${fast[@]}"
    optimise small "${small[@]}"
    "$pack" --mix "$built" "$target_dir/module/fast.wasm" "$target_dir/module/small.wasm" "$linked.new"
  else
    say "no wasm-opt (on Debian: apt-get install binaryen): the module is somewhat larger and slower"
    cp "$built" "$linked.new"
  fi
  place "$linked"
}

# The same, packed, as dist/$1.wasm.
filter_module() {
  linked_module "$1" "$2"
  "$pack" "dist/$1-linked.wasm" "dist/$1.wasm.new"
  place "dist/$1.wasm"
  say "dist/$1.wasm: $(wc -c <"dist/$1.wasm") bytes"
}
filter_module auditgate module,own-rules,templates
[ "${AUDITGATE_MODULES:-all}" = all ] || exit 0
# The same with the forms of docs/formats, which most filters have no use for.
filter_module auditgate-formats module,own-rules,templates,formats
# Without what most policies have no use for, and a module gains nothing from that is loaded anew for every few events.
linked_module auditgate-lean module

# The output role is run by wasmtime alone, compiled to machine code: it may use what the filter must not, and its size hardly counts.
output_flags="-C target-feature=+simd128,+bulk-memory,+sign-ext,+nontrapping-fptoint,+mutable-globals"
output_flags+=" -C link-arg=-zstack-size=$((1024 * 1024)) --remap-path-prefix=$PWD=."
# All the memory that the host allows, from the beginning (src/module/output_memory.rs).
output_memory_bytes=$((512 * 1024 * 1024))
output_flags+=" -C link-arg=--initial-memory=$output_memory_bytes -C link-arg=--max-memory=$output_memory_bytes"
case "$flags" in *immediate-abort*) output_flags+=" $source_flags" ;; esac
case "$flags" in *linker=wasm-ld*) output_flags+=" -C linker=wasm-ld" ;; esac
# The output role's module with the features `$2`, as dist/$1.wasm.
output_module() {
  say "building $1.wasm"
  RUSTFLAGS="$output_flags" CARGO_PROFILE_MODULE_OPT_LEVEL=3 CARGO_PROFILE_MODULE_STRIP=symbols \
    "${cargo[@]}" build "${quiet[@]}" --lib --package auditgate --profile module --features "$2" \
    --target "$target" --target-dir "$target_dir/output-module" "${arguments[@]/-Zbuild-std-features=optimize_for_size/-Zbuild-std-features=}"
  cp "$target_dir/output-module/$target/module/auditgate.wasm" "dist/$1.wasm.new"
  place "dist/$1.wasm"
  say "dist/$1.wasm: $(wc -c <"dist/$1.wasm") bytes"
}
output_module auditgate-output module,output
# One that stops at some events, for the tests of the plugin.
[ -z "${AUDITGATE_TEST_MODULES:-}" ] || output_module auditgate-output-stumbling module,stumble
