"""Functions for children that do what no decoder should."""

import ctypes
import os
import resource
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any


def answers(task: dict[str, Any]) -> dict[str, Any]:
    """Tell what a child knows of its surroundings."""
    return {
        "task": task,
        "folder": os.getcwd(),
        "knows": sorted(os.environ),
        "nice": os.nice(0),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "open": sorted(os.listdir("/proc/self/fd")),
    }


def tells_who_goes_first(_: dict[str, Any]) -> dict[str, Any]:
    """Tell what Linux makes of our session, where it shares among sessions at all."""
    autogroup = Path("/proc/self/autogroup")
    return {"autogroup": autogroup.read_text() if autogroup.exists() else None}


def raises(task: dict[str, Any]) -> dict[str, Any]:
    raise ValueError(task["secret"])


def hangs(_: dict[str, Any]) -> dict[str, Any]:
    """Wait for something that never comes, as a decoder without a time-out does."""
    one, _other = socket.socketpair()
    one.recv(1)
    return {}


def spins(_: dict[str, Any]) -> dict[str, Any]:
    while True:
        pass


def eats(_: dict[str, Any]) -> dict[str, Any]:
    """Take memory until there is none."""
    taken = []
    while True:
        taken.append(bytes(2**20) * 8)


def eats_and_hides_it(_: dict[str, Any]) -> dict[str, Any]:
    try:
        return eats({})
    except MemoryError:
        raise RuntimeError from None


def writes(_: dict[str, Any]) -> dict[str, Any]:
    with open("much", "wb") as file:
        while True:
            file.write(bytes(2**20))


def crashes(_: dict[str, Any]) -> dict[str, Any]:
    return {"read": ctypes.string_at(0)}


def is_killed(_: dict[str, Any]) -> dict[str, Any]:
    os.kill(os.getpid(), signal.SIGKILL)
    return {}


def leaves_somebody(_: dict[str, Any]) -> dict[str, Any]:
    """Start another process, and then hang."""
    with subprocess.Popen(["sleep", "600"]) as other:
        Path("other").write_text(str(other.pid))
        other.wait()
    return {}


def says_much(_: dict[str, Any]) -> dict[str, Any]:
    return {"much": "x" * 2**20}


def naps(_: dict[str, Any]) -> dict[str, Any]:
    Path("napping").touch()
    time.sleep(60)
    return {}
