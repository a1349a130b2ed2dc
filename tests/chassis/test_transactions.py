"""A transaction begins with its first statement and may end with its last."""

from collections.abc import Iterator, Mapping

import pytest
from psycopg2.extensions import TRANSACTION_STATUS_IDLE
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.database import engine
from chassis.prepared import OFTEN
from chassis.transactions import LAST

ONE, TWO = "INSERT INTO once VALUES (1)", "INSERT INTO once VALUES (2)"


@pytest.fixture
def its(database_url: str) -> Iterator[Engine]:
    """Two sessions, and a table that wants each number once, at the commit at last."""
    made = engine(database_url, "public", green=True, pool=2, ping=False)
    once = "once (number int UNIQUE DEFERRABLE INITIALLY DEFERRED)"
    do(made, "DROP TABLE IF EXISTS once", f"CREATE TABLE {once}")
    yield made
    do(made, "DROP TABLE once")
    made.dispose()


def do(its: Engine, *said: str, how: Mapping[str, bool] | None = None) -> None:
    """Say this in one transaction, the last of it in a way of its own."""
    *before, last = said
    with its.begin() as connection:
        for each in before:
            connection.exec_driver_sql(each)
        connection.exec_driver_sql(last, None, how)


def stored(its: Engine) -> int:
    with its.connect() as connection:
        return int(connection.exec_driver_sql("SELECT count(*) FROM once").scalar_one())


def test_nothing_is_seen_by_others_before_the_commit(its: Engine) -> None:
    with its.begin() as connection:
        connection.exec_driver_sql(ONE)
        assert stored(its) == 0
    assert stored(its) == 1


def test_what_fails_later_takes_back_what_came_first(its: Engine) -> None:
    with pytest.raises(DBAPIError):
        do(its, ONE, "SELECT 1 / 0")
    assert stored(its) == 0


@pytest.mark.parametrize("how", [LAST, OFTEN | LAST])
def test_the_last_statement_commits(its: Engine, how: Mapping[str, bool]) -> None:
    with its.begin() as connection:
        connection.exec_driver_sql(ONE)
        connection.exec_driver_sql(TWO, None, how)
        assert stored(its) == 2


def test_one_that_is_first_and_last_gives_its_rows(its: Engine) -> None:
    with its.begin() as connection:
        found = connection.exec_driver_sql(f"{ONE} RETURNING number", None, LAST)
        assert found.scalars().all() == [1]
        assert stored(its) == 1


@pytest.mark.parametrize("how", [{}, LAST])
def test_what_the_commit_refuses_is_raised_and_not_there(
    its: Engine, how: Mapping[str, bool]
) -> None:
    with pytest.raises(IntegrityError):
        do(its, ONE, ONE, how=how)
    assert stored(its) == 0


@pytest.mark.parametrize("how", [{}, LAST])
def test_a_session_that_was_ended_does_not_pass_for_a_commit(
    its: Engine, how: Mapping[str, bool]
) -> None:
    with pytest.raises(DBAPIError):
        do(its, ONE, "SELECT pg_terminate_backend(pg_backend_pid())", TWO, how=how)
    assert stored(its) == 0


def test_many_rows_at_once_are_one_transaction(its: Engine) -> None:
    query, rows = "INSERT INTO once VALUES (%(number)s)", [{"number": n} for n in (1, 2)]
    with its.begin() as connection:
        connection.exec_driver_sql(query, rows)
        assert stored(its) == 0
    assert stored(its) == 2


def test_begin_and_commit_are_no_round_trips(its: Engine) -> None:
    query = "SELECT current_query()"
    with its.begin() as connection:
        assert connection.exec_driver_sql(query).scalar_one() == f"BEGIN;{query}"
        assert connection.exec_driver_sql(query).scalar_one() == query
        connection.exec_driver_sql(TWO, None, LAST)
        session = connection.connection.driver_connection
        assert session is not None
        assert session.info.transaction_status == TRANSACTION_STATUS_IDLE
