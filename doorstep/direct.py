"""For commands that go to the database, the broker and the keys themselves.

Who runs them has the platform's settings and can read its keys; the gateway's roles are
not asked.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from getpass import getpass

from sqlalchemy.exc import DBAPIError

from chassis.errors import Refused
from chassis.settings import Settings, Unusable, settings
from doorstep.errors import DoorstepError, Misuse


def reach() -> Settings:
    """Return where database, broker and keys are. Raises Misuse when nobody said."""
    try:
        return settings()
    except Unusable as error:
        raise Misuse(
            f"nothing runs here, and {error}; run `doorstep up`, or set it"
        ) from None


@contextmanager
def told() -> Iterator[None]:
    """Say in one sentence what was refused or away. Raises DoorstepError."""
    try:
        yield
    except Refused as refusal:
        raise DoorstepError(
            f"{refusal.kind}; see `doorstep keys status` and DOORSTEP_KEYS"
        ) from None
    except DBAPIError as error:
        raise DoorstepError(
            f"the database says {type(error.orig).__name__}; see `doorstep status`, "
            "and run `doorstep migrate` if its schema is older than this code"
        ) from None
    except PermissionError as error:
        raise DoorstepError(
            f"{error.filename} cannot be read or written; run this as its owner"
        ) from None
    except RuntimeError as error:
        raise DoorstepError(str(error)) from None


def secret_line(prompt: str) -> str:
    """Read one line that no process list, history or screen shows.

    Raises Misuse when there is none.
    """
    line = getpass(prompt) if sys.stdin.isatty() else sys.stdin.readline()
    if not (text := line.strip()):
        raise Misuse("nothing came on standard input; write the value there, on one line")
    return text
