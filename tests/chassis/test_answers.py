"""The same key gives the same answer; yesterday's yes is nobody's."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, text

from chassis import clock, groups, tables
from chassis.operations import Operation
from chassis.partitions import Month, ahead, first_key, month_of
from chassis.unit import Unit
from proto import ids
from tests.chassis.acting import SERVICE
from tests.chassis.purses import (
    MINE,
    THEIRS,
    Left,
    Spend,
    carry_out,
    coins,
    gather,
    may,
    order,
    purse,
    purses,
    spent,
)

PURSE = UUID(int=10)


@pytest.fixture(autouse=True)
def one_purse(its: Engine):
    with purses(its, {PURSE: 10}):
        yield
    with its.begin() as connection:
        connection.execute(text("DELETE FROM answered"))


def kinds(found: list[Any]) -> list[str | None]:
    return [each.problem and each.problem.kind for each in found]


def test_the_same_key_gives_the_same_answer_and_is_done_once(its: Engine) -> None:
    once = order(PURSE, 3, key=str(ids.new()))

    first = carry_out(its, once)
    again = [carry_out(its, once) for _ in range(3)]
    both = carry_out(its, once, order(PURSE, 1), once)

    assert first[0].reply == '{"coins":7,"until":null}'
    assert again == [first] * 3
    assert (both[0], both[2]) == (first[0], first[0])
    assert coins(its) == {PURSE: 6}


def test_the_same_key_sent_many_times_at_once_is_done_once(its: Engine) -> None:
    once = order(PURSE, 3, key=str(ids.new()))
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: carry_out(its, once)[0], range(24)))

    assert {each.reply for each in found} == {'{"coins":7,"until":null}'}
    assert spent(its) == [3]


def test_another_content_under_the_same_key_is_refused(its: Engine) -> None:
    key = str(ids.new())
    carry_out(its, order(PURSE, 3, key=key))

    (other,) = carry_out(its, order(PURSE, 4, key=key))

    assert other.problem
    assert (other.problem.kind, other.problem.status) == ("key-of-another-content", 422)
    assert coins(its) == {PURSE: 7}


def test_the_order_of_names_makes_no_other_content(its: Engine) -> None:
    once = order(PURSE, 3, key=str(ids.new()))
    turned = once | {"command": dict(reversed(once["command"].items()))}

    assert carry_out(its, once) == carry_out(its, turned)


def test_a_key_is_its_principals_own(its: Engine) -> None:
    once = order(PURSE, 3, key=str(ids.new()))
    carry_out(its, once)

    (found,) = carry_out(its, once | {"asker": THEIRS.model_dump(mode="json")})

    assert kinds([found]) == ["not-found"]


def test_rights_are_asked_again_before_an_answer_is_repeated(its: Engine) -> None:
    once = order(PURSE, 3, key=str(ids.new()))
    carry_out(its, once)
    no_more = MINE.model_copy(update={"role": THEIRS.role})

    (found,) = carry_out(its, once | {"asker": no_more.model_dump(mode="json")})

    assert kinds([found]) == ["not-found"]


def test_a_refusal_that_did_nothing_is_not_kept(its: Engine) -> None:
    once = order(PURSE, 11, key=str(ids.new()))
    assert kinds(carry_out(its, once)) == ["case-not-worked"]
    with its.begin() as connection:
        connection.execute(text("UPDATE purse SET coins = 20"))

    assert carry_out(its, once)[0].reply == '{"coins":9,"until":null}'


class Permits:
    """Gives leave to spend for a minute, as long as it is told to."""

    def __init__(self, its: Engine) -> None:
        self.its, self.allows = its, True

    def ask(self, key: str) -> Any:
        operation = Operation(Spend, self.answer, may, gather)
        one = order(PURSE, 1, key=key)
        known = {"spend": operation}
        return groups.carry_out(self.its, SERVICE, known, [one], waits=True)[0]

    def answer(self, command: Spend, unit: Unit) -> Left:
        found = purse(unit.shared, command.purse_id)
        until = unit.now + timedelta(minutes=1) if self.allows else None
        return Left(coins=found.coins if self.allows else -1, until=until)


def test_a_permit_is_repeated_while_it_would_be_given_now(its: Engine) -> None:
    permits, key = Permits(its), str(ids.new())

    assert permits.ask(key) == permits.ask(key)


def test_a_permit_that_has_run_out_is_never_repeated(its: Engine, monkeypatch) -> None:
    permits, key = Permits(its), str(ids.new())
    permits.ask(key)
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)

    found = permits.ask(key)

    assert (found.problem.kind, found.problem.status) == ("permit-expired", 409)


def test_what_is_no_longer_allowed_is_no_under_the_same_key(its: Engine) -> None:
    permits, key = Permits(its), str(ids.new())
    permits.ask(key)
    permits.allows = False

    assert permits.ask(key).reply == '{"coins":-1,"until":null}'
    permits.allows = True
    assert kinds([permits.ask(key)]) == ["permit-revoked"]


def test_a_permit_that_an_event_took_back_is_never_repeated(its: Engine) -> None:
    permits, key = Permits(its), str(ids.new())
    permits.ask(key)
    with its.begin() as connection:
        unit = Unit(connection, SERVICE, "test", "t")
        unit.revoke(PURSE, Spend)
        unit.settle()

    assert kinds([permits.ask(key)]) == ["permit-revoked"]


def test_answers_lie_in_the_month_that_their_key_was_made_in(its: Engine) -> None:
    this_month, other = ids.new(), UUID("8e03978e-40d5-43dd-bc93-6894a57f9324")
    for key in (this_month, other):
        carry_out(its, order(PURSE, 1, key=str(key)))

    with its.connect() as connection:
        where = text("SELECT key, tableoid::regclass::text FROM answered")
        found = {row.key: row.tableoid for row in connection.execute(where)}
    assert found[this_month] == month_of(clock.now()).table
    assert found[other] == "answered_other"


@pytest.mark.parametrize(("year", "number"), [(2026, 1), (2026, 12), (2027, 6)])
def test_months_follow_each_other_without_a_gap(year: int, number: int) -> None:
    found = ahead(Month(year, number).begins)

    assert found[1] == (year, number)
    for month, following in zip(found, found[1:], strict=False):
        assert month.after == following
        assert first_key(month.after.begins) == first_key(following.begins)


def test_what_is_kept_of_an_answer_is_its_words_and_no_more(its: Engine) -> None:
    key = ids.new()
    carry_out(its, order(PURSE, 1, key=str(key)))

    table = tables.answered
    with its.connect() as connection:
        row = connection.execute(select(table).where(table.c.key == key)).one()
    assert (row.principal, row.operation, row.about) == (MINE.account_id, "spend", PURSE)
    assert (row.reply, row.outcome) == ('{"coins":9,"until":null}', "done")
