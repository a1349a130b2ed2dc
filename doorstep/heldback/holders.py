"""Which service holds an event back, and the way into its schema."""

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import Connection

from chassis.database import engine
from chassis.topology import SERVICES
from doorstep.direct import reach
from doorstep.errors import Misuse
from doorstep.heldback import rows


@contextmanager
def within(service: str) -> Iterator[Connection]:
    """Be in one transaction of a service's schema."""
    with engine(reach().database_url, service, pool=0).begin() as connection:
        yield connection


def holder(event_id: UUID, of: str | None) -> str:
    """Return the service that holds an event back. Raises Misuse unless it is one."""
    found = []
    for service in SERVICES:
        with within(service) as connection:
            if of in (None, service) and rows.holds(connection, event_id):
                found.append(service)
    if not found:
        raise Misuse(
            f"no event {event_id} is held back; `doorstep held-back list` shows which are"
        )
    if len(found) > 1:
        names = " and ".join(found)
        raise Misuse(f"event {event_id} is held back in {names}; say which with --of")
    return found[0]
