"""The network of a run, as the harness has it in hand."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from chaos.faults.proxy.modes import Mode
from doorstep.ports import LOOPBACK


@dataclass
class Network:
    """The process that carries, and what it is told."""

    process: "subprocess.Popen[str]"

    def __post_init__(self) -> None:
        self.alone = Lock()

    def add(self, name: str, host: str, port: int) -> int:
        """Make a link that leads there; return the port that it is entered by."""
        return int(self.told({"add": name, "to": [host, port]}))

    def through(self, name: str, address: str) -> str:
        """Return an address like this one that leads there by a link of this name."""
        parts = urlsplit(address)
        assert parts.hostname
        assert parts.port
        port = self.add(name, parts.hostname, parts.port)
        who = parts.netloc.rpartition("@")[0]
        return urlunsplit(parts._replace(netloc=f"{who}@{LOOPBACK}:{port}"))

    def cut(self, name: str, mode: Mode) -> None:
        self.told({"cut": name, "mode": asdict(mode)})

    def heal(self, name: str) -> None:
        self.told({"heal": name})

    def told(self, order: dict[str, Any]) -> Any:
        """Give an order, and return what is said once it is done."""
        assert self.process.stdin
        assert self.process.stdout
        with self.alone:
            self.process.stdin.write(json.dumps(order) + "\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())


@contextmanager
def network() -> Iterator[Network]:
    """Carry, in a process of its own, until this ends."""
    words = [sys.executable, "-m", "chaos.faults.proxy"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Network(process)  # its input ends with this, and it with that
