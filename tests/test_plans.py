"""With sixty thousand visits, no hot query reads a whole table.

Each statement is caught on its way to the database, while the code that makes it runs,
and then explained: a query that is changed is the one that is tested.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import md5
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg.adapt import AdaptersMap
from sqlalchemy import Connection, CursorResult, event, text

from chassis import answers, effects, held, jobs
from chassis.database import ONE_PLAN, engine
from chassis.effects import Effect
from chassis.housekeeping import PURGED, Purged, purge
from chassis.keyring import Keyring
from chassis.outboxes import Batch, Outboxes, Row
from chassis.prepared import prepare
from chassis.shared import Shared
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Envelope, Order, Role, Standing
from proto.dispatch import CaseStanding, CaseState
from proto.field_visit import (
    CheckIn,
    CollectorsArrived,
    EnterPremises,
)
from proto.letters import AuthorisationStanding, LetterState
from proto.workforce import AgencyStanding, DeviceStanding, DeviceState, PersonStanding
from services.field_visit import store
from services.field_visit.model import visit_table
from services.field_visit.store.media import look_up

pytestmark = pytest.mark.usefixtures("environment")

#: Rows of the visit table, and of each other one. An agency has 1,000 visits, a pair 100.
VISITS, OTHERS = 60_000, 50_000
ONE = 4711
NOW = datetime.now(UTC)


def scattered(kind: str, number: str) -> str:
    """Return the SQL of an id that is made from a number."""
    return f"md5('{kind}' || {number})::uuid"


def an_id(kind: str, number: int = ONE) -> UUID:
    """Return the same id here."""
    return UUID(md5(f"{kind}{number}".encode()).hexdigest())


VISIT, CASE = scattered("visit", "i"), scattered("case", "i")
PAIR = ", ".join(scattered(each, "mod(i, 5000)") for each in ("person", "partner"))
LATELY = "now() - i * interval '1 minute'"
SEED = f"""
INSERT INTO visit (id, case_id, agency_id, collectors, letter_id, place, sheet, zone,
                   not_before, not_after, books, state)
SELECT {VISIT}, {CASE}, {scattered("agency", "mod(i, 500)")}, ARRAY[{PAIR}],
       {scattered("letter", "i")}, box, box, 'Asia/Shanghai',
       now() + i * interval '1 minute', now() + i * interval '1 minute' + '5 hours',
       ARRAY['CN-PLEDGE'], 'planned'
FROM generate_series(1, {VISITS}) i,
     jsonb_build_object('key_id', gen_random_uuid(), 'purpose', 'visit.place',
                        'nonce', '', 'box', '') box;
INSERT INTO leave (id, case_id, kind, body, at)
SELECT {scattered("leave", "i")}, {CASE}, 'cash', '1', now()
FROM generate_series(1, {OTHERS}) i;
INSERT INTO checked_in
SELECT gen_random_uuid(), {VISIT}, {scattered("person", "i")}, {scattered("phone", "i")},
       1, 1, now(), '1', now()
FROM generate_series(1, {OTHERS}) i;
INSERT INTO journal (device_id, seq, visit_id, at, prev, link, fact, counts, received_at)
SELECT {scattered("phone", "mod(i, 50)")}, i, {VISIT}, now(), '', '',
       jsonb_build_object('kind', 'left'), true, now()
FROM generate_series(1, {OTHERS}) i;
INSERT INTO journal (device_id, seq, visit_id, at, prev, link, fact, counts, received_at,
                     kind)
SELECT {scattered("phone", "mod(i, 50)")}, {OTHERS} + i,
       CASE WHEN mod(i, 4) = 0 THEN {VISIT} END, {LATELY}, '', '',
       jsonb_build_object('kind', kind, 'sealed', '1'), true, {LATELY}, kind
FROM generate_series(1, {OTHERS}) i,
     LATERAL (SELECT CASE WHEN mod(i, 100) = 1 THEN 'shift_started' WHEN mod(i, 100) = 51
                     THEN 'shift_ended' ELSE 'position' END kind) said;
INSERT INTO journal_head (id, person_id, seq, link, ahead, on_duty, duty_at, clock)
SELECT {scattered("phone", "i")}, {scattered("person", "i")}, 0, '', 0, true, now(), '{{}}'
FROM generate_series(1, {OTHERS}) i;
INSERT INTO journal_ahead (id, device_id, seq, prev, link, visit_id, at, entry, doubt,
                           counts, received_at, joined_at)
SELECT {scattered("ahead", "i")}, {scattered("phone", "i")}, i, '', '', {VISIT}, now(),
       '1', jsonb_build_object('kind', 'objected', 'by', 'kin'), true, now(),
       CASE WHEN mod(i, 2) = 0 THEN now() END
FROM generate_series(1, {OTHERS}) i;
INSERT INTO irregularity (id, visit_id, device_id, seq, kind, at)
SELECT {scattered("odd", "i")}, {VISIT}, {scattered("phone", "i")}, i, 'fork', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO verdict (id, visit_id, device_id, seq, verdict, clauses, at)
SELECT {scattered("verdict", "i")}, {VISIT}, {scattered("phone", "mod(i, 50)")}, i, 'fine',
       '{{}}', now()
FROM generate_series(1, {OTHERS}) i;
INSERT INTO withdrawal (id, visit_id, topic, at)
SELECT {scattered("withdrawal", "i")}, {VISIT}, 'dispatch.case_standing', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO refusal (id, visit_id, person_id, kind, at)
SELECT {scattered("refusal", "i")}, {VISIT}, {scattered("person", "mod(i, 500)")},
       'not-checked-in', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO anchor (id, device_id, at)
SELECT {scattered("anchor", "i")}, {scattered("phone", "mod(i, 500)")}, {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO phone
SELECT {scattered("person", "mod(i, 5000)")}, {scattered("phone", "i")}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO media (id, visit_id, device_id, kind, media_type, sha256, size, captured_at,
                   received_at, counts)
SELECT {scattered("media", "i")}, {VISIT}, {scattered("phone", "mod(i, 50)")}, 'photo',
       'image/jpeg', '', 1, {LATELY}, {LATELY}, true
FROM generate_series(1, {OTHERS}) i;
INSERT INTO picture (id, visit_id, case_id, device_id, captured_at, received_at, exif,
                     place, likeness, band0, band1, band2, band3)
SELECT {scattered("media", "i")}, {VISIT}, {CASE}, {scattered("phone", "mod(i, 5000)")},
       {LATELY}, {LATELY}, true, '1', i * 11400714819323::bigint,
       mod(i, 65536), mod(i * 7, 65536), mod(i * 13, 65536), mod(i * 17, 65536)
FROM generate_series(1, {OTHERS}) i;
INSERT INTO grey (id, visit_id, case_id, captured_at, likeness, cells)
SELECT {scattered("media", "i")}, {VISIT}, {scattered("case", "mod(i, 5000)")}, {LATELY},
       i, ''
FROM generate_series(1, {OTHERS}) i;
INSERT INTO access (id, visit_id, what, by, role, reason, at)
SELECT {scattered("look", "i")}, {VISIT}, 'sharp', '', '', 'audit', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO kept (topic, key, version, body)
SELECT topic, {CASE}, 1, '1'
FROM generate_series(1, {OTHERS}) i,
     unnest(ARRAY['dispatch.case_standing', 'workforce.device_standing']) topic;
INSERT INTO keyring.key SELECT {CASE}, '', now() FROM generate_series(1, {OTHERS}) i;
INSERT INTO answered (key, principal, operation, digest, about, reply, outcome, at)
SELECT {scattered("order", "i")}, {scattered("who", "i")}, 'check_in', '', {VISIT}, '',
       'proceed', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO decision (id, visit_id, act, outcome, clauses, facts, decision, asked_by, at)
SELECT {scattered("decision", "i")}, {VISIT}, 'check_in', 'proceed', ARRAY[]::text[],
       '1', '1', 'x', {LATELY}
FROM generate_series(1, {OTHERS}) i;
INSERT INTO held_back (event_id, lane, topic, subject, attempts, held_at, discarded_at)
SELECT {VISIT}, 'normal', 'a.b', {CASE}::text, 1, now(),
       CASE WHEN mod(i, 2) = 0 THEN {LATELY} END
FROM generate_series(1, {OTHERS}) i;
INSERT INTO inbox SELECT {VISIT}, {LATELY} FROM generate_series(1, {OTHERS}) i;
INSERT INTO job (id, kind, task, subject, by, trace, run_at, done_at)
SELECT {VISIT}, 'keep_house', '1', '', '', '', {LATELY},
       CASE WHEN i <= {OTHERS} - 20 THEN {LATELY} END
FROM generate_series(1, {OTHERS}) i;
INSERT INTO subject SELECT {CASE}::text, 1 FROM generate_series(1, {OTHERS}) i;
INSERT INTO outbox (event_id, subject, sequence, envelope, published_at)
SELECT {VISIT}, {CASE}::text, 1, '1', CASE WHEN i <= {OTHERS} - 20 THEN {LATELY} END
FROM generate_series(1, {OTHERS}) i;
"""
SCHEMA, KEYS = "field_visit", "keyring.key"
TABLES = (
    *("visit", "leave", "checked_in", "journal", "media", "kept", "inbox", "subject"),
    *("journal_head", "journal_ahead", "irregularity", "verdict", "withdrawal", "anchor"),
    *("outbox", "decision", "refusal", "picture", "access", "grey"),
    *("answered", "held_back", "job", KEYS),
)
#: Has a row for each service: it is read whole, and that is its one page.
TINY = {"source"}


@pytest.fixture(scope="module")
def with_many_rows(database_url: str) -> Iterator[Connection]:
    """All that, in a transaction that is rolled back; then the space is given back."""
    with engine(database_url, SCHEMA, pool=0).connect() as connection:
        for limit in ("statement", "idle_in_transaction_session"):
            connection.execute(text(f"SET LOCAL {limit}_timeout = 0"))
        for statement in (
            *SEED.strip().rstrip(";").split(";"),
            f"ANALYZE {', '.join(TABLES)}",
        ):
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(f"SET search_path = {SCHEMA}")
        connection.execute(f"VACUUM (ANALYZE) {', '.join(TABLES)}")


#: A statement, its parameters, and whether it is prepared.
Said = list[tuple[str, Any, bool]]
EXPLAIN = "EXPLAIN (FORMAT JSON)"


@contextmanager
def caught(connection: Connection) -> Iterator[Said]:
    """Note every statement with its parameters, the first ones where there are many."""
    said: Said = []

    def note(_: Any, __: Any, statement: str, given: Any, how: Any, many: bool) -> None:
        often = bool(how.execution_options.get("comes_often"))
        said.append((statement, given[0] if many else given, often and not many))

    event.listen(connection, "before_cursor_execute", note)
    yield said
    event.remove(connection, "before_cursor_execute", note)


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from nodes(below)


@dataclass
class Read:
    """Which tables statements touch, which they read as a whole, and by which indexes."""

    touched: set[str] = field(default_factory=set)
    whole: set[str] = field(default_factory=set)
    indexes: set[str] = field(default_factory=set, compare=False)

    def explain(self, connection: Connection, statement: str, given: Any) -> None:
        self.look_at(connection.exec_driver_sql(f"{EXPLAIN} {statement}", given))

    def explain_for_all(self, connection: Connection, statement: str) -> None:
        """Look at the plan that a prepared statement has for all values."""
        once = prepare(statement)
        values = ", ".join(["NULL"] * once.execute.count("%("))
        called = once.name + (f" ({values})" if values else "")
        connection.exec_driver_sql(f"SET LOCAL plan_cache_mode = {ONE_PLAN}")
        connection.exec_driver_sql(once.prepare)
        self.look_at(connection.exec_driver_sql(f"{EXPLAIN} EXECUTE {called}"))
        connection.exec_driver_sql(f"DEALLOCATE {once.name}")

    def look_at(self, explained: CursorResult[Any]) -> None:
        (plan,) = explained.scalar_one()
        for node in nodes(plan["Plan"]):
            table = node.get("Relation Name")
            self.indexes |= {node.get("Index Name")} - {None}
            self.touched |= {name_of(table)} - {None, *TINY}
            whole = node["Node Type"] == "Seq Scan" and not empty(table)
            self.whole |= {table} - TINY if whole else set()


def name_of(table: str | None) -> str | None:
    """Return a table's name; of a partition its parent's."""
    return "answered" if table and table.startswith("answered_") else table


def empty(table: str | None) -> bool:
    """Tell whether it is a month's partition, of which only the last one has rows here."""
    return table is not None and table.startswith("answered_2")


def read(connection: Connection, work: Callable[[Connection], Any]) -> Read:
    """Do it, undo it, and return what its statements read."""
    found = Read()
    with connection.begin_nested() as savepoint:
        with caught(connection) as said:
            work(connection)
        savepoint.rollback()
    for statement, given, often in said:
        if not statement.startswith("SET LOCAL"):
            found.explain(connection, statement, given)
        if often:
            found.explain_for_all(connection, statement)
    return found


def unit(connection: Connection) -> Unit:
    return Unit(connection, SCHEMA, "field_collector:test", "trace")


def lists(role: Role, after: UUID | None = None, **belongs: UUID) -> Callable[..., Any]:
    asker = Asker(account_id=ids.new(), role=role, **belongs)
    return lambda connection: store.visits(connection, asker, after, 50)


def know(connection: Connection) -> None:
    case, phone = an_id("case"), an_id("case", ONE + 1)
    shared = Shared(connection)
    shared.want([case, phone], [case], locks=[case])
    shared.fetch([an_id("order")])


def change(connection: Connection) -> None:
    """Change a visit and say an event: all that a unit writes by a key."""
    its = unit(connection)
    its.change(visit_table, an_id("visit"), state="cleared")
    visit, case, agency = an_id("visit"), an_id("case"), an_id("agency")
    arrived = CollectorsArrived(visit_id=visit, case_id=case, agency_id=agency, at=its.now)
    its.emit(arrived, case)
    its.settle()


def revoke(connection: Connection) -> None:
    """Take back what was allowed at a door, and what one key gave."""
    its = unit(connection)
    its.revoke(an_id("visit"), CheckIn, EnterPremises)
    asker = Asker(account_id=an_id("who"), role=Role.FIELD_COLLECTOR)
    order = Order(operation="check_in", command={}, asker=asker, trace="t")
    answers.revoke(its, order.model_copy(update={"key": an_id("order")}))
    its.settle()


def standing(case_id: UUID | None = None) -> CaseStanding:
    return CaseStanding(
        case_id=case_id or an_id("case"),
        number="C1",
        agency_id=an_id("agency"),
        state=CaseState.PLACED,
        books=("CN-PLEDGE",),
        version=2,
    )


@dataclass
class Within:
    """An engine whose every transaction is the test's own."""

    connection: Connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        yield self.connection

    connect = begin


def purging(purged: Purged) -> Callable[[Connection], Any]:
    """Remove what is over of a table, of which little is."""
    before = NOW - timedelta(days=400)
    return lambda connection: purge(Within(connection), purged, before, lambda: None)


def hear(connection: Connection) -> None:
    """Let a standing of an unknown case take effect: the inbox, and what is kept."""
    said = standing(ids.new())
    envelope = Envelope(
        source="doorstep/dispatch",
        type=said.topic(),
        subject=str(said.case_id),
        time="2026-03-02T12:00:00+08:00",
        by="bank_officer:test",
        trace="trace",
        data=said.model_dump(mode="json"),
    )
    its = {said.topic(): Effect(CaseStanding, keeps=True)}
    effects.together(Within(connection), SCHEMA, "normal", its, [envelope])


def rest_on(ended: Standing) -> Callable[[Connection], Any]:
    return lambda connection: store.resting(connection, ended)


NOW = datetime.now(UTC)
CASE_HELD = standing()
AGENCY_BARRED = AgencyStanding(
    agency_id=an_id("agency", 211), code="a", active=False, version=2
)
PERSON_OUT = PersonStanding(
    person_id=an_id("person"),
    agency_id=an_id("agency", 211),
    staff_no="1",
    in_service=False,
    certified_from=None,
    certified_until=None,
    version=2,
)
PHONE_LOST = DeviceStanding(
    device_id=an_id("phone"),
    person_id=an_id("person"),
    state=DeviceState.REVOKED,
    public_key=None,
    version=2,
)
LETTER_REVOKED = AuthorisationStanding(
    letter_id=an_id("letter"),
    number="SQ-1",
    agency_id=an_id("agency", 211),
    people=(an_id("person"), an_id("partner")),
    valid_from=NOW.date(),
    valid_until=NOW.date(),
    state=LetterState.REVOKED,
    version=2,
)
LINKS = {"device_id": an_id("phone", 11), "first": OTHERS - 500, "last": OTHERS}
PERSON, AGENCY = {"person_id": an_id("person")}, {"agency_id": an_id("agency", 211)}


def forget(connection: Connection) -> None:
    rows = store.noted_long(connection, NOW - timedelta(days=30))
    assert len(rows) == store.MOST_NOTED
    store.forget_noted(connection, rows[:100])  # of all, a small table is read whole


HOT: dict[str, tuple[Callable[[Connection], Any], set[str]]] = {
    "visits, locked, with their doors": (
        lambda connection: store.lock(Shared(connection), [an_id("visit")]),
        {"visit", "leave", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "visits that nobody else holds": (
        lambda connection: store.lock(Shared(connection, blocking=False), [an_id("visit")]),
        {"visit", "leave", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "what may be used once": (
        lambda connection: store.leave(connection, an_id("leave")),
        {"leave"},
    ),
    "which visits are to be looked at": (
        lambda connection: store.to_look_at(connection, NOW),
        {"visit"},
    ),
    "the visit of a badge": (
        lambda connection: store.by_badge(connection, "a blind"),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "all an order must know": (know, {"kept", "answered", "held_back", "key"}),
    "permits that are taken back": (revoke, {"answered"}),
    "visits that rest on a case": (rest_on(CASE_HELD), {"visit"}),
    "visits that rest on an agency": (rest_on(AGENCY_BARRED), {"visit", "leave"}),
    "visits that rest on a person": (rest_on(PERSON_OUT), {"visit"}),
    "visits that rest on a phone": (rest_on(PHONE_LOST), {"visit"}),
    "visits that rest on a letter": (rest_on(LETTER_REVOKED), {"visit"}),
    "which subjects have an event held back": (
        lambda connection: held.subjects(connection, {str(an_id("case"))}),
        {"held_back"},
    ),
    "what is due for another try": (
        lambda connection: held.heads(connection, NOW),
        {"held_back"},
    ),
    "a photo": (
        lambda connection: store.media(connection, an_id("media")),
        {"media"},
    ),
    "files that come in": (
        lambda connection: look_up(Shared(connection), {an_id("media"): an_id("case")}),
        {"media", "shredded"},
    ),
    "photos that look alike": (
        lambda connection: store.alike(connection, 4711, NOW, an_id("case")),
        {"picture"},
    ),
    "photos of a case that may be the same": (
        lambda connection: store.alike_of_case(
            connection, 4711, NOW, (an_id("case"), an_id("visit"))
        ),
        {"grey"},
    ),
    "what is usual for the photos of a phone": (
        lambda connection: store.usual(connection, an_id("phone"), NOW),
        {"picture"},
    ),
    "places of photos that are let go": (
        lambda connection: store.places_long(connection, NOW - timedelta(days=30)),
        {"picture"},
    ),
    "who looked at what of a visit": (
        lambda connection: store.looks(connection, an_id("visit"), 500),
        {"access"},
    ),
    "the photos and sound of a visit": (
        lambda connection: store.media_of_visit(connection, an_id("visit")),
        {"media"},
    ),
    "how far a phone's journal is kept": (
        lambda connection: store.lock_heads(Shared(connection), [an_id("phone", 11)]),
        {"journal_head", "journal"},
    ),
    "what waits of a phone": (
        lambda connection: store.waiting_entries(connection, an_id("phone", 11), 0),
        {"journal_ahead"},
    ),
    "what was odd of a phone today": (
        lambda connection: store.odd_since(connection, an_id("phone", 11), NOW),
        {"irregularity"},
    ),
    "when a phone was told something": (
        lambda connection: store.contacts(
            connection, an_id("visit"), an_id("phone", 11), "x", NOW
        ),
        {"anchor", "journal", "decision", "refusal", "journal_head"},
    ),
    "whether a refusal is news": (
        lambda connection: store.is_news(connection, an_id("visit"), an_id("person", 11)),
        {"withdrawal", "refusal"},
    ),
    "what has waited too long": (
        lambda connection: store.waiting_long(connection, NOW - timedelta(days=400)),
        {"journal_ahead", "visit"},
    ),
    "what a visit rested on no more": (
        lambda connection: store.withdrawals(connection, an_id("visit")),
        {"withdrawal"},
    ),
    "a page of a journal": (
        lambda connection: store.told(connection, an_id("visit"), 0, 100),
        {"journal", "verdict"},
    ),
    "what was odd about a visit": (
        lambda connection: store.irregularities(connection, an_id("visit")),
        {"irregularity"},
    ),
    "the positions that a phone noted at a visit": (
        lambda connection: store.noted_at(connection, an_id("visit"), an_id("phone", 11)),
        {"journal"},
    ),
    "the positions that a phone noted about then": (
        lambda connection: store.noted_between(
            connection, an_id("phone", 11), NOW - timedelta(hours=1), NOW
        ),
        {"journal"},
    ),
    "when a phone told of a visit": (
        lambda connection: store.told_between(
            connection, an_id("visit"), an_id("phone", 11)
        ),
        {"journal"},
    ),
    "which phone of a person was at a visit": (
        lambda connection: store.phone_at(connection, an_id("visit"), an_id("person")),
        {"journal", "journal_head"},
    ),
    "when a phone's shifts were": (
        lambda connection: store.shifts_noted(connection, an_id("phone", 11), NOW),
        {"journal"},
    ),
    "which noted positions are old": (
        lambda connection: store.noted_long(connection, NOW - timedelta(days=90)),
        {"journal"},
    ),
    "noted positions that are let go": (forget, {"journal", "journal_ahead"}),
    "the links of a journal": (
        lambda connection: store.links(connection, **LINKS),
        {"journal"},
    ),
    "a collector's visits": (
        lists(Role.FIELD_COLLECTOR, **PERSON),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "a collector's next visits": (
        lists(Role.FIELD_COLLECTOR, an_id("visit"), **PERSON),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "an agency's visits": (
        lists(Role.SUPERVISOR, **AGENCY),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "an agency's next visits": (
        lists(Role.SUPERVISOR, an_id("visit"), **AGENCY),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "all visits": (
        lists(Role.BANK_OFFICER),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "all next visits": (
        lists(Role.COMPLIANCE, an_id("visit")),
        {"visit", "checked_in", "journal", "journal_ahead", "journal_head"},
    ),
    "a case's key": (
        lambda connection: Keyring(connection).load([ids.new()]),
        {"key"},
    ),
    "a change and an event": (change, {"visit", "subject", "outbox"}),
    "an event taken in": (hear, {"held_back", "inbox", "kept"}),
    "the job that has waited longest": (
        lambda connection: jobs.claim(Within(connection), SCHEMA),
        {"job"},
    ),
    "whose jobs wait": (
        lambda connection: jobs.waiting(Within(connection), [SCHEMA]),
        {"job"},
    ),
} | {
    f"what is over of {purged.table}": (purging(purged), {name})
    for name, purged in PURGED.items()
}


@pytest.mark.parametrize("name", HOT)
def test_no_hot_query_reads_a_whole_table(name: str, with_many_rows: Connection) -> None:
    work, tables = HOT[name]

    assert read(with_many_rows, work) == Read(touched=tables, whole=set())


@dataclass
class Recorder:
    """Stands where the relay has its database, and keeps what it is asked."""

    adapters: AdaptersMap = psycopg.adapters
    connection: None = None
    rowcount: int = 0
    said: list[tuple[str, Any]] = field(default_factory=list)

    async def execute(self, query: Any, given: Any = None, **_: Any) -> "Recorder":
        text_ = query.decode() if isinstance(query, bytes) else query.as_string(None)
        self.said.append((text_, given))
        return self

    async def fetchall(self) -> list[Any]:
        return []


def test_the_relay_finds_what_is_unpublished_by_an_index(
    with_many_rows: Connection,
) -> None:
    recorder, found = Recorder(), Read()
    outboxes = Outboxes(recorder, [SCHEMA])

    tick = Row(ONE + 1, None, {"type": "tick.dispatch.often"})
    said = Row(ONE, 1, {"type": "dispatch.case_opened"})
    for ask in (
        outboxes.read(),
        outboxes.mark([Batch("normal", SCHEMA, [said, tick])]),
        outboxes.forget_ticks(NOW),
    ):
        asyncio.run(ask)
    for statement, given in recorder.said:
        found.explain(with_many_rows, statement, given)

    assert len(recorder.said) == 4
    assert found == Read(touched={"outbox"}, whole=set())


def test_what_happened_at_a_door_is_found_past_its_positions(
    with_many_rows: Connection,
) -> None:
    """A phone notes its position each few seconds; its next request reads none of them."""
    lock = HOT["visits, locked, with their doors"][0]

    found = read(with_many_rows, lock)

    assert "journal_happened" in found.indexes
    assert "journal_visit" not in found.indexes


def test_a_query_without_an_index_would_be_seen(with_many_rows: Connection) -> None:
    by_zone = visit_table.select().where(visit_table.c.zone == "Asia/Urumqi")

    found = read(with_many_rows, lambda connection: connection.execute(by_zone))

    assert found == Read(touched={"visit"}, whole={"visit"})
