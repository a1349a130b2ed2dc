"""What waits in the database and for how long, read whenever somebody looks.

Relay and worker both show it, for all services: what a dead relay leaves is seen by the
worker. A connection of its own, for a moment, so that a look stands in nobody's way;
without a database the numbers are missing, and `doorstep_database_up` says why.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from psycopg import sql

from chassis import clock
from chassis.outboxes import WAITING
from chassis.topology import SERVICES

CONNECT_S, STATEMENT_MS = 2, 2_000
#: Rows of a lane that are counted; beyond that, the age of the oldest says more.
MOST = 10_000

OUTBOX: LiteralString = (
    "SELECT {service}, {lane}, count(*), min(since) FROM"
    " (SELECT coalesce(due_at, said_at) AS since FROM {schema}.outbox"
    " WHERE published_at IS NULL AND <waiting> LIMIT {most}) waiting"
)
HELD_BACK: LiteralString = (
    "SELECT {service}, state, count(held_at), min(held_at)"
    " FROM unnest('{{waiting,behind,parked}}'::text[]) state LEFT JOIN"
    " (SELECT held_at, CASE WHEN parked_at IS NOT NULL THEN 'parked'"
    " WHEN row_number() OVER (PARTITION BY subject ORDER BY position) > 1 THEN 'behind'"
    " ELSE 'waiting' END AS state FROM {schema}.held_back WHERE discarded_at IS NULL)"
    " held USING (state) GROUP BY state"
)
SOURCES: LiteralString = "SELECT {service}, source, lane, ticked_at FROM {schema}.source"
JOBS: LiteralString = (
    "SELECT {service}, count(*) FILTER (WHERE failed_at IS NULL), count(failed_at)"
    " FROM {schema}.job WHERE done_at IS NULL"
)
LANDED: LiteralString = (
    "SELECT state, count(landed_at), min(landed_at)"
    " FROM unnest('{{waiting,refused}}'::text[]) state"
    " LEFT JOIN gateway.landed USING (state) GROUP BY state"
)
#: Heads that a place does not have, and that no timestamp is over; of those that one is,
#: how many are by a certificate that ends soon or is over.
HEADS: LiteralString = (
    "SELECT state, count(wanted_at), min(wanted_at)"
    " FROM unnest('{{waiting,unknown,otherwise}}'::text[]) state"
    " LEFT JOIN field_visit.head_sent USING (state) GROUP BY state"
)
STAMPS: LiteralString = (
    "SELECT count(*) FILTER (WHERE token IS NULL),"
    " min(wanted_at) FILTER (WHERE token IS NULL),"
    " count(*) FILTER (WHERE good_until < %(now)s::timestamptz + interval '90 days')"
    " FROM field_visit.timestamp"
)


@dataclass(frozen=True)
class Look:
    """A question to the parts' schemas; it answers with labels, then with values."""

    query: sql.Composed
    labels: tuple[str, ...]
    gauges: dict[str, str]  # name: what it tells

    def families(self, rows: Iterable[tuple[Any, ...]], now: datetime) -> list[Any]:
        count = len(self.labels)
        found = [
            GaugeMetricFamily(name, says, labels=self.labels)
            for name, says in self.gauges.items()
        ]
        for row in rows:
            for family, value in zip(found, row[count:], strict=True):
                family.add_metric(row[:count], number(value, now))
        return found


def number(value: int | datetime | None, now: datetime) -> float:
    """Return a count, or the seconds since a moment; 0 where there was none."""
    if isinstance(value, datetime):
        return max(0.0, (now - value).total_seconds())
    return float(value or 0)


def of_every_service(*templates: LiteralString) -> sql.Composed:
    return sql.SQL(" UNION ALL ").join(
        sql.SQL(template).format(
            service=service, schema=sql.Identifier(service), lane=lane, most=MOST
        )
        for template, lane in zip(templates, WAITING, strict=False)
        for service in SERVICES
    )


LOOKS = (
    Look(
        of_every_service(*(OUTBOX.replace("<waiting>", each) for each in WAITING.values())),
        ("service", "lane"),
        {
            "doorstep_outbox_waiting": "Events that wait for the relay, 10000 at most",
            "doorstep_outbox_oldest_seconds": "How long the oldest of them has waited",
        },
    ),
    Look(
        of_every_service(HELD_BACK),
        ("service", "state"),
        {
            "doorstep_held_back": "Events that could not take effect",
            "doorstep_held_back_oldest_seconds": "How long the oldest of them is held",
        },
    ),
    Look(
        of_every_service(SOURCES),
        ("service", "source", "lane"),
        {"doorstep_source_age_seconds": "Since the newest tick that a service heard"},
    ),
    Look(
        of_every_service(JOBS),
        ("service",),
        {
            "doorstep_jobs_waiting": "Jobs that are not done",
            "doorstep_jobs_failed": "Jobs that rest until a person looks",
        },
    ),
    Look(
        sql.SQL(LANDED).format(),
        ("state",),
        {
            "doorstep_landed": "Facts that a gateway took in and no service has yet",
            "doorstep_landed_oldest_seconds": "How long ago the oldest of them landed",
        },
    ),
    Look(
        sql.SQL(HEADS).format(),
        ("state",),
        {
            "doorstep_heads_unsent": "Tree heads that a place does not have",
            "doorstep_heads_unsent_oldest_seconds": "How long the oldest of them waits",
        },
    ),
    Look(
        sql.SQL(STAMPS).format(),
        (),
        {
            "doorstep_timestamps_absent": "Heads that no timestamp is over yet",
            "doorstep_timestamps_absent_oldest_seconds": "How long the oldest waits for it",
            "doorstep_timestamps_ending": "Timestamps whose certificate ends in 90 days",
        },
    ),
)


class Backlog(Collector):
    """Gauges whose values are in the database."""

    def __init__(self, url: str) -> None:
        self.url = url

    def describe(self) -> list[GaugeMetricFamily]:
        """Name nothing beforehand: whoever registers us may be there first."""
        return []

    def collect(self) -> Iterator[GaugeMetricFamily]:
        try:
            found, up = look(self.url), 1
        except psycopg.Error:
            found, up = [], 0
        yield GaugeMetricFamily("doorstep_database_up", "Whether it answered us", value=up)
        yield from found


def look(url: str) -> list[GaugeMetricFamily]:
    """Ask the database. Raises psycopg.Error when it does not answer in time."""
    options = f"-cstatement_timeout={STATEMENT_MS} -cdefault_transaction_read_only=on"
    with psycopg.connect(
        url, autocommit=True, connect_timeout=CONNECT_S, options=options
    ) as connection:
        now = clock.now()
        return [
            family
            for each in LOOKS
            for family in each.families(connection.execute(each.query, {"now": now}), now)
        ]
