"""Let others of this process have their turn while something long is computed.

Under eventlet nobody else runs until whoever runs waits for something: a service would
not tick while it takes in a file, and every ask that waits for its word would be refused.
"""

import time
from collections.abc import Callable

#: Seconds that somebody may compute before the others have their turn.
LONGEST_S = 0.01

_wait: Callable[[], object] | None = None
_last = 0.0


def by(wait: Callable[[], object]) -> None:
    """Say how this process lets others have their turn."""
    global _wait
    _wait = wait


def take() -> None:
    """Let others have their turn if they have waited long for it."""
    global _last
    if _wait is None or time.monotonic() - _last < LONGEST_S:
        return
    _wait()
    _last = time.monotonic()
