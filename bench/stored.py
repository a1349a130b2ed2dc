"""Visits by the hundred thousand: copies of real ones, under other ids.

Whatever the services keep of one visit is copied row by row, so that the bench need not
know their columns. Ids are scattered as those that imports give (MD5 here, UUIDv5 there).
Old visits share one sealed door; a visit that will be checked in has a key of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID, uuid4

import psycopg
from psycopg import sql
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from sqlalchemy import text

from chassis.database import engine
from chassis.keyring import Keyring
from chassis.topology import SERVICES
from proto.base import Sealed


@dataclass(frozen=True)
class Copied:
    """A table, its rows to copy (`one`), and what differs in the copy for `n`."""

    table: tuple[str, str]
    which: LiteralString
    but: Mapping[str, LiteralString]

    def statement(self, source: LiteralString) -> sql.Composed:
        pairs = [
            sql.SQL("{}, {}").format(sql.Literal(name), sql.SQL(value))
            for name, value in self.but.items()
        ]
        return sql.SQL(
            "INSERT INTO {table} OVERRIDING USER VALUE SELECT made.* FROM {table} one, "
            "{source} n, jsonb_populate_record(one, jsonb_build_object({but})) made "
            "WHERE {which}"
        ).format(
            table=sql.Identifier(*self.table),
            source=sql.SQL(source),
            but=sql.SQL(", ").join(pairs),
            which=sql.SQL(self.which),
        )


#: A thousand pairs of a hundred agencies take turns.
CROWD: LiteralString = (
    "(SELECT i, md5('visit' || i)::uuid AS visit_id, md5('case' || i)::uuid AS case_id,"
    " mod(i, 1000) AS pair, mod(i, 100) AS agency"
    " FROM generate_series(%(first)s::int, %(last)s::int) i)"
)
PERSON: LiteralString = "md5(one.collector_id::text || n.pair)::uuid"
DEVICE: LiteralString = "md5(one.device_id::text || n.pair)::uuid"
AGENCY: LiteralString = "md5(one.agency_id::text || n.agency)::uuid"
EVENT: LiteralString = "md5(one.event_id::text || n.i)::uuid"
ITSELF: LiteralString = "md5(one.id::text || n.i)::uuid"
BADGE: LiteralString = "md5('badge' || n.visit_id)"
OF_CASE: LiteralString = "one.topic = 'dispatch.case_standing' AND one.key = %(case)s"
STANDING: Mapping[str, LiteralString] = {
    "key": "n.case_id",
    "body": "one.body || jsonb_build_object('case_id', n.case_id)",
}
LONG_AGO: Mapping[str, LiteralString] = {
    "id": "n.visit_id",
    "case_id": "n.case_id",
    "agency_id": AGENCY,
    "collectors": "ARRAY(SELECT md5(person::text || n.pair)"
    " FROM unnest(one.collectors) person)",
    "not_before": "one.not_before - n.i * interval '1 minute'",
    "not_after": "one.not_after - n.i * interval '1 minute'",
    "badge_blind": BADGE,
}
SAID: LiteralString = (
    "one.event_id IN"
    " (SELECT event_id FROM field_visit.outbox WHERE subject = %(case)s::text)"
)

#: All that one visit has left behind, in the order that foreign keys ask for.
LEFT = (
    Copied(("field_visit", "visit"), "one.id = %(visit)s", LONG_AGO),
    Copied(
        ("field_visit", "checked_in"),
        "one.visit_id = %(visit)s",
        {
            "id": ITSELF,
            "visit_id": "n.visit_id",
            "collector_id": PERSON,
            "device_id": DEVICE,
        },
    ),
    Copied(
        ("field_visit", "journal"),
        "one.visit_id = %(visit)s",
        {"device_id": DEVICE, "seq": "one.seq + 10 * n.i", "visit_id": "n.visit_id"},
    ),
    Copied(
        ("field_visit", "decision"),
        "one.visit_id = %(visit)s",
        {"id": ITSELF, "visit_id": "n.visit_id"},
    ),
    Copied(("field_visit", "kept"), OF_CASE, STANDING),
    Copied(("keyring", "key"), "one.key_id = %(case)s", {"key_id": "n.case_id"}),
    Copied(
        ("field_visit", "subject"), "one.subject = %(case)s::text", {"subject": "n.case_id"}
    ),
    Copied(
        ("field_visit", "outbox"),
        "one.subject = %(case)s::text",
        {"event_id": EVENT, "subject": "n.case_id"},
    ),
    *(Copied((each, "inbox"), SAID, {"event_id": EVENT}) for each in SERVICES),
    Copied(
        ("complaints", "door_visit"),
        "one.id = %(visit)s",
        {"id": "n.visit_id", "case_id": "n.case_id", "agency_id": AGENCY},
    ),
)

#: What dispatch has told of a visit that is planned; its key is there already.
PLANNED = (
    Copied(
        ("field_visit", "visit"),
        "one.id = %(visit)s",
        {
            "id": "n.visit_id",
            "case_id": "n.case_id",
            "place": "n.place",
            "sheet": "n.sheet",
            "badge_blind": BADGE,
        },
    ),
    Copied(("field_visit", "kept"), OF_CASE, STANDING),
)
FRESH: LiteralString = (
    "CREATE TEMP TABLE fresh (visit_id uuid, case_id uuid, place jsonb, sheet jsonb)"
)


class Stored:
    """The tables of a platform, and two visits of it to copy: one planned, one closed."""

    def __init__(self, url: str, planned: UUID, closed: UUID) -> None:
        self.url, self.crowd = url, 0
        self.planned, self.closed = self.visit(planned), self.visit(closed)

    def visit(self, visit_id: UUID) -> Mapping[str, Any]:
        with psycopg.connect(self.url, row_factory=dict_row) as connection:
            query = "SELECT * FROM field_visit.visit WHERE id = %s"
            found = connection.execute(query, [visit_id]).fetchone()
        assert found is not None
        return found

    def count(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT count(*) FROM field_visit.visit").fetchone()
        assert row is not None
        return int(row[0])

    def grow(self, visits: int) -> None:
        """Have so many visits of long ago, with all they left behind."""
        one = {"visit": self.closed["id"], "case": self.closed["case_id"]}
        span = {"first": self.crowd + 1, "last": visits}
        with psycopg.connect(self.url, autocommit=True) as connection:
            for copied in LEFT:
                connection.execute(copied.statement(CROWD), one | span)
            connection.execute("VACUUM (ANALYZE)")
            connection.execute("CHECKPOINT")  # not while something is measured
        self.crowd = visits

    def plan(self, visits: int) -> list[UUID]:
        """Have so many more visits that may be checked in now, each to its own case."""
        rows = self.sealed([uuid4() for _ in range(visits)])
        one = {"visit": self.planned["id"], "case": self.planned["case_id"]}
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(FRESH)
            with connection.cursor().copy("COPY fresh FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            for copied in PLANNED:
                connection.execute(copied.statement("fresh"), one)
            connection.execute("ANALYZE field_visit.visit, field_visit.kept, keyring.key")
        return [row[0] for row in rows]

    def sealed(self, cases: Sequence[UUID]) -> list[tuple[Any, ...]]:
        """Return for each case a visit, and its door sealed under the case's own key."""
        with engine(self.url, "field_visit", pool=0).begin() as connection:
            connection.execute(text("SET idle_in_transaction_session_timeout = 0"))
            keyring = Keyring(connection)
            keyring.make(list(cases))
            texts = [opened(keyring, self.planned, name) for name in ("place", "sheet")]
            return [
                (uuid4(), case, *(Jsonb(sealed(keyring, case, *each)) for each in texts))
                for case in cases
            ]


def opened(keyring: Keyring, visit: Mapping[str, Any], name: str) -> tuple[str, str]:
    """Return the purpose and the text of a sealed column."""
    box = Sealed.model_validate(visit[name])
    return box.purpose, keyring.open(box, visit["case_id"], box.purpose)


def sealed(keyring: Keyring, case: UUID, purpose: str, text: str) -> dict[str, Any]:
    return keyring.seal(case, purpose, text).model_dump(mode="json")
