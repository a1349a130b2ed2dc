#!/usr/bin/env bash
# Runs every test in two processes: those that start whole platforms of their own, and all
# others. Neither fills a core, since much of a journey is waiting; they share no server, and
# count their ports from apart: one that starts would take those of a part just killed.
# What the others said is printed at the end, and is in var/tests.log meanwhile.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

platforms=(tests/journeys tests/chaos)
mkdir -p var
DOORSTEP_PORTS_UP=1200 .venv/bin/pytest "${platforms[@]/#/--ignore=}" -p no:cacheprovider \
    >var/tests.log 2>&1 &
others=$!
trap 'kill "$others" 2>/dev/null' EXIT

.venv/bin/pytest "${platforms[@]}"
failed=$?
wait "$others"
failed=$((failed | $?))
trap - EXIT
cat var/tests.log
exit "$failed"
