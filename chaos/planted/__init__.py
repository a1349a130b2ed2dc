"""Bugs for the harness to find, put into the processes it starts and nowhere else.

`sitecustomize.py` of this folder is what Python imports first when the folder is in
PYTHONPATH; the product knows nothing of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from chaos.environment import said

#: Each bug, and the module that it is put into once that has been imported. Its own
#: module bears its name and has a function `plant`.
BUGS = {
    "acknowledge-before-commit": "chassis.groups",
    "no-inbox": "chassis.effects",
    "event-outside-outbox": "chassis.unit",
    "consent-check-skipped": "rulebook.entry",
    "doubt-ignored": "chassis.shared",
    "late-relay-mark": "chassis.outboxes",
    "retry-without-delay": "chassis.again",
    "swallowed-parking": "chassis.effects",
    "seal-before-complete": "services.field_visit.handlers.sealing",
    "upload-offset-trusted": "gateway.uploads.reception",
    "name-in-a-log-line": "services.dispatch.handlers.cases",
    "authority-in-two-transactions": "services.field_visit.handlers.leaves",
}
FOLDER = Path(__file__).parent


@contextmanager
def plant(bug: str | None) -> Iterator[None]:
    """Let whatever is started meanwhile have this bug, and note what it syncs."""
    words = {"PYTHONPATH": str(FOLDER)}
    words |= {"CHAOS_BUG": bug, "CHAOS_INTO": BUGS[bug]} if bug else {}
    with said(words):
        yield
