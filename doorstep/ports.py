"""Ports on loopback: the usual one where it is free, else the next free one.

A port is free until whoever it was given to listens there, and while they are down: where
several platforms start and stop at once, each is told to count from further up
(`DOORSTEP_PORTS_UP`).
"""

import os
import socket
from collections.abc import Collection
from pathlib import Path

from doorstep.errors import Misuse

LOOPBACK = "127.0.0.1"
SPAN = 500
PORTS_UP = "DOORSTEP_PORTS_UP"


def is_free(port: int) -> bool:
    """Tell whether nobody listens on the port, be it on loopback or everywhere."""
    with socket.socket() as probe:
        # Connections of the last run may linger for a minute; they do no harm.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
            probe.listen()
        except OSError:
            return False
    return True


def next_free(preferred: int, given: Collection[int] = ()) -> int:
    """Return the first free port from the preferred one on that is not given away.

    Raises Misuse when there is none, or `DOORSTEP_PORTS_UP` is no number.
    """
    first = preferred + up()
    for port in range(first, first + SPAN):
        if port not in given and is_free(port):
            return port
    raise Misuse(f"no free port from {first} to {first + SPAN - 1}; end what listens there")


def up() -> int:
    """Return by how much all ports are counted from further up."""
    said = os.environ.get(PORTS_UP, "0")
    if not said.isdecimal() or int(said) > 30_000:
        raise Misuse(f"{PORTS_UP} is {said!r}; say a number from 0 to 30000, or unset it")
    return int(said)


def remembered(file: Path, preferred: int, given: Collection[int] = ()) -> int:
    """Return the port of last time if still free, else the next free one; remember it.

    `given` are ports that were given to others, who may not listen yet.
    """
    known = last(file)
    if known is not None and known not in given and is_free(known):
        port = known
    else:
        port = next_free(preferred, given)
    file.write_text(f"{port}\n")
    return port


def last(file: Path) -> int | None:
    """Return the port of last time, if there was one."""
    try:
        return int(file.read_text())
    except (FileNotFoundError, ValueError):
        return None
