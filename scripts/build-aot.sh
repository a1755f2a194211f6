#!/usr/bin/env bash
# Compiles the modules ahead of time, for Fluent Bits whose WebAssembly runtime is one of the two versions named here. Expects
# dist/auditgate.wasm, and compiles dist/auditgate-baked.wasm as well where there is one.
#
# A compiled module loads in its own version only: Fluent Bit 5.1.1 refuses another one, and 3.1.9 lets every record pass as it came.
# WAMRC_241, WAMRC_130  WAMR's compiler of that version; else a `wamrc` in the PATH whose version fits
# AOT_CPU               the oldest CPU that it has to run on, default x86-64-v2 (see `wamrc --cpu=help`)
# AOT_TARGET            its architecture, default that of this machine
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

target=${AOT_TARGET:-$(uname -m)}
cpu=${AOT_CPU:-}
[ -n "$cpu" ] || [ "$target" != x86_64 ] || cpu=x86-64-v2

# The compiler for a version, by a variable or by what a `wamrc` in the PATH says of itself.
find_compiler() {
  local named=$1 version=$2
  if [ -n "$named" ]; then
    [ -f "$named" ] || fail "expected WAMR's compiler $version, found no program \`$named\`"
    printf '%s' "$named"
  elif command -v wamrc >/dev/null && wamrc --version | grep -qF "$version"; then
    command -v wamrc
  fi
}

compiled=0
# compile VERSION COMPILER [OPTION...]
compile() {
  local version=$1 compiler=$2 module out
  shift 2
  for module in auditgate auditgate-baked; do
    [ -f "dist/$module.wasm" ] || continue
    out="dist/$module-wamr-$version.aot"
    "$compiler" --target="$target" ${cpu:+--cpu="$cpu"} "$@" -o "$out.new" "dist/$module.wasm" >/dev/null ||
      fail "\`$compiler\` could not compile dist/$module.wasm"
    mv "$out.new" "$out"
    say "$out: $(wc -c <"$out") bytes"
    compiled=$((compiled + 1))
  done
}

[ -f dist/auditgate.wasm ] || fail "expected dist/auditgate.wasm" "run \`make module\`"
newer=$(find_compiler "${WAMRC_241:-}" 2.4.1)
[ -z "$newer" ] || compile 2.4.1 "$newer"
# Version 1.3.0 compiles for features by default that its own runtime in Fluent Bit lacks.
older=$(find_compiler "${WAMRC_130:-}" 1.3.0)
[ -z "$older" ] || compile 1.3.0 "$older" --disable-simd --disable-ref-types
[ "$compiled" -gt 0 ] || fail "found no compiler of WAMR" \
  "Fluent Bit 4.1 and later have WAMR 2.4.1, Fluent Bit 3.1.9 has 1.3.0; the sources are at https://github.com/bytecodealliance/wasm-micro-runtime" \
  "build wamr-compiler of that tag (it needs LLVM), and set WAMRC_241 or WAMRC_130 to the wamrc it makes"
