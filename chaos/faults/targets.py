"""What can be killed, frozen and started again: the parts and servers of one home.

Only processes that this home's own pid files name are signalled, and their children.
"""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

from chaos.faults import power
from doorstep import background, ports
from doorstep.home import Home
from doorstep.parts import EMBEDDED, GATEWAY, Part
from doorstep.private import Broker, Database, Server
from doorstep.process import Process, find


class Target(ABC):
    """A process that a fault may be done to."""

    name: str
    home: Home

    def __init__(self) -> None:
        self.frozen: list[int] = []
        self.starts = 0

    @property
    def process(self) -> Process | None:
        return find(self.home.pid_file(self.name))

    def kill(self) -> bool:
        """kill -9, as the machine does when memory is short; False when it was gone."""
        process = self.process
        if process is not None:
            os.kill(process.pid, signal.SIGKILL)
        return process is not None

    def freeze(self) -> bool:
        """Stop it and its children where they are: the cheapest partition there is."""
        process = self.process
        if process is None:
            return False
        self.frozen = [process.pid, *children(process.pid)]
        for pid in self.frozen:
            signalled(pid, signal.SIGSTOP)
        return True

    def thaw(self) -> None:
        for pid in reversed(self.frozen):
            signalled(pid, signal.SIGCONT)
        self.frozen = []

    def start(self) -> bool:
        """Start it and do not wait; its log of before is kept beside. False: not yet."""
        log = self.home.log_file(self.name)
        if not self.can_start():
            return False
        if log.exists():
            log.replace(log.with_name(f"{self.name}.{self.starts}.log"))
        self.starts += 1
        self.launch()
        return True

    def can_start(self) -> bool:
        return True

    @abstractmethod
    def launch(self) -> None: ...

    @abstractmethod
    def ready(self) -> bool: ...


class PartTarget(Target):
    """A process of ours."""

    def __init__(self, home: Home, part: Part, settings: Mapping[str, str]) -> None:
        super().__init__()
        self.home, self.name, self.part, self.settings = home, part.name, part, settings

    def launch(self) -> None:
        background.start(self.home, self.part, self.settings)

    def ready(self) -> bool:
        return background.is_ready(self.home, self.part)


class GatewayTarget(PartTarget):
    """The gateway: a kill of it may be that of its machine, with what was not synced."""

    def __init__(
        self, home: Home, part: Part, settings: Mapping[str, str], luck: Random
    ) -> None:
        super().__init__(home, part, settings)
        self.luck, self.was_killed = luck, False
        #: Unfinished files that have lost something in power cuts.
        self.files_hurt = 0

    def kill(self) -> bool:
        self.was_killed = super().kill()
        return self.was_killed

    def launch(self) -> None:
        if self.was_killed:
            store, notes = Path(self.settings["DOORSTEP_MEDIA"]), os.environ[power.NOTES]
            self.files_hurt += power.fails(store, Path(notes), self.luck)
        self.was_killed = False
        super().launch()


class ServerTarget(Target):
    """The private broker or database. It must come back on the port all others know."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.home, self.name, self.server = server.home, server.name, server

    def can_start(self) -> bool:
        return all(map(ports.is_free, self.server.ports()))

    def launch(self) -> None:
        self.server.launch()

    def ready(self) -> bool:
        return self.server.answers()


def targets(home: Home, seed: int = 0) -> dict[str, Target]:
    """Return everything that runs in a home, servers first."""
    settings, luck = home.settings(), Random(f"{seed}/power")
    found: list[Target] = [
        ServerTarget(Database(home.root)),
        ServerTarget(Broker(home.root)),
        *(PartTarget(home, part, settings) for part in EMBEDDED if part is not GATEWAY),
        GatewayTarget(home, GATEWAY, settings, luck),
    ]
    return {each.name: each for each in found}


def children(pid: int) -> list[int]:
    """Return the children of a process, and theirs."""
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *children(int(child))]
    return found


def signalled(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)
