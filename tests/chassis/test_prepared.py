"""What comes often is planned once a connection."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DataError, OperationalError, ProgrammingError

from chassis import prepared
from chassis.database import engine
from chassis.prepared import OFTEN, ask, prepare

ADD = "SELECT %(one)s::int + %(other)s::int * %(one)s::int, '100 %%'"


@pytest.fixture
def its(database_url: str) -> Iterator[Engine]:
    made = engine(database_url, "public", green=True, pool=1)
    yield made
    made.dispose()


def kept(its: Engine) -> list[str]:
    with its.connect() as connection:
        query = "SELECT name FROM pg_prepared_statements ORDER BY name"
        return list(connection.scalars(text(query)))


def test_it_is_prepared_once_and_gives_what_it_gave(its: Engine) -> None:
    for number in range(8):  # after five, PostgreSQL may keep its plan
        with its.begin() as connection:
            values = {"one": number, "other": 2}
            found = connection.exec_driver_sql(ADD, values, OFTEN).one()
        assert tuple(found) == (number * 3, "100 %")

    assert kept(its) == [prepare(ADD).name]


def test_what_does_not_say_so_is_not(its: Engine) -> None:
    with its.begin() as connection:
        connection.exec_driver_sql(ADD, {"one": 1, "other": 2})

    assert kept(its) == []


def test_it_outlives_a_transaction_that_failed(its: Engine) -> None:
    with its.connect() as connection:
        connection.exec_driver_sql(ADD, {"one": 1, "other": 2}, OFTEN)
        with pytest.raises(DataError):
            connection.exec_driver_sql("SELECT 1 / 0")

    with its.begin() as connection:
        assert connection.exec_driver_sql(ADD, {"one": 1, "other": 2}, OFTEN).first()


def test_one_that_cannot_be_planned_is_not_taken_for_known(its: Engine) -> None:
    for _ in range(2):
        with pytest.raises(ProgrammingError), its.begin() as connection:
            connection.exec_driver_sql("SELECT nothing_of_the_kind", {}, OFTEN)

    assert kept(its) == []


def test_a_connection_does_not_keep_them_without_end(its: Engine, monkeypatch) -> None:
    monkeypatch.setattr(prepared, "MOST", 3)
    for number in range(10):
        with its.begin() as connection:
            query = f"SELECT {number}, %(one)s::int"
            assert connection.exec_driver_sql(query, {"one": 1}, OFTEN).one()

    assert len(kept(its)) <= 3


def test_a_select_says_so_too(its: Engine) -> None:
    query = text("SELECT CAST(:one AS int)").execution_options(**OFTEN)
    with its.connect() as connection:
        assert connection.scalar(query, {"one": 7}) == 7

    assert len(kept(its)) == 1


def test_after_its_connection_died_it_is_prepared_on_the_next_one(its: Engine) -> None:
    values = {"one": 1, "other": 2}
    with its.begin() as connection:
        connection.exec_driver_sql(ADD, values, OFTEN)
    with pytest.raises(OperationalError), its.begin() as connection:
        connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")

    with its.begin() as connection:
        assert tuple(connection.exec_driver_sql(ADD, values, OFTEN).one()) == (3, "100 %")
    assert kept(its) == [prepare(ADD).name]


def test_what_is_asked_has_its_fields_by_name(its: Engine) -> None:
    query = "SELECT %(one)s::int AS one, '{\"a\": 1}'::jsonb AS body"
    with its.begin() as connection:
        for number in range(2):
            (row,) = ask(connection, query, {"one": number})
            assert (row.one, row.body) == (number, {"a": 1})
        assert ask(connection, query, {"one": 2}, last=True) == []

    assert prepare(query).name in kept(its)


def test_an_error_of_what_is_asked_is_like_any_other(its: Engine) -> None:
    with pytest.raises(DataError) as raised, its.begin() as connection:
        ask(connection, "SELECT 1 / %(one)s::int", {"one": 0})

    assert not raised.value.connection_invalidated
    with its.begin() as connection:
        assert ask(connection, "SELECT 1 / %(one)s::int AS one", {"one": 1})[0].one == 1


def test_who_asks_over_a_dead_connection_is_told_and_gets_another(its: Engine) -> None:
    kill = "SELECT pg_terminate_backend(pg_backend_pid())"
    with pytest.raises(OperationalError) as raised, its.begin() as connection:
        ask(connection, kill, {})

    assert raised.value.connection_invalidated
    with its.begin() as connection:
        assert ask(connection, "SELECT %(one)s::int AS one", {"one": 7})[0].one == 7


def test_what_is_all_of_a_transaction_has_its_rows_the_first_time_too(
    database_url: str,
) -> None:
    """PREPARE goes before it, and is no part of the transaction."""
    its = engine(database_url, "public", green=True, pool=1, ping=False)
    query = "SELECT %(one)s::int AS one"
    for number in range(2):
        with its.begin() as connection:
            (row,) = ask(connection, query, {"one": number}, last=True)
        assert row.one == number
    its.dispose()
