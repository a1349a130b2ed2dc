#!/usr/bin/env bash
# Writes requirements.lock anew: every package pyproject.toml needs, with its dev extra
# and setuptools, and the hashes of all files for all platforms; no address of an index.
# pip-tools does it, in an environment of its own: the lock need not hold the tool.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
.venv/bin/python -m venv "$tools/venv"
"$tools/venv/bin/pip" install --quiet --disable-pip-version-check 'pip-tools>=7.5'
"$tools/venv/bin/pip-compile" --quiet --upgrade --extra dev --build-deps-for editable --generate-hashes \
    --allow-unsafe --strip-extras --no-header --no-annotate \
    --no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-emit-options \
    --output-file "$tools/requirements.lock" pyproject.toml
{
    echo '# Written by `make lock`; not by hand.'
    cat "$tools/requirements.lock"
} >requirements.lock
