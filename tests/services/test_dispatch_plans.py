"""With many cases and holds, nothing that dispatch asks reads a whole table."""

import hashlib
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text

from chassis.database import engine
from chassis.shared import Shared
from services.dispatch import store
from services.dispatch.model import case_table
from tests.services.conftest import NOON
from tests.test_plans import Read, an_id, read, scattered

pytestmark = pytest.mark.usefixtures("environment")

CASES = 50_000
CASE = scattered("case", "i")
#: Every tenth case is held, and was held before; ten cases share a door.
SEED = (
    f"INSERT INTO debt_case (id, number, agency_id, state, books, debtor, address, amount,"
    f" currency, overdue_since, entry, version, address_blind)"
    f" SELECT {CASE}, i, {CASE}, 'placed', '{{}}', box, box, 1, 'CNY', now(), '', 1,"
    f" md5('door' || mod(i, {CASES} / 10)) FROM generate_series(1, {CASES}) i,"
    f" jsonb_build_object('key_id', gen_random_uuid(), 'purpose', '', 'nonce', '',"
    f" 'box', '') box",
    f"INSERT INTO hold (id, case_id, reason, owner_id, review_on, falls_on, placed_at,"
    f" placed_by, last_at, lifted_at) SELECT gen_random_uuid(), {CASE}, 'disputed',"
    f" {CASE}, now(), now(), now(), '', now(), CASE WHEN nr = 1 THEN now() END"
    f" FROM generate_series(1, {CASES}, 10) i, generate_series(1, 2) nr",
    f"INSERT INTO appointment (id, case_id, starts_at, ends_at, place_class, at)"
    f" SELECT {scattered('appointment', 'i')}, {CASE}, now(), now(), 'public', now()"
    f" FROM generate_series(1, {CASES}) i",
    "ANALYZE debt_case, hold, appointment",
)
DOOR_OF_ONE = hashlib.md5(b"door1", usedforsecurity=False).hexdigest()
ONE, HELD = an_id("case"), an_id("case", 4711)


@pytest.fixture(scope="module")
def many(database_url: str) -> Iterator[Connection]:
    """All that, in a transaction that is rolled back."""
    with engine(database_url, "dispatch", pool=0).connect() as connection:
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        for statement in SEED:
            connection.exec_driver_sql(statement)
        yield connection
        connection.rollback()
        connection.execute(text("ANALYZE debt_case, hold, appointment"))
        connection.commit()


def neighbours(connection: Connection) -> None:
    case = store.look_at(connection, ONE)
    assert len(store.at_the_door_of(connection, case)) == 9


HOT: dict[str, tuple[Callable[[Connection], Any], set[str]]] = {
    "cases, locked, with their holds": (
        lambda connection: store.lock(Shared(connection), [ONE, HELD]),
        {"debt_case", "hold"},
    ),
    "cases that nobody else holds": (
        lambda connection: store.lock(Shared(connection, blocking=False), [ONE, HELD]),
        {"debt_case", "hold"},
    ),
    "a case that is shown": (
        lambda connection: store.look_at(connection, HELD),
        {"debt_case", "hold"},
    ),
    "the other cases of a door": (neighbours, {"debt_case", "hold"}),
    "doors that are closed": (
        lambda connection: store.closed_doors(connection, [DOOR_OF_ONE, "elsewhere"]),
        {"debt_case"},
    ),
    "appointments that visits name": (
        lambda connection: store.appointments(connection, [an_id("appointment")]),
        {"appointment"},
    ),
    "appointments of a case": (
        lambda connection: store.live_appointments(connection, ONE),
        {"appointment"},
    ),
    "whether a case was held since": (
        lambda connection: store.held_since(connection, ONE, NOON),
        {"hold"},
    ),
}


@pytest.mark.parametrize("name", HOT)
def test_no_query_about_a_case_reads_a_whole_table(name: str, many: Connection) -> None:
    work, tables = HOT[name]

    assert read(many, work) == Read(touched=tables, whole=set())


def test_a_query_without_an_index_would_be_seen(many: Connection) -> None:
    by_agency = case_table.select().where(case_table.c.agency_id == ONE)

    found = read(many, lambda connection: connection.execute(by_agency))

    assert found == Read(touched={"debt_case"}, whole={"debt_case"})
