# Shared by the scripts here: messages, and packages of Debian where something is missing.
# shellcheck shell=bash

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
if [ ! -t 2 ] || [ -n "${NO_COLOR:-}" ]; then say() { printf '==> %s\n' "$*" >&2; }; fi

fail() {
  printf 'error: %s\n' "$1" >&2
  shift
  for line in "$@"; do printf '  help: %s\n' "$line" >&2; done
  exit 1
}

# Installs Debian packages, with sudo where that asks for no password. Fails without a word of its own.
install_packages() {
  command -v apt-get >/dev/null || return 1
  local as_root=()
  if [ "$(id -u)" != 0 ]; then
    command -v sudo >/dev/null && sudo -n true 2>/dev/null || return 1
    as_root=(sudo -n)
  fi
  say "installing from Debian: $*"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1 && return 0
  # The package lists of a fresh machine are empty or old.
  "${as_root[@]}" apt-get update -q >/dev/null 2>&1 || return 1
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" >/dev/null 2>&1
}

# Rust and a C linker, without which nothing here builds.
need_rust() {
  command -v cargo >/dev/null || [ ! -x "$HOME/.cargo/bin/cargo" ] || PATH="$HOME/.cargo/bin:$PATH"
  command -v cargo >/dev/null || fail "expected Rust, found no \`cargo\`" "install it from https://rustup.rs"
  command -v cc >/dev/null || install_packages gcc libc6-dev || fail "expected a C linker, found no \`cc\`" "install gcc and libc6-dev"
}
