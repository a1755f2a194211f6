#!/usr/bin/env bash
# Makes dist/release/: the modules, the command line, the output plugin, machine code for Fluent Bit where WAMR's compiler is there, the
# configurations, a bill of materials, the licences of all that is inside, and SHA-256 sums of everything.
#
# The same commit and the same compilers give the same bytes, wherever the checkout stands: `scripts/release.sh --verify` builds a second time
# from a clone in another folder, and compares.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

verify=false
case "${1:-}" in
  '') ;;
  --verify) verify=true ;;
  *) fail "expected nothing or \`--verify\`, found \`$1\`" ;;
esac

need_rust
command -v python3 >/dev/null || install_packages python3 || fail "expected \`python3\`, found none"
version=$(cargo metadata --format-version 1 --no-deps | python3 -c 'import json, sys
print(next(p["version"] for p in json.load(sys.stdin)["packages"] if p["name"] == "auditgate"))')
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH
# No path of this machine in what is compiled. Of paths that begin alike the last one counts.
CARGO_TARGET_DIR=$(realpath -m "${CARGO_TARGET_DIR:-target}")
export CARGO_TARGET_DIR
export RUSTFLAGS="--remap-path-prefix=$PWD=. --remap-path-prefix=$CARGO_TARGET_DIR=target --remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo"

git diff --quiet HEAD || say "what is built has changes that no commit has"
say "building auditgate $version"
env -u RUSTFLAGS scripts/build-module.sh
scripts/build-cli.sh

out=dist/release
rm -rf "$out"
mkdir -p "$out"
machine=$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
cp dist/auditgate.wasm "$out/auditgate-$version.wasm"
cp dist/auditgate-formats.wasm "$out/auditgate-formats-$version.wasm"
cp dist/auditgate-baked.wasm "$out/auditgate-baked-$version.wasm"
cp dist/auditgate "$out/auditgate-$version-$machine"
cp dist/out_auditgate.so "$out/out_auditgate-$version-$machine.so"
# Machine code is tied to the version of WAMR inside Fluent Bit: 1.3.0 in 3.1.9, 2.4.1 in 4.1 and later.
rm -f dist/*.aot
if [ -n "${WAMRC_241:-}${WAMRC_130:-}" ] || command -v wamrc >/dev/null; then
  scripts/build-aot.sh
  for file in dist/*.aot; do
    name=${file#dist/}
    cp "$file" "$out/${name%.aot}-$version-$(uname -m).aot"
  done
else
  say "no machine code for Fluent Bit in this release: found no compiler of WAMR"
fi
git ls-files -z LICENSE README.md CHANGELOG.md docs examples fluent-bit-conf deploy |
  tar --null --files-from=- --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX -cf - |
  gzip -n >"$out/auditgate-$version-configurations.tar.gz"
cargo metadata --format-version 1 --locked --filter-platform "$(rustc -vV | sed -n 's/^host: //p')" |
  python3 scripts/bill_of_materials.py "$out/auditgate-$version.cdx.json" "$out/auditgate-$version-licences.txt"
(cd "$out" && sha256sum -- * >SHA256SUMS)
say "$out:"
cat "$out/SHA256SUMS"

if $verify; then
  again=$(mktemp -d)
  trap 'rm -rf "$again"' EXIT
  say "building again from a clone in $again"
  git clone --quiet . "$again/auditgate"
  (cd "$again/auditgate" && CARGO_TARGET_DIR="$again/target" scripts/release.sh >/dev/null)
  diff "$out/SHA256SUMS" "$again/auditgate/dist/release/SHA256SUMS" || fail "expected the same bytes from another folder, found the differences above"
  say "the same bytes from another folder"
fi
