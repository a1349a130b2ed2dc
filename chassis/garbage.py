"""The collector of reference cycles, set for a process that answers requests.

By default it looks at the youngest objects every 700 allocations, and at all of them
ever more often as a process grows: some percent of every request, for cycles that our
code hardly makes. What is there once a process has started is never looked at again.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

YOUNGEST, MIDDLE, OLDEST = 20_000, 20, 50


def settle() -> None:
    """Leave what is here alone, and look at the rest seldom.

    Nothing is collected first: what a part leaves behind while it loads is a few hundred
    objects, and to look for them took a tenth of a second before anybody was answered.
    """
    gc.freeze()
    gc.set_threshold(YOUNGEST, MIDDLE, OLDEST)


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect nothing while a part is loaded: all of it stays, and each look through it is
    a tenth of the time that a part is away after it was killed.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
