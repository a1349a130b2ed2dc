"""One link: a port that leads to another one, connection by connection.

TCP neither loses nor reorders within a connection that lives, so neither do we: what is
held up arrives later, and a connection whose bytes have vanished ends with a reset.
"""

import asyncio
import socket
from contextlib import suppress
from random import Random

from chaos.faults.proxy.modes import Mode
from chaos.faults.proxy.pair import Pair
from doorstep.ports import LOOPBACK

BACKLOG = 512


class Link:
    """Carries what comes to its port to `to`, as its mode lets it."""

    def __init__(self, to: tuple[str, int], luck: Random) -> None:
        self.to, self.luck = to, luck
        self.mode: Mode | None = None
        self.pairs: set[Pair] = set()
        self.tasks: set[asyncio.Task[None]] = set()
        self.listening = named_socket()

    @property
    def port(self) -> int:
        return int(self.listening.getsockname()[1])

    def open(self) -> None:
        """Take connections. The port stays ours while we do not."""
        self.listening.listen(BACKLOG)
        asyncio.get_running_loop().add_reader(self.listening, self.accept)

    def shut(self) -> None:
        """Refuse connections: on Linux a socket that is shut listens no more, and keeps
        its port."""
        asyncio.get_running_loop().remove_reader(self.listening)
        self.listening.shutdown(socket.SHUT_RDWR)

    def accept(self) -> None:
        with suppress(BlockingIOError):
            while True:
                client, _ = self.listening.accept()
                task = asyncio.create_task(Pair(self).open(client))
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)

    def cut(self, mode: Mode) -> None:
        """Hurt the link, those who are connected and those who come."""
        self.heal()
        self.mode = mode
        if mode.how == "drop":
            self.shut()
        for pair in list(self.pairs):
            pair.cut(mode)

    def heal(self) -> None:
        """Make it whole again. What was held up arrives now."""
        mode, self.mode = self.mode, None
        if mode is None:
            return
        for pair in list(self.pairs):
            pair.heal()
        if mode.how == "drop":
            self.open()

    def close(self) -> None:
        for pair in list(self.pairs):
            pair.reset()
        asyncio.get_running_loop().remove_reader(self.listening)
        self.listening.close()


def named_socket() -> socket.socket:
    """Return a socket with a port of its own, which it keeps while it does not listen.

    Linux would take back a port that it has chosen itself.
    """
    with socket.socket() as chooser:
        chooser.bind((LOOPBACK, 0))
        address = chooser.getsockname()
    found = socket.socket()
    found.setblocking(False)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind(address)
    return found
