"""With many visits and events, no view reads a whole table, or sorts more than it shows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chassis.database import engine
from proto import ids
from proto.base import Asker, Role
from services.oversight import store
from services.oversight.model import Place, timeline_table
from tests.test_plans import Read, an_id, caught, nodes, read, scattered

pytestmark = pytest.mark.usefixtures("environment")

#: Forty agencies and a thousand visits a day; twenty events a visit, ten visits a case.
VISITS, EVENTS = 20_000, 60_000
BEGINS = datetime(2026, 3, 1, tzinfo=UTC)
MINUTELY = f"timestamptz '{BEGINS.isoformat()}' + i * interval '86 seconds'"
SEED = (
    f"INSERT INTO board_visit SELECT {scattered('visit', 'i')}, {scattered('case', 'i')},"
    f" {scattered('agency', 'mod(i, 40)')}, date '2026-03-01' + i / 1000, {MINUTELY},"
    " view, view FROM generate_series(1, "
    f"{VISITS}) i, jsonb_build_object('collectors', '[]'::jsonb) view",
    f"INSERT INTO timeline SELECT {scattered('event', 'i')}, {MINUTELY}, {MINUTELY},"
    " (ARRAY['field_visit.collectors_arrived', 'dispatch.case_held',"
    " 'dispatch.case_resumed', 'field_visit.collectors_left'])[1 + mod(i / 20, 4)],"
    f" 'doorstep/dispatch', '', i, {scattered('visit', 'i / 20')},"
    f" {scattered('case', 'i / 200')}, {scattered('agency', 'mod(i / 200, 40)')},"
    " '{}', jsonb_build_object('reason', 'disputed'), 1, i"
    f" FROM generate_series(1, {EVENTS}) i",
    "ANALYZE board_visit, timeline",
)
TABLES = {"board_visit", "timeline"}
OFFICER = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
BOSS = Asker(account_id=ids.new(), role=Role.SUPERVISOR, agency_id=an_id("agency", 31))
DAY = BEGINS.date() + timedelta(days=10)
AFTER = Place(BEGINS + timedelta(seconds=86 * 10_400), an_id("visit"))


@pytest.fixture(scope="module")
def many(database_url: str) -> Iterator[Connection]:
    """All that, in a transaction that is rolled back; then the space is given back."""
    with engine(database_url, "oversight", pool=0).connect() as connection:
        for limit in ("statement", "idle_in_transaction_session"):
            connection.execute(text(f"SET LOCAL {limit}_timeout = 0"))
        for statement in SEED:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()
        connection.execution_options(isolation_level="AUTOCOMMIT")
        connection.exec_driver_sql("VACUUM (ANALYZE) board_visit, timeline")


def board(asker: Asker, after: Place | None = None) -> Callable[[Connection], Any]:
    return lambda connection: store.board(connection, asker, DAY, after, 101)


def timeline(asker: Asker, after: Place | None = None, **about: Any) -> Callable[..., Any]:
    ((name, key),) = about.items()
    where = timeline_table.c[name] == key
    return lambda connection: store.timeline(connection, asker, where, after, 101)


VISIT, CASE = {"visit_id": an_id("visit", 1111)}, {"case_id": an_id("case", 111)}
EARLY = AFTER._replace(at=BEGINS + timedelta(seconds=86 * 22_250))
HOT: dict[str, tuple[Callable[[Connection], Any], str]] = {
    "the bank's board": (board(OFFICER), "board_visit"),
    "its next page": (board(OFFICER, AFTER), "board_visit"),
    "an agency's board": (board(BOSS), "board_visit"),
    "its next page, too": (board(BOSS, AFTER), "board_visit"),
    "a visit's timeline": (timeline(OFFICER, **VISIT), "timeline"),
    "a visit's timeline as its agency sees it": (timeline(BOSS, **VISIT), "timeline"),
    "a case's timeline": (timeline(OFFICER, **CASE), "timeline"),
    "a case's timeline, the next page": (timeline(OFFICER, EARLY, **CASE), "timeline"),
    "a case's timeline as its agency sees it": (timeline(BOSS, EARLY, **CASE), "timeline"),
    "whether there is anything to see": (
        lambda connection: store.is_known(
            connection, BOSS, timeline_table.c.case_id == CASE["case_id"]
        ),
        "timeline",
    ),
    "the reasons that cases are held": (
        lambda connection: store.holds(connection, [an_id("case", n) for n in range(10)]),
        "timeline",
    ),
    "all that is known of visits": (
        lambda connection: store.courses(connection, [an_id("visit"), VISIT["visit_id"]]),
        "timeline",
    ),
    "all that is known of a file": (
        lambda connection: store.told_of_files(
            connection, [(VISIT["visit_id"], str(an_id("media")))]
        ),
        "timeline",
    ),
    "what of a batch is known": (
        lambda connection: store.known(connection, [an_id("event", 7)]),
        "timeline",
    ),
    "what the board shows of visits": (
        lambda connection: store.shown_now(connection, [VISIT["visit_id"]]),
        "board_visit",
    ),
}


@pytest.mark.parametrize("name", HOT)
def test_no_view_reads_a_whole_table(name: str, many: Connection) -> None:
    work, table = HOT[name]

    assert read(many, work) == Read(touched={table}, whole=set())


def explained(connection: Connection, work: Callable[[Connection], Any]) -> list[Any]:
    """The nodes of the plans of what is asked, as it ran."""
    with caught(connection) as said:
        work(connection)
    found = []
    for statement, given, _ in said:
        query = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}"
        (plan,) = connection.exec_driver_sql(query, given).scalar_one()
        found += list(nodes(plan["Plan"]))
    return found


@pytest.mark.parametrize(
    "name", [each for each in HOT if "board" in each or "page" in each]
)
def test_a_page_is_read_in_order_and_no_further(name: str, many: Connection) -> None:
    """A day has a thousand visits: what reads a hundred has not sorted them."""
    plan = explained(many, HOT[name][0])

    rows = [node["Actual Rows"] for node in plan if node.get("Relation Name") in TABLES]
    assert max(rows) <= 101
    passed_over = [node.get("Rows Removed by Filter", 0) for node in plan]
    assert max(passed_over) == 0


def test_there_is_something_on_these_pages(many: Connection) -> None:
    assert len(store.board(many, OFFICER, DAY, None, 101)) == 101
    assert len(store.board(many, BOSS, DAY, None, 101)) == 25
    assert len(timeline(OFFICER, **VISIT)(many)) == 20
    assert len(timeline(OFFICER, **CASE)(many)) == 101
    assert len(timeline(BOSS, EARLY, **CASE)(many)) > 0
    assert 0 < len(timeline(OFFICER, EARLY, **CASE)(many)) < 200
