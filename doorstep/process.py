"""Processes that outlive the command which started them, and are never mistaken.

A pid alone proves nothing: after a crash or a restart of the machine it may be anyone's.
A pid file therefore also holds the moment the process started and the machine's boot, and
nothing is signalled unless all three still agree.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from doorstep.errors import NotStarted

# Our own children, to be waited for, lest they stay as zombies.
_children: dict[int, subprocess.Popen[bytes]] = {}


@dataclass(frozen=True)
class Account:
    """The account of the machine a process runs as."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Process:
    """A process as it was when we started it."""

    pid: int
    started: str

    @property
    def alive(self) -> bool:
        child = _children.get(self.pid)
        if child is not None and child.poll() is not None:
            del _children[self.pid]
        return self.started != "" and _started(self.pid) == self.started

    def stop(self, kindly: signal.Signals, patience_s: float) -> None:
        """Ask it to end; when it has not after `patience_s`, end it and its group."""
        self._signal(kindly)
        if self._gone_within(patience_s):
            return
        if self.alive and os.getpgid(self.pid) == self.pid:
            os.killpg(self.pid, signal.SIGKILL)
        self._signal(signal.SIGKILL)
        self._gone_within(5)

    def _signal(self, number: signal.Signals) -> None:
        if self.alive:
            os.kill(self.pid, number)

    def _gone_within(self, seconds: float) -> bool:
        return wait_until(lambda: not self.alive, seconds)


def spawn(
    command: Sequence[str | Path],
    *,
    pid_file: Path,
    log: Path,
    environment: Mapping[str, str],
    account: Account | None = None,
    folder: Path | None = None,
) -> Process:
    """Start a process in a session of its own; its words go to `log`.

    The log of the run before is kept once, beside it.
    """
    if log.exists():
        log.replace(log.with_name(log.name + ".before"))
    with log.open("xb") as words:
        child = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=subprocess.STDOUT,
            env=dict(environment),
            cwd=folder,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    _children[child.pid] = child
    process = Process(child.pid, _started(child.pid))
    pid_file.write_text(f"{process.pid} {process.started}\n")
    return process


def find(pid_file: Path) -> Process | None:
    """Return the process the file tells of, if it is still that one."""
    try:
        pid, _, started = pid_file.read_text().strip().partition(" ")
        process = Process(int(pid), started)
    except (FileNotFoundError, ValueError):
        return None
    return process if process.alive else None


def wait_until(true: Callable[[], bool], seconds: float) -> bool:
    """Look every 20 ms; tell whether it came true within the seconds."""
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def wait_ready(
    part: str,
    process: Process | None,
    ready: Callable[[], bool],
    log: Path,
    seconds: float,
) -> None:
    """Return when it is ready; raise `NotStarted` when it ended or took too long."""
    in_time = process is not None and wait_until(
        lambda: not process.alive or ready(), seconds
    )
    if process is None or not process.alive:
        raise NotStarted(part, "ended while starting", log)
    if not in_time:
        raise NotStarted(part, f"was not ready within {seconds:g} s", log)


def _started(pid: int) -> str:
    """Return the boot and the tick the process started at; empty when it is gone."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    # The name in brackets may hold anything; the fields are counted after it.
    state, *fields = stat.rpartition(")")[2].split()
    if state in "ZX" and _threads(pid) <= 1:
        return ""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    return f"{fields[18]}@{boot}"


def _threads(pid: int) -> int:
    """Count the threads left: sockets stay open until the last of them is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except FileNotFoundError:
        return 0
