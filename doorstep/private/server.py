"""What the private broker and the private database have in common."""

import signal
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from doorstep import ports
from doorstep.errors import NotStarted
from doorstep.home import Home
from doorstep.private.place import account_of, place
from doorstep.process import Process, find, spawn, wait_ready

TRIES = 4
READY_WITHIN_S = 60


class Server(ABC):
    """One server under one folder: started, found again, stopped."""

    name: ClassVar[str]
    folder: ClassVar[str]
    accounts: ClassVar[tuple[str, ...]]  # to run as, when we are root
    preferred_port: ClassVar[int]
    farewell: ClassVar[signal.Signals]
    patience_s: ClassVar[float]

    def __init__(self, root: Path) -> None:
        self.home = Home(root.absolute())
        self._spawned = False

    def start(self) -> str:
        """Start it, or find it running; return its address once it answers."""
        self.launch()
        return self.wait()

    def launch(self) -> None:
        """Start it unless it runs, and do not wait."""
        if self.process is None:
            self.prepare()
            self._spawn()
        else:
            self._spawned = False

    def wait(self) -> str:
        """Return the address of a launched server once it answers.

        Another clone may take its port between our look and its bind: then the next one.
        One that was found running may have been about to end: then it is started anew.
        """
        for _ in range(TRIES):
            try:
                self._wait_ready()
            except NotStarted:
                ours_failed = self._spawned and all(map(ports.is_free, self.ports()))
                if self.process is not None or ours_failed:
                    raise
                self.prepare()
                self._spawn()
            else:
                return self.address
        raise NotStarted(self.name, f"found its port taken {TRIES} times", self.log)

    def stop(self) -> bool:
        """Stop it, kindly first; tell whether it ran."""
        process = self.process
        if process is not None:
            process.stop(self.farewell, self.patience_s)
        self.home.pid_file(self.name).unlink(missing_ok=True)
        return process is not None

    def made(self, address: str) -> bool:
        """Tell whether an address is that of this server rather than one given to us."""
        return (self.home.root / self.folder).exists() and address == self.address

    @property
    def process(self) -> Process | None:
        return find(self.home.pid_file(self.name))

    @property
    def port(self) -> int:
        return ports.last(self._port_file) or self.preferred_port

    @property
    def log(self) -> Path:
        return self.home.log_file(self.name)

    @property
    def place(self) -> Path:
        return place(self.home.root / self.folder, self.accounts)

    def ports(self) -> tuple[int, ...]:
        """Return the ports it has to itself."""
        return (self.port,)

    @property
    @abstractmethod
    def address(self) -> str:
        """Where it answers, with the password."""

    @abstractmethod
    def prepare(self) -> None:
        """Make what a first start needs, and clear up after a crash."""

    @abstractmethod
    def command(self) -> Sequence[str | Path]:
        """What to run."""

    @abstractmethod
    def environment(self) -> Mapping[str, str]:
        """The whole environment of the process."""

    @abstractmethod
    def answers(self) -> bool:
        """Tell whether it can be used."""

    @property
    def _port_file(self) -> Path:
        return self.home.port_file(self.name)

    def _spawn(self) -> None:
        self._spawned = True
        ports.remembered(self._port_file, self.preferred_port)
        spawn(
            self.command(),
            pid_file=self.home.pid_file(self.name),
            log=self.log,
            environment=self.environment(),
            account=account_of(self.place),
            folder=self.place,
        )

    def _wait_ready(self) -> None:
        wait_ready(self.name, self.process, self.answers, self.log, READY_WITHIN_S)
