"""How a process says that it is ready, and that it is alive.

Ready is whoever consumed a probe of its own: an open port or an answered ping says
less. Alive is whoever got something done, or had nothing to do, within half a minute.
"""

import os
import time
from pathlib import Path

#: Seconds without progress after which a process is taken for dead.
STUCK_S = 30.0

_last_progress = time.monotonic()
_is_ready = False


def yes() -> None:
    """Say that this process does its work now."""
    global _is_ready
    _is_ready = True
    if name := os.environ.get("DOORSTEP_READY_FILE"):
        Path(name).touch()
    progress()


def no() -> None:
    """Say that it does not."""
    global _is_ready
    _is_ready = False
    if name := os.environ.get("DOORSTEP_READY_FILE"):
        Path(name).unlink(missing_ok=True)


def is_ready() -> bool:
    return _is_ready


def progress() -> None:
    """Note that something was done, or that there was nothing to do."""
    global _last_progress
    _last_progress = time.monotonic()


_is_ready = False


def alive() -> bool:
    """Tell whether something was done lately."""
    return time.monotonic() - _last_progress < STUCK_S
