"""What can be hurt: the processes of one home, and what they depend on beside each other.

Only processes that this home's own pid files name are signalled, and their children.
"""

import os
import signal
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random

from chaos.faults import power
from chaos.faults.schedule import Fault
from doorstep import background, ports
from doorstep.home import Home
from doorstep.parts import GATEWAY, Part, embedded
from doorstep.private import Broker, Database, Server
from doorstep.private.place import remove
from doorstep.process import Process, find


class Target(ABC):
    """Whatever a fault may be done to."""

    name: str

    @abstractmethod
    def hurt(self, fault: Fault) -> bool:
        """Begin a fault; False when that cannot be yet: then once more at the next look."""

    @abstractmethod
    def mend(self) -> bool:
        """End what lasts; False when that has not been done yet."""


class ProcessTarget(Target):
    """A process, to be killed or frozen and started again."""

    home: Home

    def __init__(self) -> None:
        self.frozen: list[int] = []
        self.starts = 0
        #: What is done before it is started the next time.
        self.before_start: Callable[[], object] | None = None

    @property
    def process(self) -> Process | None:
        return find(self.home.pid_file(self.name))

    def hurt(self, fault: Fault) -> bool:
        if fault.kind == "freeze":
            return self.freeze()
        if fault.kind == "lose":
            self.before_start = self.lose
        return self.kill()

    def mend(self) -> bool:
        self.thaw()
        return True

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

    def lose(self) -> None:
        """Forget all that it had on its disk."""
        raise NotImplementedError(f"{self.name} has nothing to lose")

    def start(self) -> bool:
        """Start it and do not wait; its log of before is kept beside. False: not yet."""
        log = self.home.log_file(self.name)
        if not self.can_start():
            return False
        if log.exists():
            log.replace(log.with_name(f"{self.name}.{self.starts}.log"))
        self.starts += 1
        if self.before_start:
            self.before_start()
            self.before_start = None
        self.launch()
        return True

    def can_start(self) -> bool:
        return True

    @abstractmethod
    def launch(self) -> None: ...

    @abstractmethod
    def ready(self) -> bool: ...


class PartTarget(ProcessTarget):
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


class ServerTarget(ProcessTarget):
    """The private broker or database. It must come back on the port all others know."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self.home, self.name, self.server = server.home, server.name, server

    def can_start(self) -> bool:
        return self.process is None and all(map(ports.is_free, self.server.ports()))

    def launch(self) -> None:
        self.server.launch()

    def ready(self) -> bool:
        return self.server.answers()

    def lose(self) -> None:
        remove(self.server.place / "data")


def processes(home: Home, seed: int) -> dict[str, ProcessTarget]:
    """Return everything that runs in a home, servers first."""
    settings, luck = home.settings(), Random(f"{seed}/power")
    ours = embedded(settings)
    found: list[ProcessTarget] = [
        ServerTarget(Database(home.root)),
        ServerTarget(Broker(home.root)),
        *(PartTarget(home, part, settings) for part in ours if part is not GATEWAY),
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
