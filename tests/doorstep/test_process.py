"""Only what we started is ever signalled."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep.errors import NotStarted
from doorstep.process import Process, find, spawn, wait_ready, wait_until

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(60)",
]


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(SLEEP)
    yield process
    process.kill()
    process.wait()


def start_of(child: subprocess.Popen[bytes]) -> str:
    """Return what a pid file would say of when the child started."""
    fields = Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{fields[19]}@{boot}"


def started(tmp_path: Path, command: list[str]) -> Process:
    return spawn(
        command,
        pid_file=tmp_path / "part.pid",
        log=tmp_path / "part.log",
        environment=os.environ,
    )


def test_a_process_is_found_again_by_its_pid_file(tmp_path: Path) -> None:
    process = started(tmp_path, SLEEP)
    assert find(tmp_path / "part.pid") == process
    process.stop(signal.SIGTERM, 5)
    assert find(tmp_path / "part.pid") is None


def test_a_stale_pid_that_is_someone_elses_now_is_not_killed(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    ticks, _, boot = start_of(stranger).partition("@")
    stale = Process(stranger.pid, f"{int(ticks) - 1}@{boot}")
    (tmp_path / "part.pid").write_text(f"{stale.pid} {stale.started}\n")
    assert find(tmp_path / "part.pid") is None
    stale.stop(signal.SIGTERM, 0)
    assert stranger.poll() is None


def test_a_pid_of_before_the_machine_started_anew_is_not_killed(
    tmp_path: Path, stranger: subprocess.Popen[bytes]
) -> None:
    ticks, _, _ = start_of(stranger).partition("@")
    (tmp_path / "part.pid").write_text(f"{stranger.pid} {ticks}@another-boot\n")
    assert find(tmp_path / "part.pid") is None


@pytest.mark.parametrize("text", ["", "12", "not a pid\n"])
def test_a_pid_file_cut_short_by_a_crash_tells_of_nothing(
    tmp_path: Path, text: str
) -> None:
    (tmp_path / "part.pid").write_text(text)
    assert find(tmp_path / "part.pid") is None


def test_what_does_not_listen_is_ended_all_the_same(tmp_path: Path) -> None:
    process = started(tmp_path, DEAF)
    assert wait_until(lambda: "deaf" in (tmp_path / "part.log").read_text(), 60)
    process.stop(signal.SIGTERM, 0.2)
    assert not process.alive


def test_a_part_that_ends_while_starting_says_so_in_its_own_words(
    tmp_path: Path,
) -> None:
    log = tmp_path / "part.log"
    process = started(tmp_path, [sys.executable, "-c", "raise SystemExit('no key')"])
    with pytest.raises(NotStarted, match="part ended while starting") as raised:
        wait_ready("part", process, lambda: False, log, 5)
    assert raised.value.last_lines() == "no key"
