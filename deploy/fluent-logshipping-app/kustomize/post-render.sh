#!/bin/sh
# A post-renderer for helm: manifests in on standard input, manifests with the module out. Needs kustomize, or kubectl.
set -eu
cd "$(dirname "$0")"
trap 'rm -f rendered.yaml' EXIT
cat >rendered.yaml
if command -v kustomize >/dev/null; then
  kustomize build .
else
  kubectl kustomize .
fi
