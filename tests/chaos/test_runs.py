"""Short runs of the harness: a sound product stays green, a planted bug turns it red.

Each brings up a platform of its own, in a process of its own.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.planted import BUGS
from doorstep.ports import PORTS_UP
from tests.conftest import ROOT

LIMIT_S = 1200
#: Long enough for every story at the door, and short: the bugs need no kill to show.
SHORT = ("--seconds", "12", "--kills", "0", "--crews", "3")
#: Whether anything is lost, and not how soon it is well: other tests have the machine too.
UNDER_FIRE = ("--seconds", "90", "--kills", "10", "--crews", "3", "--heal", "300")
ACKNOWLEDGED = "acknowledged once"
ONE_TO_ONE, APPLIED = "change and outbox one to one", "applied once, in order"
FORBIDDEN, PARKED = "nothing forbidden allowed", "nothing parked but poison"
ALLOWED = "entry and cash only as allowed"
#: Whether an ask is stopped shows only while what it rests on does not arrive.
FROZEN = ("--seconds", "40", "--kills", "0", "--freezes", "6", "--only", "relay")
#: A visit is sealed too early only where something of it is still to come.
PICTURES = (*SHORT, "--flow", "evidence")
#: And whether what was acknowledged of a file is on disk, only once the power was cut
#: between two of its pieces.
CUT = ("--seconds", "60", "--kills", "14", "--freezes", "0", "--only", "gateway")
SCHEDULES = {
    "doubt-ignored": FROZEN,
    "upload-offset-trusted": (*CUT, "--flow", "files", "--crews", "6"),
    "seal-before-complete": PICTURES,
}
#: Which check must be among those that catch a bug.
CAUGHT_BY = {
    "acknowledge-before-commit": ACKNOWLEDGED,
    "no-inbox": APPLIED,
    "event-outside-outbox": ONE_TO_ONE,
    "consent-check-skipped": ALLOWED,
    "authority-in-two-transactions": ALLOWED,
    "doubt-ignored": FORBIDDEN,
    "late-relay-mark": APPLIED,
    "retry-without-delay": PARKED,
    "swallowed-parking": PARKED,
    "seal-before-complete": "each bundle verifies",
    "upload-offset-trusted": "accepted files there and equal",
    "name-in-a-log-line": "nothing personal in the clear",
}


def chaos(home: Path, *words: str) -> tuple[int, str]:
    """Run the harness; return its exit code and what it said."""
    names = ("PATH", "HOME", "LANG", PORTS_UP)
    environment = {name: os.environ[name] for name in names if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-m", "chaos", "--home", str(home), *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
    )
    return done.returncode, done.stdout + done.stderr


def wrong(said: str) -> set[str]:
    """The checks that found something."""
    return set(re.findall(r"^check: (.+): \d+ WRONG$", said, re.MULTILINE))


def counters(said: str) -> dict[str, int]:
    """The six of all flows; whoever complained on the other stream stands behind them."""
    (all_of_them,) = re.findall(r"^attempted=.*$", said, re.MULTILINE)
    return {name: int(count) for name, count in re.findall(r"(\w+)=(\d+)", all_of_them)}


@pytest.fixture
def home() -> Path:
    """Under `var/`, where the private servers may look."""
    return ROOT / "var" / f"test-chaos-{os.getpid()}"


def test_a_short_run_under_fire_loses_nothing_and_says_so(home: Path) -> None:
    code, said = chaos(home, "--seed", "11", *UNDER_FIRE)

    found = counters(said)
    assert (code, wrong(said)) == (0, set()), said
    assert said.startswith("seed 11\n")
    assert (found["lost"], found["duplicated"], found["unexpected"]) == (0, 0, 0)
    assert found["acknowledged"] > 50
    assert found["recovered"] > 0


@pytest.mark.long
@pytest.mark.parametrize("bug", sorted(CAUGHT_BY))
@pytest.mark.parametrize("seed", ["21", "22", "23"])
def test_every_planted_bug_is_caught_whatever_the_seed(
    home: Path, bug: str, seed: str
) -> None:
    words = SCHEDULES.get(bug, SHORT)
    code, said = chaos(home, "--seed", seed, *words, "--plant", bug)

    assert set(CAUGHT_BY) == set(BUGS)
    assert code == 1, said
    assert CAUGHT_BY[bug] in wrong(said), said


@pytest.mark.long
@pytest.mark.parametrize("words", [SHORT, SCHEDULES["upload-offset-trusted"]])
def test_without_a_bug_the_same_short_run_is_green(
    home: Path, words: tuple[str, ...]
) -> None:
    code, said = chaos(home, "--seed", "12", *words)

    assert (code, wrong(said)) == (0, set()), said
