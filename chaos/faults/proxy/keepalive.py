"""When a system will ask whether the other end of a connection lives.

We are on the same machine as whoever is connected to us, so its own kernel says so. A
proxy cannot leave such a question unanswered; so we answer as a machine would that has
forgotten the connection, when it would have been asked.
"""

import os
import socket
from pathlib import Path

TABLE = Path("/proc/net/tcp")
#: Of a socket's timers, that of its keepalive (Documentation/networking/proc_net_tcp).
KEEPALIVE = "02"
TICKS_S = os.sysconf("SC_CLK_TCK")


def due_s(ours: socket.socket) -> float | None:
    """Return in how many seconds whoever is at the other end asks; None if never."""
    try:
        theirs, here = ours.getpeername(), ours.getsockname()
    except OSError:
        return None
    wanted = hexed(theirs), hexed(here)
    for line in TABLE.read_text().splitlines()[1:]:
        words = line.split()
        if (words[1], words[2]) == wanted:
            timer, _, ticks = words[5].partition(":")
            return int(ticks, 16) / TICKS_S if timer == KEEPALIVE else None
    return None


def hexed(address: tuple[str, int]) -> str:
    """Write an address as the kernel does: 0100007F:1F90."""
    return f"{socket.inet_aton(address[0])[::-1].hex().upper()}:{address[1]:04X}"
