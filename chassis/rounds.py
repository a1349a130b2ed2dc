"""Orders that a service gives itself every minute, whether or not there is work.

What has to be looked at some minutes after something happened is looked at together: a
timer for each would cost as much as what it watches. The order is named by its minute, so
that of several processes of a service one says it, and it is carried out once.
"""

from uuid import UUID

from sqlalchemy import Engine
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, tables
from chassis.ticks import NOBODY, NOTHING
from chassis.unit import due
from proto import ids
from proto.base import Command

EVERY_S = 60.0


def go(engine: Engine, service: str, kind: type[Command]) -> None:
    """Give a service this order for this minute, unless somebody has."""
    say(engine, service, kind(), f"{clock.now():%Y-%m-%dT%H:%M}")


def house(service: str) -> UUID:
    """Return the subject of what a service says to itself."""
    return ids.named("house", service)


def say(engine: Engine, service: str, command: Command, when: str) -> None:
    """Put an order of a service to itself into its outbox, once by this name."""
    now = clock.now()
    row = due(
        service,
        command,
        house(service),
        now,
        said_at=now,
        by=NOBODY,
        trace=NOTHING,
        event_id=ids.named(command.operation(), f"{service}/{when}"),
    )
    del row["numbered"]
    row["envelope"] = row["envelope"].model_dump(mode="json")
    with engine.begin() as connection:
        connection.execute(insert(tables.outbox).values(row).on_conflict_do_nothing())
