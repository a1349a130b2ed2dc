"""What each part used of the processors: /proc before a round and after it (proc(5)).

Unlike a rate it says the same on a machine where others run too, or nearly.
"""

import os
import resource
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from doorstep.home import Home
from doorstep.process import find

TICKS = os.sysconf("SC_CLK_TCK")
#: The parts by their pid files; what a worker's children use is told apart.
PARTS = ("gateway", "services", "worker", "relay", "projector", "database", "broker")
CHILDREN, LOAD = "children", "wrk"


class Spent:
    """Seconds of processor time in a `with` block, by part."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.seconds: dict[str, float] = {}

    def __enter__(self) -> Self:
        self.before = so_far(self.home)
        return self

    def __exit__(self, *_: object) -> None:
        after = so_far(self.home)
        self.seconds = {name: after[name] - self.before.get(name, 0.0) for name in after}

    def line(self, count: int, of: str = "file") -> str:
        """Say it in milliseconds a file, or whatever was counted."""
        each = {name: 1000 * used / max(1, count) for name, used in self.seconds.items()}
        said = ", ".join(f"{name} {ms:.1f}" for name, ms in each.items() if ms >= 0.05)
        return f"{'':8} ms of processor a {of}: {said}; together {sum(each.values()):.1f}"


def so_far(home: Home) -> dict[str, float]:
    """Return what every part has used since it began, and the programs that we ran."""
    processes = every_process()
    found = {}
    for name in PARTS:
        if process := find(home.pid_file(name)):
            own, children = used(process.pid, processes)
            apart = name == "worker"
            found[name] = own if apart else own + children
            if apart:
                found[CHILDREN] = children
    ran = resource.getrusage(resource.RUSAGE_CHILDREN)
    return found | {LOAD: ran.ru_utime + ran.ru_stime}


def used(pid: int, processes: Mapping[int, list[str]]) -> tuple[float, float]:
    """Return the seconds of a process, and of those below it, the ended ones too."""
    fields = processes.get(pid)
    if fields is None:  # ended meanwhile
        return 0.0, 0.0
    own, ended = (sum(map(int, fields[at : at + 2])) / TICKS for at in (11, 13))
    living = [child for child, its in processes.items() if int(its[1]) == pid]
    return own, ended + sum(sum(used(child, processes)) for child in living)


def every_process() -> dict[int, list[str]]:
    """Return the fields of each process's stat, from its state on, by its pid."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                text = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            found[int(folder.name)] = text.rpartition(")")[2].split()
    return found
