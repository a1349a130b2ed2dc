"""How a process says that it is ready, and that it is alive.

Ready is whoever consumed a probe of its own: an open port or an answered ping says
less. Alive is whoever got something done, or had nothing to do, within half a minute; of
a process that does several things, whoever got on with each of them.
"""

import os
import time
from pathlib import Path

#: Seconds without progress after which a process is taken for dead.
STUCK_S = 30.0

_last_progress = time.monotonic()
#: When each thing that must go on for ever got on last.
_got_on: dict[str, float] = {}
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


def progress(of: str | None = None) -> None:
    """Note that something was done, or that there was nothing to do.

    Whoever says `of` what must go on saying so, until it has `ended`.
    """
    global _last_progress
    _last_progress = time.monotonic()
    if of is not None:
        _got_on[of] = _last_progress


def ended(of: str) -> None:
    """Note that something has come to its end, as it was told to."""
    _got_on.pop(of, None)


def alive() -> bool:
    """Tell whether something was done lately; of several things each."""
    longest_ago = min(_got_on.values(), default=_last_progress)
    return time.monotonic() - longest_ago < STUCK_S
