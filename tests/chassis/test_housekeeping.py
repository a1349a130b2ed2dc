"""Each table is purged by its own retention, and of nothing younger."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import DBAPIError

from chassis import clock, database, housekeeping, partitions, tables
from chassis.housekeeping import KEPT_DAYS
from chassis.jobs import Job
from chassis.partitions import Month
from proto import ids
from tests.chassis.acting import SERVICE, empty

Row = dict[str, Any]


@pytest.fixture(autouse=True)
def tables_empty(its: Engine) -> None:
    empty(its, *KEPT_DAYS)


def rowed(name: str, at: datetime | None) -> Row:
    """A row of a table that was over at that moment; None is one that is not."""
    event = {"event_id": ids.new(), "subject": "s", "envelope": {}}
    match name:
        case "outbox":
            return event | {"published_at": at, "said_at": clock.now()}
        case "inbox":
            return {"event_id": ids.new(), "at": at or clock.now()}
        case "answered":
            given = {"operation": "o", "digest": "d", "reply": "{}", "outcome": "done"}
            return {
                "key": uuid4(),  # of no month
                "principal": ids.new(),
                "at": at or clock.now(),
            } | given
        case "job":
            told = {"kind": "k", "task": {}, "subject": "s", "by": "t", "trace": "t"}
            return {"id": ids.new(), "run_at": clock.now(), "done_at": at} | told
    held = {"lane": "normal", "topic": "t", "attempts": 1, "held_at": clock.now()}
    return event | held | {"discarded_at": at}


def put(its: Engine, name: str, *rows: Row) -> None:
    with its.begin() as connection:
        connection.execute(tables.metadata.tables[name].insert(), list(rows))


def left(its: Engine, name: str) -> int:
    query = select(func.count()).select_from(tables.metadata.tables[name])
    with its.connect() as connection:
        return connection.scalar(query) or 0


def tidied(its: Engine, renew: Callable[[], None] = lambda: None) -> dict[str, int]:
    job = Job(ids.new(), SERVICE, "keep_house", {}, "s", "by", "t", 1)
    return housekeeping.tidy(job, its, renew).removed


def test_a_service_wakes_itself_once_a_day(its: Engine) -> None:
    for _ in range(3):
        housekeeping.wake(its, SERVICE)

    with its.connect() as connection:
        row = connection.execute(select(tables.outbox)).one()
    assert row.envelope["type"] == f"later.{SERVICE}.keep_house"
    assert row.envelope["id"] == str(row.event_id)
    assert (row.sequence, row.due_at <= clock.now()) == (None, True)


@pytest.mark.parametrize("name", KEPT_DAYS)
def test_what_was_kept_long_enough_goes_and_nothing_younger(
    its: Engine, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "AT_ONCE", 2)
    kept, renewed = timedelta(days=KEPT_DAYS[name]), []
    old = clock.now() - kept - timedelta(minutes=1)
    young = clock.now() - kept + timedelta(minutes=1)
    put(its, name, *(rowed(name, old) for _ in range(5)))
    put(its, name, rowed(name, young), rowed(name, None))

    removed = tidied(its, lambda: renewed.append(1))

    others = dict.fromkeys(KEPT_DAYS, 0) | {"partitions": 0}
    assert removed == others | {name: 5}
    assert left(its, name) == 2
    assert len(renewed) == len(KEPT_DAYS) + 2  # after each transaction


def test_the_answers_of_a_month_go_with_their_month_and_not_one_by_one(
    its: Engine,
) -> None:
    old = clock.now() - timedelta(days=KEPT_DAYS["answered"] + 1)
    put(its, "answered", rowed("answered", old) | {"key": ids.new()})

    assert sum(tidied(its).values()) == 0
    assert left(its, "answered") == 1


def test_a_purge_that_fails_stops_no_other_one_and_is_tried_again(its: Engine) -> None:
    old = clock.now() - timedelta(days=500)
    for name in KEPT_DAYS:
        put(its, name, rowed(name, old))
    with its.begin() as somebody:
        somebody.execute(text("SELECT FROM inbox FOR UPDATE"))
        with pytest.raises(DBAPIError, match="lock timeout"):
            tidied(its)
        found = {name: left(its, name) for name in KEPT_DAYS}

    assert found == dict.fromkeys(KEPT_DAYS, 0) | {"inbox": 1}
    assert tidied(its)["inbox"] == 1


#: What makes a row's deletion last longer than a statement may.
SLOW = (
    "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS"
    " $$ BEGIN PERFORM pg_sleep(1.5); RETURN OLD; END $$",
    "CREATE TRIGGER slowly BEFORE DELETE ON job FOR EACH ROW EXECUTE FUNCTION slowly()",
)


def test_a_purge_may_take_longer_than_an_order(
    its: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "STATEMENT_MS", 1000)
    put(its, "job", rowed("job", clock.now() - timedelta(days=500)))
    hasty = database.engine(database_url, SERVICE, pool=0)
    with its.begin() as connection:
        for statement in SLOW:
            connection.execute(text(statement))
    try:
        assert tidied(hasty)["job"] == 1
    finally:
        with its.begin() as connection:
            connection.execute(text("DROP FUNCTION slowly CASCADE"))


def months(its: Engine) -> set[str]:
    names = text(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'answered'::regclass"
    )
    with its.connect() as connection:
        return set(connection.scalars(names))


def key_of(moment: datetime) -> UUID:
    return UUID(int=partitions.first_key(moment).int + 0x8000000000000000 + 7)


def test_a_month_that_is_over_is_dropped_whole(its: Engine) -> None:
    now = datetime.now(UTC)
    bound = partitions.month_of(now - timedelta(days=KEPT_DAYS["answered"]))
    before = Month(bound.year - (bound.number == 1), (bound.number - 2) % 12 + 1)
    with its.begin() as connection:
        for month in (before, bound):
            partitions.make(connection, month)
    put(its, "answered", *(rowed("answered", None) | {"key": key_of(m.begins)}
        for m in (before, bound)))  # fmt: skip

    removed = tidied(its)

    assert removed["partitions"] == 1
    assert {before.table, bound.table} & months(its) == {bound.table}
    assert left(its, "answered") == 1
    with its.begin() as connection:
        connection.execute(text(f"DROP TABLE {bound.table}"))


def test_the_months_that_come_are_made_also_where_keys_of_them_came_before(
    its: Engine,
) -> None:
    coming = partitions.ahead(datetime.now(UTC))
    last = coming[-1]
    with its.begin() as connection:
        connection.execute(text(f"DROP TABLE {last.table}"))
    early = rowed("answered", None) | {"key": key_of(last.begins + timedelta(days=3))}
    put(its, "answered", early, rowed("answered", None) | {"key": UUID(int=7)})

    tidied(its)

    assert {month.table for month in coming} <= months(its)
    with its.connect() as connection:
        where = text("SELECT key, tableoid::regclass::text FROM answered ORDER BY key")
        found = {row[0]: row[1] for row in connection.execute(where)}
    assert found == {UUID(int=7): "answered_other", early["key"]: last.table}


def test_a_partition_is_not_waited_for(its: Engine) -> None:
    """Whoever asks or answers would stand behind us."""
    last = partitions.ahead(datetime.now(UTC))[-1]
    with its.begin() as connection:
        connection.execute(text(f"DROP TABLE {last.table}"))
    with its.connect() as reader:
        reader.execute(text("SELECT count(*) FROM answered"))
        began = clock.now()
        with pytest.raises(Exception, match="lock timeout"):
            tidied(its)
        assert clock.now() - began < timedelta(seconds=1)
        reader.rollback()

    tidied(its)
    assert last.table in months(its)
