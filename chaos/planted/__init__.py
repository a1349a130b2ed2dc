"""Bugs for the harness to find, put into the processes it starts and nowhere else.

`sitecustomize.py` of this folder is what Python imports first when the folder is in
PYTHONPATH; the product knows nothing of it.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

#: Each bug, and the module that it is put into once that has been imported. Its own
#: module bears its name and has a function `plant`.
BUGS = {
    "acknowledge-before-commit": "chassis.groups",
    "no-inbox": "chassis.effects",
    "event-outside-outbox": "chassis.unit",
    "consent-check-skipped": "rulebook.entry",
    "doubt-ignored": "chassis.shared",
    "authority-in-two-transactions": "services.field_visit.handlers.leaves",
}
FOLDER = Path(__file__).parent


@contextmanager
def plant(bug: str | None) -> Iterator[None]:
    """Let whatever is started meanwhile have this bug."""
    if bug is None:
        yield
        return
    said = {"CHAOS_BUG": bug, "CHAOS_INTO": BUGS[bug], "PYTHONPATH": str(FOLDER)}
    before = {name: os.environ.get(name) for name in said}
    os.environ |= said
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
