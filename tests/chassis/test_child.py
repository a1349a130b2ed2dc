"""A child takes what it may and no more, and nobody else with it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chassis import child
from chassis.child import Limits
from doorstep.process import wait_until
from tests.conftest import ROOT

PLANTED = "tests.chassis.planted_children:"
LIMITS = Limits(memory_mib=128, cpu_s=10, clock_s=30, file_mib=1)


def run(
    name: str, folder: Path, renew: Callable[[], None] = lambda: None, **but: Any
) -> dict[str, Any]:
    return child.run(PLANTED + name, {"n": 1}, folder, replace(LIMITS, **but), renew)


def gone(pid: int) -> bool:
    """Whether it has ended, or will never run again."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state in "ZX"


def test_it_answers_and_knows_no_setting_of_ours(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://doorstep:secret@nowhere/doorstep")
    monkeypatch.setenv("DOORSTEP_KEYS", "/keys")

    told = run("answers", tmp_path)

    assert told["task"] == {"n": 1}
    assert told["folder"] == str(tmp_path)
    assert set(told["knows"]) - {"LC_CTYPE"} == {"LANG", "PYTHONPATH", "TMPDIR"}
    assert (told["nice"], told["core"]) == (os.nice(0) + 10, [0, 0])
    assert told["open"] == ["0", "1", "2", "3"]  # the last one is its look at them


def test_others_go_first_whose_sessions_are_others(tmp_path) -> None:
    """To say so of oneself alone is heard by nobody in another session."""

    def said() -> str | None:
        folder = tmp_path / os.urandom(4).hex()
        folder.mkdir()
        told: str | None = run("tells_who_goes_first", folder)["autogroup"]
        return told

    if said() is None:
        pytest.skip("this kernel does not share among sessions")
    # Heard ten times a second at most, by whoever says it.
    assert wait_until(lambda: str(said()).rpartition(" ")[2].strip() == "10", 30)


@pytest.mark.parametrize(
    ("name", "but", "ended"),
    [
        ("eats", {}, child.OutOfMemory),
        ("spins", {"cpu_s": 1}, child.OutOfTime),
        ("hangs", {"clock_s": 1}, child.OutOfTime),
        ("crashes", {}, child.Crashed),
        ("is_killed", {}, child.Killed),
        ("eats_and_hides_it", {}, child.Failed),
        ("writes", {}, child.Failed),
        ("says_much", {}, child.Failed),
        ("nothing_of_that_name", {}, child.Failed),
    ],
)
def test_one_that_does_what_it_may_not_is_ended_with_its_reason(
    tmp_path, name, but, ended
) -> None:
    with pytest.raises(child.ChildEnded) as raised:
        run(name, tmp_path, **but)

    assert type(raised.value) is ended
    assert all(each.stat().st_size <= 2**20 for each in tmp_path.iterdir())


def test_what_it_raised_is_told_by_its_kind_and_place_and_never_by_its_words(
    tmp_path,
) -> None:
    with pytest.raises(child.Failed, match="ValueError at .*planted_children.py") as raised:
        child.run(PLANTED + "raises", {"secret": "陈建国"}, tmp_path, LIMITS, lambda: None)

    assert "陈建国" not in str(raised.value)


def test_when_the_job_is_lost_the_child_ends_with_all_that_it_started(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(child, "RENEW_S", 0.05)
    other = tmp_path / "other"

    def renew() -> None:
        if other.exists() and other.read_text():
            raise InterruptedError("somebody else has claimed the job")

    with pytest.raises(InterruptedError):
        run("leaves_somebody", tmp_path, renew)

    assert wait_until(lambda: gone(int(other.read_text())), 60)


def test_the_child_of_a_killed_worker_dies_with_it(tmp_path) -> None:
    words = (
        "from pathlib import Path\n"
        "from chassis.child import Limits, run\n"
        f"run('{PLANTED}naps', {{}}, Path({str(tmp_path)!r}), "
        "Limits(128, 10, 60), lambda: None)"
    )
    with subprocess.Popen([sys.executable, "-c", words], cwd=ROOT) as parent:
        assert wait_until((tmp_path / "napping").exists, 60)
        listed = Path(f"/proc/{parent.pid}/task/{parent.pid}/children").read_text()
        (napping,) = map(int, listed.split())
        parent.send_signal(signal.SIGKILL)

    assert wait_until(lambda: gone(napping), 60)
