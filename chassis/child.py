"""A function run in a process of its own, with so much memory and time and no more.

For what strangers sent us: a decoder that hangs, eats memory or crashes takes nothing
with it. The child is a fresh Python (a fork would have the parent's threads and database),
knows no setting of ours, and works in a folder of its own. These are limits and no jail:
it runs under our account and could read what that may read.

* ChildEnded     it ended without an answer
  - OutOfMemory  it wanted more memory than it may have
  - OutOfTime    it took longer than it may, of the processor or by the clock
  - Crashed      its own code crashed: it did what no program may do
  - Killed       somebody killed it: a person, or a machine that was short of memory
  - Failed       the function raised, or it could not even begin: the mistake is ours
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from chassis import logs

ROOT = Path(__file__).parent.parent
MIB = 2**20
#: Seconds between two looks whether the job is still ours.
RENEW_S = 5.0
#: The file that a child answers into, and bytes of it that are read.
SAID, MOST_SAID = "said.json", 64 * 1024
#: Signals of a program that did what none may; whoever feeds it the same sees them again.
CRASHES = frozenset(
    {signal.SIGSEGV, signal.SIGBUS, signal.SIGABRT, signal.SIGFPE, signal.SIGILL}
)
#: prctl(2): be sent this signal when the parent dies.
PR_SET_PDEATHSIG = 1
#: How much a worker lets others go first (nice(2)), and a child a worker: a tenth of what
#: they get.
NICE = 10


@dataclass(frozen=True)
class Limits:
    """What a child may use: address space and each written file in MiB, seconds of the
    processor and by the clock, files that are open at once.
    """

    memory_mib: int
    cpu_s: int
    clock_s: float
    file_mib: int = 16
    files: int = 64


class ChildEnded(Exception):
    """It ended without an answer."""


class OutOfMemory(ChildEnded):
    """It wanted more memory than it may have."""


class OutOfTime(ChildEnded):
    """It took longer than it may."""


class Crashed(ChildEnded):
    """Its own code crashed."""


class Killed(ChildEnded):
    """Somebody killed it, and not we."""


class Failed(ChildEnded):
    """The function raised: says the kind of error and where, never its words."""


def run(
    function: str,
    task: dict[str, Any],
    folder: Path,
    limits: Limits,
    renew: Callable[[], None],
) -> dict[str, Any]:
    """Run `module:function` with a task in a child that works in `folder`.

    Task and answer are JSON. `renew` is called every five seconds; what it raises ends the
    child. Raises ChildEnded.
    """
    order = {"limits": asdict(limits), "parent": os.getpid(), "task": task}
    with tempfile.TemporaryFile("w+") as asked, (folder / SAID).open("wb") as said:
        json.dump(order, asked)
        asked.seek(0)
        child = begin(function, folder, asked, said)
        try:
            wait(child, limits.clock_s, renew)
        finally:
            end(child)
    return answer(child.returncode, folder / SAID)


def begin(
    function: str, folder: Path, asked: IO[str], said: IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start a child that reads `asked` and writes `said`, in a session of its own."""
    child = subprocess.Popen(
        [sys.executable, "-P", "-s", "-m", "chassis.child", function],
        stdin=asked,
        stdout=said,
        stderr=subprocess.DEVNULL,  # libraries quote there what they could not read
        cwd=folder,
        env=environment(folder),
        start_new_session=True,
    )
    let_others_go_first(child.pid)
    return child


def let_others_go_first(pid: int) -> None:
    """Have a process step back, a child from its first moment: to begin is half of a small
    photo.

    Where Linux shares the processors among sessions (sched(7), autogroup), what a process
    says of itself counts within its own session only; so its session says it as well. It
    hears nobody more than ten times a second, nor whoever has ended.
    """
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
    with suppress(OSError):
        Path(f"/proc/{pid}/autogroup").write_text(str(NICE))


def environment(folder: Path) -> dict[str, str]:
    """Return all that a child is told of the machine: no address and no key."""
    return {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMPDIR": str(folder)}


def wait(child: subprocess.Popen[bytes], clock_s: float, renew: Callable[[], None]) -> None:
    """Wait for its end. Raises OutOfTime, and whatever `renew` raises."""
    until = time.monotonic() + clock_s
    while (left := until - time.monotonic()) > 0:
        try:
            child.wait(min(left, RENEW_S))
            return
        except subprocess.TimeoutExpired:
            renew()
    raise OutOfTime(f"longer than {clock_s} s by the clock")


def end(child: subprocess.Popen[bytes]) -> None:
    """Kill it and whatever it started, if it still runs."""
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def answer(code: int, said: Path) -> dict[str, Any]:
    """Return what a child that has ended answered. Raises ChildEnded."""
    if -code == signal.SIGXCPU:
        raise OutOfTime("longer than it may of the processor")
    if -code == signal.SIGKILL:
        raise Killed("by somebody else")
    if -code in CRASHES:
        raise Crashed(signal.Signals(-code).name)
    try:
        with said.open("rb") as file:
            told = json.loads(file.read(MOST_SAID))
    except ValueError:
        raise Failed(f"no answer, and it ended with {code}") from None
    if told["error"] == MemoryError.__name__:
        raise OutOfMemory("more memory than it may have")
    if told["error"]:
        raise Failed(f"{told['error']} at {told['where']}")
    gives: dict[str, Any] = told["gives"]
    return gives


def main(function: str) -> None:
    """Be the child: read the task, keep to the limits, answer."""
    order = json.load(sys.stdin)
    confine(Limits(**order["limits"]))
    die_with(order["parent"])
    module, _, name = function.partition(":")
    told: dict[str, Any] = {"error": None}
    try:
        told["gives"] = getattr(import_module(module), name)(order["task"])
    except Exception as error:
        kind = MemoryError if isinstance(error, MemoryError) else type(error)
        told = {"error": kind.__name__, "where": logs.innermost(error.__traceback__)}
    json.dump(told, sys.stdout)


def confine(limits: Limits) -> None:
    """Take no more than this from now on. Leave no core: it would hold the file that was
    looked at.
    """
    for kind, soft, hard in (
        (resource.RLIMIT_AS, limits.memory_mib * MIB, limits.memory_mib * MIB),
        (resource.RLIMIT_CPU, limits.cpu_s, limits.cpu_s + 1),
        (resource.RLIMIT_FSIZE, limits.file_mib * MIB, limits.file_mib * MIB),
        (resource.RLIMIT_NOFILE, limits.files, limits.files),
        (resource.RLIMIT_CORE, 0, 0),
    ):
        resource.setrlimit(kind, (soft, hard))
    os.umask(0o077)


def die_with(parent: int) -> None:
    """End as soon as the parent does: whoever comes after it starts the work anew."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit("the parent has ended")


if __name__ == "__main__":
    main(sys.argv[1])
