#!/usr/bin/env bash
# Runs every test in two processes: those that start whole platforms of their own, and all
# others. Neither fills a core, since much of a journey is waiting; they share no server, and
# count their ports from apart: one that starts would take those of a part just killed.
# What the others said is printed at the end, and is in var/tests.log meanwhile.
#
# A few tests that failed are run once more, alone: on a busy machine a wait can be too
# short. What passes then is named at the end, to be mended; what fails twice fails the run.
# The harness gets no second try: what it lost once is lost.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pytest=.venv/bin/pytest
platforms=(tests/journeys tests/chaos)
second_tries=8  # more failures than this are no accident
mkdir -p var

# The ids that failed in the last run of a lane, one a line.
failed_in() {
    .venv/bin/python - "var/lanes/$1/v/cache/lastfailed" <<'PYTHON'
import json, pathlib, sys
kept = pathlib.Path(sys.argv[1])
print("\n".join(json.loads(kept.read_text()) if kept.exists() else ()))
PYTHON
}

# Runs what failed in a lane again, when it is little and no part of the harness.
again() {
    local name=$1 code=$2 ids
    [ "$code" -eq 1 ] || return "$code"  # 0: nothing failed; others: pytest itself was ended
    mapfile -t ids < <(failed_in "$name")
    [ ${#ids[@]} -gt 0 ] && [ ${#ids[@]} -le $second_tries ] || return 1
    [[ " ${ids[*]}" != *" tests/chaos"* ]] || return 1
    printf '\n== once more, alone ==\n'
    $pytest -o cache_dir="var/lanes/$name" --last-failed --last-failed-no-failures=none || return 1
    hurried+=("${ids[@]}")
}

rm -rf var/lanes
DOORSTEP_PORTS_UP=1200 $pytest -o cache_dir=var/lanes/others "${platforms[@]/#/--ignore=}" \
    >var/tests.log 2>&1 &
others=$!
trap 'kill "$others" 2>/dev/null' EXIT
$pytest -o cache_dir=var/lanes/platforms "${platforms[@]}"
platforms_code=$?
wait "$others"
others_code=$?
trap - EXIT
cat var/tests.log

hurried=()
failed=0
again platforms "$platforms_code" || failed=1
again others "$others_code" || failed=1
[ ${#hurried[@]} -eq 0 ] || printf 'passed only when alone, to be mended: %s\n' "${hurried[@]}"
exit "$failed"
