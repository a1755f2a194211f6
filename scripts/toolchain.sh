# A Rust that compiles to WebAssembly, for the scripts here. Sourced behind common.sh.
# shellcheck shell=bash disable=SC2034
#
# Three ways, the first that works is taken:
#   source    rustup's Rust, and the standard library compiled for the module from rustup's `rust-src`
#   debian    the same with Debian's packages rustc-web, cargo-web, rust-web-src and lld
#   prebuilt  rustup's Rust, and rustup's standard library for wasm32-unknown-unknown: a larger module, for lack of better
# AUDITGATE_TOOLCHAIN=source|debian|prebuilt takes that one and no other.

target=wasm32-unknown-unknown
download_seconds=60
# With the standard library's source, a panic is one instruction, none of its messages is in the module, and sorting and
# printing numbers are the short versions.
source_flags="-Zunstable-options -Cpanic=immediate-abort"
build_std=('-Zbuild-std=std,panic_abort' '-Zbuild-std-features=optimize_for_size')

rustup_here() { command -v rustup >/dev/null; }
quietly_download() { rustup_here && timeout "$download_seconds" rustup "$@" >/dev/null 2>&1; }

try_source() {
  local library
  library="$(rustc --print sysroot)/lib/rustlib/src/rust/library"
  if [ ! -d "$library" ]; then
    rustup_here || return 1
    say "asking rustup for the standard library's source (at most $download_seconds s)"
    quietly_download component add rust-src && [ -d "$library" ] || return 1
  fi
  how="$(rustc --version | cut -d' ' -f1,2), its standard library from source"
  toolchain_flags=$source_flags
  cargo=(env RUSTC_BOOTSTRAP=1 cargo)
  arguments=("${build_std[@]}")
}

debian_ready() {
  command -v wasm-ld >/dev/null && [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] || return 1
  /usr/bin/rustc --version | grep -q 'rustc 1\.\(9[5-9]\|[1-9][0-9][0-9]\)' && [ -d "$(/usr/bin/rustc --print sysroot)/lib/rustlib/src/rust/library" ]
}

try_debian() {
  debian_ready || { install_packages rustc-web cargo-web rust-web-src lld && debian_ready; } || return 1
  how="Debian's $(/usr/bin/rustc --version | cut -d' ' -f1,2), its standard library from source"
  toolchain_flags="$source_flags -C linker=wasm-ld"
  cargo=(env RUSTC_BOOTSTRAP=1 RUSTC=/usr/bin/rustc RUSTDOC=/usr/bin/rustdoc /usr/bin/cargo)
  arguments=("${build_std[@]}")
}

try_prebuilt() {
  local library
  library="$(rustc --print sysroot)/lib/rustlib/$target/lib"
  if [ ! -d "$library" ]; then
    rustup_here || return 1
    say "asking rustup for the standard library of $target (at most $download_seconds s)"
    quietly_download target add "$target" && [ -d "$library" ] || return 1
  fi
  how="$(rustc --version | cut -d' ' -f1,2), its precompiled standard library"
  toolchain_flags=''
  cargo=(cargo)
  arguments=()
}

# Sets `how`, `cargo`, `arguments` and `toolchain_flags`.
choose_toolchain() {
  need_rust
  how=''
  case "${AUDITGATE_TOOLCHAIN:-auto}" in
    auto) try_source || try_debian || try_prebuilt || true ;;
    source | debian | prebuilt) "try_$AUDITGATE_TOOLCHAIN" || true ;;
    *) fail "AUDITGATE_TOOLCHAIN: expected \`source\`, \`debian\` or \`prebuilt\`, found \`$AUDITGATE_TOOLCHAIN\`" ;;
  esac
  [ -n "$how" ] || fail "found no Rust that compiles to WebAssembly" \
    "with rustup: rustup component add rust-src" \
    "on Debian: apt-get install rustc-web cargo-web rust-web-src lld"
}
