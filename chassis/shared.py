"""What the units of one transaction have read together, each thing once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ARRAY, Connection, Text, Uuid, bindparam, select

from chassis import clock, tables
from chassis.errors import Unavailable
from chassis.keyring import Keyring
from proto.base import Standing

AThing = TypeVar("AThing")
AStanding = TypeVar("AStanding", bound=Standing)

#: How old the newest tick of a source may be, by the clock of who made it, before an ask
#: that rests on it is not answered. A hold is then heard of within this second, or
#: nothing is allowed: `docs/decisions/0017-ticks-bound-what-is-not-yet-known.md`.
FRESH = timedelta(seconds=1)

kept, source, held = tables.kept, tables.source, tables.held_back
STANDINGS = select(kept.c.topic, kept.c.key, kept.c.body).where(
    kept.c.key == bindparam("keys", type_=ARRAY(Uuid)).any_()
)
SOURCES = select(source.c.source, source.c.ticked_at).where(source.c.lane == "urgent")
HELD_BACK = select(held.c.subject).where(
    held.c.subject == bindparam("subjects", type_=ARRAY(Text)).any_(),
    held.c.discarded_at.is_(None),
)


class HeldElsewhere(Exception):
    """Somebody else holds what an order locks: it is to be asked for again, alone."""


@dataclass(frozen=True)
class Kept:
    """Standings that were fetched together."""

    bodies: Mapping[tuple[str, UUID], dict[str, Any]]

    def get(self, kind: type[AStanding], key: UUID) -> AStanding | None:
        """Return one of them, or nothing when it is not known here."""
        body = self.bodies.get((kind.topic(), key))
        return None if body is None else kind.model_validate(body)


@dataclass
class Shared:
    """One transaction, and what has been read in it.

    `things` holds what was locked, by its class and id; nobody else of the transaction
    has the same one, so whoever gets it may change it. Without `blocking`, what somebody
    else holds is skipped.
    """

    connection: Connection
    blocking: bool = True
    things: dict[type, dict[UUID, Any]] = field(default_factory=dict)
    standings: dict[tuple[str, UUID], dict[str, Any]] = field(default_factory=dict)
    asked_for: set[UUID] = field(default_factory=set)
    elsewhere: set[UUID] = field(default_factory=set)

    @cached_property
    def now(self) -> datetime:
        """This moment, read when it is first needed: after the locks."""
        return clock.now()

    @cached_property
    def keyring(self) -> Keyring:
        return Keyring(self.connection)

    @cached_property
    def ticked(self) -> dict[str, datetime]:
        """When each source made the last tick we heard, on the urgent lane."""
        rows = self.connection.execute(SOURCES)
        return {row.source: row.ticked_at for row in rows}

    def thing(self, kind: type[AThing], key: UUID) -> AThing | None:
        """Return what was locked. Raises HeldElsewhere when somebody else holds it."""
        if key in self.elsewhere:
            raise HeldElsewhere(kind.__name__)
        found: AThing | None = self.things.get(kind, {}).get(key)
        return found

    def put(self, key: UUID, thing: Any) -> None:
        self.things.setdefault(type(thing), {})[key] = thing

    def kept(self, keys: Iterable[UUID]) -> Kept:
        """Return the newest standings of these things, fetched in one statement."""
        if missing := sorted(set(keys) - self.asked_for):
            rows = self.connection.execute(STANDINGS, {"keys": missing})
            self.standings |= {(row.topic, row.key): row.body for row in rows}
            self.asked_for.update(missing)
        return Kept(self.standings)

    def refuse_stale(self, sources: Iterable[str], subjects: Iterable[UUID]) -> None:
        """Stop an ask while what it rests on may have changed without our knowing.

        Raises Unavailable when a source has not ticked lately, or an event about one of
        these things could not take effect here.
        """
        for name in sources:
            ticked_at = self.ticked.get(name)
            if ticked_at is None or abs(self.now - ticked_at) > FRESH:
                raise Unavailable("source-stale", source=name)
        named = {"subjects": [str(each) for each in subjects]}
        if self.connection.execute(HELD_BACK, named).first():
            raise Unavailable("event-held-back")
