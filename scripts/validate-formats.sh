#!/usr/bin/env bash
# Validates formats with parsers and schemas that others made: OCSF's schema, a CEF library, rsyslog, syslog-ng, Fluent Bit.
# Python packages go into a folder of target/; what is missing besides is skipped, and says so.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/common.sh
. scripts/common.sh

packages=(ocsf-json-schema==1.2.0 jsonschema-rs==0.60.3 pycef==1.11)
target_dir="${CARGO_TARGET_DIR:-target}"

auditgate=${AUDITGATE:-}
for built in "$target_dir/dist/auditgate" dist/auditgate "$target_dir/debug/auditgate"; do
  [ -n "$auditgate" ] || [ ! -x "$built" ] || auditgate=$built
done
[ -n "$auditgate" ] || fail "found no auditgate to validate" "make dist"
cargo build --quiet --package auditgate-generate

if ! command -v python3 >/dev/null; then
  say "SKIPPED: validating formats needs python3"
  exit 0
fi
environment="$target_dir/validate-formats"
stamp="$environment/${packages[*]}"
if [ ! -e "${stamp// /-}" ]; then
  say "installing ${packages[*]}"
  rm -rf "$environment"
  if ! python3 -m venv "$environment" || ! "$environment/bin/pip" install --quiet --disable-pip-version-check "${packages[@]}"; then
    say "SKIPPED: the Python packages for validating formats cannot be had"
    exit 0
  fi
  touch "${stamp// /-}"
fi
# Debian's package would take rsyslog away, so syslog-ng is unpacked where it is not installed.
SYSLOG_NG=${SYSLOG_NG:-$(scripts/syslog-ng.sh "$(realpath -m "$target_dir/syslog-ng")" || true)}
export SYSLOG_NG
"$environment/bin/python" tests/formats/validation/validate.py "$auditgate" "$target_dir/debug/auditgate-generate" "$@"
