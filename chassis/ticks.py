"""Ticks: how a service proves that whatever it said has reached its hearers.

A tick is an event like any other on its way (outbox, relay, exchange, queue), so that a
dead relay, a missing binding or a stuck hearer stops it as well. It carries the moment
it was made at: who has heard a tick of moment t has heard everything urgent that its
source committed before t, for a row that was visible at t has the smaller id.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from pydantic_core import to_json
from sqlalchemy import Connection, Engine

from chassis import clock, metrics
from chassis.prepared import ask
from chassis.topology import SERVICES, Pace
from chassis.transactions import UNSAVED
from chassis.unit import row
from chassis.writing import write
from proto.base import Envelope

#: How old a tick may be for its source to count as heard. Asks want far fresher ones.
LATELY = timedelta(seconds=10)

HEAR = (
    "INSERT INTO source (source, lane, ticked_at, heard_at)"
    " SELECT d.source, %(lane)s, d.ticked_at, %(heard_at)s FROM jsonb_to_recordset"
    "(CAST(%(rows)s AS jsonb)) AS d (source text, ticked_at timestamptz)"
    " ORDER BY d.source ON CONFLICT (source, lane) DO UPDATE"
    " SET ticked_at = excluded.ticked_at, heard_at = excluded.heard_at"
)
HEARD = "SELECT source, lane FROM source WHERE ticked_at > %(since)s"
#: No person and no command causes a tick.
NOBODY, NOTHING = "doorstep", UUID(int=0).hex


def topic(service: str, pace: Pace) -> str:
    """Return a tick's topic. It has more words than an event's: the stream hears none."""
    return f"tick.{service}.{pace}"


def is_tick(envelope: Envelope) -> bool:
    return envelope.type.startswith("tick.")


def say(engine: Engine, service: str, pace: Pace) -> None:
    """Put a tick of this moment into the outbox."""
    now = clock.now()  # before the row has its id: what is older has a smaller one
    envelope = Envelope(
        source=f"doorstep/{service}",
        type=topic(service, pace),
        subject=f"tick/{service}",
        time=now,
        by=NOBODY,
        trace=NOTHING,
        data={},
    )
    said = row(envelope, urgent=pace == "often", numbered=False)
    with engine.begin() as connection:
        write(connection, {}, {}, [], [said], last=True, lasting=False)


def hear(
    connection: Connection, lane: str, heard: Sequence[Envelope], *, alone: bool = False
) -> None:
    """Note the newest tick of each service; what nobody of ours has said is none.

    The transaction ends with it. When there is nothing else in it (`alone`), the database
    may forget it again with its power: the ticks that it then knows are older.
    """
    said_by = ((each.source.rpartition("/")[2], each.time) for each in heard)
    newest = {name: at for name, at in said_by if name in SERVICES}
    if not newest:
        return
    rows = [{"source": name, "ticked_at": at} for name, at in newest.items()]
    said = to_json(rows).decode()
    query = f"WITH heard AS ({HEAR}) {UNSAVED}" if alone else HEAR
    ask(connection, query, {"lane": lane, "heard_at": clock.now(), "rows": said}, last=True)
    for name, at in newest.items():
        metrics.TICK_DELAY.labels(name, lane).observe((clock.now() - at).total_seconds())


def heard(engine: Engine, now: datetime) -> set[tuple[str, str]]:
    """Return whose ticks of the last ten seconds were heard, on which lane."""
    with engine.connect() as connection:
        found = ask(connection, HEARD, {"since": now - LATELY}, last=True)
    return {(row.source, row.lane) for row in found}
