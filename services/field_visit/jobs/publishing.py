"""Giving tree heads away: to every place that the bank names, each exactly once.

A head that only we have proves nothing against us. Each head has a row for each place; one
that is down is tried again, and those that have it are not given it again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, Row, select, update
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, logs
from chassis.outward import Away, Otherwise, Unsure, places
from chassis.settings import settings
from proto import ids
from services.field_visit.jobs.places import Gift, give
from services.field_visit.model import Sent, head_sent_table

SENT = head_sent_table.c
#: Until what somebody took in hand is tried by another: longer than it can take them.
IN_HAND = timedelta(minutes=5)
#: Until the next try: after the first, and at the most.
FIRST, LONGEST = timedelta(minutes=1), timedelta(hours=1)
#: Why it is none of ours.
ANOTHER = "another-head-there"
#: What is still to be given.
OPEN = (Sent.WAITING, Sent.UNKNOWN)


@dataclass(frozen=True)
class Outcome:
    """What became of a head at one place; `why` is a word, and quotes nobody."""

    place: str
    state: Sent
    why: str | None = None


def publish(
    engine: Engine,
    head: str,
    signature: str,
    renew: Callable[[], None] = lambda: None,
) -> tuple[Outcome, ...]:
    """Have a tree head given to every place that is named now, and try each at once.

    Saying so again gives nothing twice. Never raises for a place: what failed is tried
    again by `give_due`.
    """
    with engine.begin() as connection:
        rows = want(connection, head, signature)
    return give_these(engine, rows, renew)


def want(connection: Connection, head: str, signature: str) -> list[UUID]:
    """Note that every place is to have this head; return the rows."""
    now = clock.now()
    rows = [
        {
            "id": ids.named("head-sent", f"{head}\n{place}"),
            "head": head,
            "signature": signature,
            "place": place,
            "state": Sent.WAITING,
            "wanted_at": now,
            "next_at": now,
        }
        for place in places(settings().heads_to)
    ]
    if rows:
        connection.execute(insert(head_sent_table).on_conflict_do_nothing(), rows)
    return [UUID(str(row["id"])) for row in rows]


def give_due(engine: Engine, renew: Callable[[], None]) -> tuple[Outcome, ...]:
    """Give whatever waits and whose time has come."""
    due = select(SENT.id).where(SENT.next_at <= clock.now()).order_by(SENT.next_at)
    with engine.connect() as connection:
        rows = list(connection.scalars(due))
    return give_these(engine, rows, renew)


def give_these(
    engine: Engine, rows: list[UUID], renew: Callable[[], None]
) -> tuple[Outcome, ...]:
    found = []
    for each in rows:
        renew()
        if (row := take_in_hand(engine, each)) is not None:
            outcome = given(row)
            note(engine, row, outcome)
            found.append(outcome)
    return tuple(found)


def take_in_hand(engine: Engine, row_id: UUID) -> Row[Any] | None:
    """Claim a row, unless somebody has, or it is given. Whoever is killed now may have
    given it: that is noted before.
    """
    now = clock.now()
    mine = update(head_sent_table).where(SENT.id == row_id, SENT.next_at <= now)
    claim = mine.values(state=Sent.UNKNOWN, next_at=now + IN_HAND, tries=SENT.tries + 1)
    with engine.begin() as connection:
        return connection.execute(claim.returning(head_sent_table)).first()


def given(row: Row[Any]) -> Outcome:
    """Give one; whatever its place says is an outcome."""
    if row.place not in places(settings().heads_to):
        return Outcome(row.place, Sent.WITHDRAWN)
    try:
        give(row.place, Gift(row.head, row.signature))
    except Away as error:
        return Outcome(row.place, Sent.WAITING, str(error))
    except Unsure as error:
        return Outcome(row.place, Sent.UNKNOWN, str(error))
    except Otherwise:
        return Outcome(row.place, Sent.OTHERWISE, ANOTHER)
    return Outcome(row.place, Sent.SENT)


def note(engine: Engine, row: Row[Any], outcome: Outcome) -> None:
    now = clock.now()
    values: dict[str, Any] = {"state": outcome.state, "why": outcome.why}
    values |= {"next_at": next_at(row.tries, now) if outcome.state in OPEN else None}
    values |= {"sent_at": now if outcome.state is Sent.SENT else None}
    with engine.begin() as connection:
        mine = update(head_sent_table).where(SENT.id == row.id, SENT.tries == row.tries)
        connection.execute(mine.values(values))
    if outcome.state is Sent.OTHERWISE:
        logs.log.error("a place has another tree head under the name of ours")


def next_at(tries: int, now: datetime) -> datetime:
    """Return when it is tried again: each time twice as late, up to an hour."""
    doubled: timedelta = FIRST * 2 ** min(tries - 1, 10)
    return now + min(doubled, LONGEST)
