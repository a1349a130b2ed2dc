"""How the parts of a platform are once all has healed: do they live, and get on?"""

import os
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg

from chaos.faults.targets import ProcessTarget, children, processes
from chaos.remains.evidence import Part
from doorstep import background
from doorstep.home import Home
from doorstep.parts import PARTS, WORKER
from doorstep.ports import LOOPBACK, last
from doorstep.process import wait_until
from tests.world import Platform

#: Seconds in which every part must be well, and gets on if it does. A worker draws pages
#: at the lowest priority: on a busy machine it gets hardly any time for that.
WELL_S, ON_S = 30.0, 60.0
#: Seconds of a core that are more than what the looking costs.
BUSY_S = 0.2
#: Seconds that a transaction of ours may take once nobody has anything to do: more than a
#: statement, a silence within one, or a wait for a lock may take by our own settings.
LONG_S = 15
#: States of a thread that is stopped, traced, or waits for a disk.
STUCK = "TtD"
OPEN = (
    "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE %s"
    " AND now() - xact_start > %s * interval '1 second'"
)


def look(home: Home, platform: Platform) -> list[Part]:
    """Return how each part is, and wait for a while until it is well."""
    found = [Look(home, platform, target) for target in processes(home, 0).values()]
    wait_until(lambda: all(each.well for each in found), WELL_S)
    since = time.time()
    wait_until(lambda: all(each.got_on_since(since) for each in found), ON_S)
    waits = long_open(platform)
    return [
        Part(
            name=each.name,
            alive=each.target.process is not None,
            live=each.probed("/livez"),
            ready=each.probed("/readyz"),
            got_on=each.got_on_since(since),
            stuck=each.stuck(),
            waits=waits if each.name == "database" else 0,
        )
        for each in found
    ]


class Look:
    """One look at one process."""

    def __init__(self, home: Home, platform: Platform, target: ProcessTarget) -> None:
        self.home, self.platform, self.target = home, platform, target
        self.name = target.name
        self.part = PARTS.get(self.name)
        self.computed_before_s = self.computed_s()

    @property
    def port(self) -> int | None:
        """Where it answers probes; None for a server, which is asked in its own words."""
        if self.part is None:
            return None
        if self.part.health:
            return background.http_address(self.home.settings())[1]
        return last(self.home.status_port_file(self.name))

    @property
    def well(self) -> bool:
        return self.target.process is not None and self.probed("/readyz") == 200

    def probed(self, path: str) -> int | None:
        """Return what it answers to a probe; None when it does not."""
        if self.port is None:
            return 200 if self.target.ready() else None
        connection = HTTPConnection(LOOPBACK, self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def got_on_since(self, moment: float) -> bool:
        """Tell whether it did its work since: whoever does touches its ready file.

        Services do so while each of them hears its own ticks on both lanes. A server and
        the gateway have no work of their own: they answer. A worker may be in the middle
        of something long: then it computes.
        """
        if self.part is None or self.part.health:
            return self.well
        if self.part is WORKER and self.computed_s() - self.computed_before_s > BUSY_S:
            return True
        file = self.home.ready_file(self.name)
        return file.exists() and file.stat().st_mtime > moment

    def computed_s(self) -> float:
        """Return the seconds of a core that it and its children have had."""
        return sum(ran_s(Path(f"/proc/{pid}")) for pid in self.pids())

    def pids(self) -> list[int]:
        process = self.target.process
        return [process.pid, *children(process.pid)] if process else []

    def stuck(self) -> int:
        """Count threads of it and its children that the machine does not let run."""
        threads = [task for pid in self.pids() for task in tasks(pid)]
        first = {task for task in threads if state(task) in STUCK}
        time.sleep(0.1 if first else 0)
        return sum(state(task) in STUCK for task in first)


def tasks(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def ran_s(process: Path) -> float:
    """Return the seconds of a core that a process has had; 0 when it is gone."""
    try:
        stat = (process / "stat").read_text()
    except OSError:
        return 0.0
    fields = stat.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def state(task: Path) -> str:
    """Return the state of a thread as the kernel calls it; X when it is gone."""
    try:
        stat = (task / "stat").read_text()
    except OSError:
        return "X"
    return stat.rpartition(")")[2].split()[0]


def long_open(platform: Platform) -> int:
    """Count transactions of the parts that have been open for too long."""
    try:
        rows = platform.rows(OPEN, "doorstep-%", LONG_S)
    except psycopg.Error:
        return 0
    return int(rows[0][0])
