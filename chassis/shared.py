"""What the units of one transaction have read together, each thing once."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from chassis import clock
from chassis.errors import Unavailable
from chassis.keyring import Keyring
from chassis.reading import know
from proto.base import Standing

AThing = TypeVar("AThing")
AStanding = TypeVar("AStanding", bound=Standing)

#: How old the newest tick of a source may be, by the clock of who made it, before an ask
#: that rests on it is not answered. A hold is then heard of within this second, or
#: nothing is allowed: `docs/decisions/0017-ticks-bound-what-is-not-yet-known.md`.
FRESH = timedelta(seconds=1)

#: How long a row is waited for by who has others behind them; a commit takes less.
PATIENCE = "50ms"


class HeldElsewhere(Exception):
    """Somebody else holds what an order locks: it is to be asked for again, alone."""


@dataclass(frozen=True)
class Kept:
    """Standings that were fetched together; each is read once."""

    bodies: Mapping[tuple[str, UUID], dict[str, Any]]
    read: dict[tuple[type[Standing], UUID], Standing | None] = field(default_factory=dict)

    def get(self, kind: type[AStanding], key: UUID) -> AStanding | None:
        """Return one of them, or nothing when it is not known here."""
        if (kind, key) not in self.read:
            body = self.bodies.get((kind.topic(), key))
            found = None if body is None else kind.model_validate(body)
            self.read[kind, key] = found
        return self.read[kind, key]  # type: ignore[return-value]  # as it was put there


@dataclass
class Shared:
    """One transaction, and what has been read in it.

    `things` holds what was locked, by its class and id; nobody else of the transaction
    has the same one, so whoever gets it may change it. Without `blocking`, what somebody
    else holds is skipped, and noted in `elsewhere`, and no row that is written is waited
    for longer than a moment. `answered` is what was answered to the transaction's orders
    before.
    """

    connection: Connection
    blocking: bool = True
    things: dict[type, dict[UUID, Any]] = field(default_factory=dict)
    elsewhere: set[UUID] = field(default_factory=set)
    answered: list[dict[str, Any]] = field(default_factory=list)
    standings: Kept = field(default_factory=lambda: Kept({}))
    known: set[UUID] = field(default_factory=set)
    looked_for: set[UUID] = field(default_factory=set)
    held: set[str] = field(default_factory=set)
    heard: dict[str, datetime] | None = None
    wanted: dict[str, set[UUID]] = field(default_factory=dict)

    @cached_property
    def now(self) -> datetime:
        """This moment, read when it is first needed: after the locks."""
        return clock.now()

    @cached_property
    def keyring(self) -> Keyring:
        return Keyring(self.connection)

    @property
    def ticked(self) -> dict[str, datetime]:
        """When each source made the last tick we heard, on the urgent lane."""
        if self.heard is None:
            self.fetch()
        return self.heard or {}

    def thing(self, kind: type[AThing], key: UUID) -> AThing | None:
        """Return what was locked. Raises HeldElsewhere when somebody else holds it."""
        if key in self.elsewhere:
            raise HeldElsewhere(kind.__name__)
        found: AThing | None = self.things.get(kind, {}).get(key)
        return found

    def put(self, key: UUID, thing: Any) -> None:
        self.things.setdefault(type(thing), {})[key] = thing

    def want(
        self,
        keys: Iterable[UUID] = (),
        subjects: Iterable[UUID] = (),
        locks: Iterable[UUID] = (),
    ) -> None:
        """Say what will be asked for, so that it is read together.

        The standings of `keys`, whether an event about `subjects` is held back, and the
        keys that the fields of the cases `locks` are sealed under.
        """
        self.wanted.setdefault("keys", set()).update(keys)
        self.wanted.setdefault("subjects", set()).update(subjects)
        self.wanted.setdefault("locks", set()).update(locks)

    def fetch(self, orders: Iterable[UUID] = ()) -> None:
        """Read all that was wanted, in one statement."""
        keys = self.wanted.pop("keys", set()) - self.known
        subjects, locks = (self.wanted.pop(name, set()) for name in ("subjects", "locks"))
        patience = None if self.blocking else PATIENCE
        found = know(self.connection, keys, map(str, subjects), orders, locks, patience)
        self.standings = Kept(dict(self.standings.bodies) | found.standings)
        self.known |= keys
        self.looked_for |= subjects
        self.held |= found.held
        self.heard = found.ticked
        self.answered += found.answered
        self.keyring.take(found.keys)

    def kept(self, keys: Iterable[UUID]) -> Kept:
        """Return the newest standings of these things, in one statement at the most."""
        if not self.known.issuperset(wanted := set(keys)):
            self.want(keys=wanted)
            self.fetch()
        return self.standings

    def refuse_stale(self, sources: Iterable[str], subjects: Iterable[UUID]) -> None:
        """Stop an ask while what it rests on may have changed without our knowing.

        Raises Unavailable when a source has not ticked lately, or an event about one of
        these things could not take effect here.
        """
        about = set(subjects)
        if not about <= self.looked_for:
            self.want(subjects=about)
            self.fetch()
        for name in sources:
            ticked_at = self.ticked.get(name)
            if ticked_at is None or abs(self.now - ticked_at) > FRESH:
                raise Unavailable("source-stale", source=name)
        if self.held and not self.held.isdisjoint(map(str, about)):
            raise Unavailable("event-held-back")
