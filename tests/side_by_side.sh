#!/usr/bin/env bash
# Runs the checks and every test in lanes side by side: journeys, which start whole platforms
# and wait much; the longest of those; doors and pages; what is judged and proven; all others.
# They share no server, and count their ports from apart: one that starts would take those of
# a part just killed. What each said is printed as it ends, and is in var/lanes/*.log
# meanwhile.
#
# A few tests that failed are run once more, alone: on a busy machine a wait can be too
# short. What passes then is named at the end, to be mended; what fails twice fails the run.
# The harness gets no second try: what it lost once is lost.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

pytest=.venv/bin/pytest
longest=(tests/chaos tests/journeys/test_demo.py tests/journeys/test_containers.py)
pages=(tests/gateway tests/browser)
proven=(tests/evidence tests/rulebook tests/services)
apart=(tests/journeys tests/chaos "${pages[@]}" "${proven[@]}")
second_tries=8  # more failures than this are no accident
declare -A running codes
hurried=()
failed=0

# Begins a lane: its name, how far up its ports are, and what it runs.
begin() {
    local name=$1 up=$2
    shift 2
    DOORSTEP_PORTS_UP=$up $pytest -o cache_dir="var/lanes/$name" --durations=8 "$@" \
        >"var/lanes/$name.log" 2>&1 &
    running[$name]=$!
}

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
    # 0: nothing failed; others: pytest itself was ended, or a check, which has no tests.
    [ "$code" -eq 1 ] && [ "$name" != check ] || return "$code"
    mapfile -t ids < <(failed_in "$name")
    [ ${#ids[@]} -gt 0 ] && [ ${#ids[@]} -le $second_tries ] || return 1
    [[ " ${ids[*]}" != *" tests/chaos"* ]] || return 1
    printf '\n== once more, alone ==\n'
    $pytest -o cache_dir="var/lanes/$name" --last-failed --last-failed-no-failures=none \
        || return 1
    hurried+=("${ids[@]}")
}

rm -rf var/lanes
mkdir -p var/lanes
trap 'kill "${running[@]}" 2>/dev/null' EXIT
begin journeys 0 tests/journeys "${longest[@]/#/--ignore=}"
begin longest 3600 "${longest[@]}"
begin pages 1200 "${pages[@]}"
begin proven 4800 "${proven[@]}"
begin others 2400 "${apart[@]/#/--ignore=}"
make --no-print-directory check >var/lanes/check.log 2>&1 &
running[check]=$!
echo "the checks and five lanes of tests run for ten to twenty minutes; watch var/lanes/*.log"
for name in check pages others proven longest journeys; do
    wait "${running[$name]}"
    codes[$name]=$?
    printf '\n== %s ==\n' "$name"
    cat "var/lanes/$name.log"
done
trap - EXIT

for name in "${!codes[@]}"; do
    again "$name" "${codes[$name]}" || failed=1
done
[ ${#hurried[@]} -eq 0 ] || printf 'passed only when alone, to be mended: %s\n' "${hurried[@]}"
exit "$failed"
