"""When a system will ask whether the other end of a connection lives.

We are on the same machine as whoever is connected to us, so its own kernel says so. A
proxy cannot leave such a question unanswered; so we answer as a machine would that has
forgotten the connection, when it would have been asked.
"""

import os
import socket
import time
from pathlib import Path

TABLE = Path("/proc/net/tcp")
#: Of a socket's timers, that of its keepalive (Documentation/networking/proc_net_tcp).
KEEPALIVE = "02"
TICKS_S = os.sysconf("SC_CLK_TCK")
#: Seconds for which what the kernel said is asked again: its table has a line for each
#: connection of the machine, and when a link is whole again thousands ask at once.
GOOD_S = 0.05


class Table:
    """The kernel's timers of all connections, by their two addresses, as of a moment."""

    def __init__(self) -> None:
        self.read_at, self.timers = 0.0, dict[tuple[str, str], str]()

    def timer(self, theirs: str, here: str) -> str | None:
        """Return a connection's timer as the kernel writes it; None when it has gone."""
        if time.monotonic() > self.read_at + GOOD_S:
            lines = (line.split() for line in TABLE.read_text().splitlines()[1:])
            self.timers = {(words[1], words[2]): words[5] for words in lines}
            self.read_at = time.monotonic()
        return self.timers.get((theirs, here))


table = Table()


def due_s(ours: socket.socket) -> float | None:
    """Return in how many seconds whoever is at the other end asks; None if never."""
    try:
        theirs, here = ours.getpeername(), ours.getsockname()
    except OSError:
        return None
    timer, _, ticks = (table.timer(hexed(theirs), hexed(here)) or "").partition(":")
    return int(ticks, 16) / TICKS_S if timer == KEEPALIVE else None


def hexed(address: tuple[str, int]) -> str:
    """Write an address as the kernel does: 0100007F:1F90."""
    return f"{socket.inet_aton(address[0])[::-1].hex().upper()}:{address[1]:04X}"
