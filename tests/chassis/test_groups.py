"""Many orders in one transaction, and nobody's answer depends on a neighbour."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, event, select, text

from chassis import clock, groups, tables
from chassis.errors import NotFound
from proto import ids
from proto.base import Answer
from tests.chassis.acting import SERVICE, numbers
from tests.chassis.purses import (
    OPERATIONS,
    PURSE,
    THEIRS,
    carry_out,
    coins,
    order,
    purses,
    spent,
)

PURSES = [UUID(int=n) for n in range(10, 15)]
FULL = dict.fromkeys(PURSES, 10)
KEYS = [UUID(int=n) for n in range(100, 104)]
ANYTHING = st.builds(
    lambda purse, amount, how, key, other: order(
        purse, amount, how, **({"key": str(key)} if key else {}), **other
    ),
    st.sampled_from([*PURSES, UUID(int=99)]),
    st.integers(1, 12),
    st.sampled_from(["well", "well", "well", "stumbles", "twice"]),
    st.none() | st.sampled_from(KEYS),
    st.sampled_from(
        [
            {},
            {},
            {},
            {"asker": THEIRS.model_dump(mode="json")},
            {"operation": "unheard_of"},
            {"command": {"coins": "many"}},
            {"trace": None},
        ]
    ),
)


def told(answers: list[Answer]) -> list[tuple[str | None, str | None]]:
    """Replies and kinds of problems. Which error it was is not the caller's to know."""
    return [(each.reply, each.problem and each.problem.kind) for each in answers]


def forget(its: Engine) -> None:
    with its.begin() as connection:
        connection.execute(text("DELETE FROM answered"))


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(orders=st.lists(ANYTHING, min_size=1, max_size=24))
def test_a_group_answers_as_its_orders_would_be_answered_alone(
    its: Engine, orders: list[dict]
) -> None:
    forget(its)
    with purses(its, FULL):
        together = told(carry_out(its, *orders))
        after = coins(its), spent(its)
    forget(its)
    with purses(its, FULL):
        alone = [told(carry_out(its, each))[0] for each in orders]
        assert together == alone
        assert after == (coins(its), spent(its))


def statements(its: Engine, *orders: dict) -> list[str]:
    said: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        said.append(statement)

    event.listen(its, "before_cursor_execute", note)
    carry_out(its, *orders)
    event.remove(its, "before_cursor_execute", note)
    return said


def test_a_group_costs_the_statements_of_one(its: Engine) -> None:
    many = {ids.new(): 5 for _ in range(64)}
    with purses(its, many):
        one = statements(its, order(next(iter(many)), 1))
        group = statements(its, *(order(key, 1, key=str(ids.new())) for key in many))

    assert len(group) == len(one) == 3  # lock, know, write


def test_a_refusal_that_had_written_and_changed_leaves_no_trace(its: Engine) -> None:
    a, b = PURSES[:2]
    with purses(its, FULL):
        answers = carry_out(its, order(a, 11), order(a, 10), order(b, 1))
        assert told(answers) == [
            (None, "case-not-worked"),
            ('{"coins":0,"until":null}', None),
            ('{"coins":9,"until":null}', None),
        ]
        assert spent(its) == [1, 10]


def test_of_a_refusal_is_kept_what_is_kept_anyway_and_nothing_else(its: Engine) -> None:
    a, b = PURSES[:2]
    with purses(its, FULL):
        answers = carry_out(its, order(a, 11, "tells"), order(a, 9, "tells"), order(b, 1))

        assert told(answers) == [
            (None, "case-not-worked"),
            ('{"coins":1,"until":null}', None),
            ('{"coins":9,"until":null}', None),
        ]
        assert spent(its) == [1, 9, 109, 111]
        assert coins(its) == FULL | {a: 1, b: 9}
        stumbles = carry_out(its, order(a, 11, "tells"), order(b, 1, "stumbles"))
        assert [kind for _, kind in told(stumbles)] == ["case-not-worked", "service-failed"]
        assert spent(its) == [1, 9, 109, 111, 111]


def test_an_error_in_one_handler_is_answered_to_nobody_else(its: Engine) -> None:
    a, b, c = PURSES[:3]
    with purses(its, FULL):
        answers = carry_out(its, order(a, 1), order(b, 1, "stumbles"), order(c, 1))

        assert [each.problem and each.problem.kind for each in answers] == [
            None,
            "service-failed",
            None,
        ]
        assert coins(its) == FULL | {a: 9, c: 9}


def test_what_somebody_else_holds_is_asked_for_again_alone(its: Engine) -> None:
    held, free = PURSES[:2]
    with purses(its, FULL):
        with its.begin() as other:
            other.execute(select(PURSE).where(PURSE.c.id == held).with_for_update())
            answers = carry_out(its, order(held, 1), order(free, 1))
            assert [each.alone for each in answers] == [True, False]
        assert coins(its) == FULL | {free: 9}
        assert told(carry_out(its, order(held, 1)))[0][0]


def test_alone_it_waits_for_its_turn(its: Engine) -> None:
    held = PURSES[0]
    with purses(its, FULL), ThreadPoolExecutor(1) as pool:
        with its.begin() as other:
            other.execute(select(PURSE).where(PURSE.c.id == held).with_for_update())
            asked = pool.submit(carry_out, its, order(held, 1))
            threading.Event().wait(0.2)
            assert not asked.done()
        assert told(asked.result())[0][0] == '{"coins":9,"until":null}'


@contextmanager
def held_elsewhere(its: Engine, query: Any) -> Iterator[None]:
    with its.begin() as other:
        other.execute(query.with_for_update())
        yield


def the_purse(key: UUID) -> Any:
    return select(PURSE).where(PURSE.c.id == key)


def the_numbers(*keys: UUID) -> Any:
    """What the numbers of these purses' events are drawn from."""
    table = tables.subject
    return select(table).where(table.c.subject.in_(map(str, keys)))


@pytest.mark.parametrize("row", [the_purse, the_numbers])
def test_a_lone_order_of_the_grouped_line_waits_for_nobody(its: Engine, row) -> None:
    held = PURSES[0]
    with purses(its, FULL):
        carry_out(its, order(held, 1))
        with held_elsewhere(its, row(held)):
            began = time.monotonic()
            (answer,) = carry_out(its, order(held, 1), waits=False)

        assert answer == Answer(alone=True)
        assert time.monotonic() - began < 1
        assert told(carry_out(its, order(held, 1)))[0][0] == '{"coins":8,"until":null}'


def test_a_row_that_only_one_of_them_writes_stops_no_other(its: Engine) -> None:
    held, *free = PURSES
    with purses(its, FULL):
        carry_out(its, order(held, 1))
        with held_elsewhere(its, the_numbers(held)):
            began = time.monotonic()
            answers = carry_out(its, *(order(key, 1) for key in PURSES))

        assert [each.alone for each in answers] == [True] + [False] * len(free)
        assert time.monotonic() - began < 1
        assert coins(its) == dict.fromkeys(PURSES, 9)


def test_rows_that_all_of_them_write_do_not_keep_a_message(
    its: Engine, monkeypatch
) -> None:
    monkeypatch.setattr(groups, "PATIENCE_S", 0.1)
    with purses(its, FULL):
        carry_out(its, *(order(key, 1) for key in PURSES))
        with held_elsewhere(its, the_numbers(*PURSES)):
            began = time.monotonic()
            answers = carry_out(its, *(order(PURSES[n % 5], 1) for n in range(50)))

        assert answers == [Answer(alone=True)] * 50
        assert time.monotonic() - began < 1


def test_alone_it_waits_for_a_row_that_it_writes(its: Engine) -> None:
    held = PURSES[0]
    with purses(its, FULL), ThreadPoolExecutor(1) as pool:
        carry_out(its, order(held, 1))
        with held_elsewhere(its, the_numbers(held)):
            asked = pool.submit(carry_out, its, order(held, 1))
            threading.Event().wait(0.3)
            assert not asked.done()
        assert told(asked.result())[0][0] == '{"coins":8,"until":null}'


@pytest.mark.parametrize("error", [RuntimeError("the roof"), NotFound("purse", KEYS[0])])
@pytest.mark.parametrize("number", [1, 2])
def test_what_cannot_be_gathered_is_answered_so_in_any_company(
    its: Engine, error: Exception, number: int
) -> None:
    def fails(*_: object) -> None:
        raise error

    operation = OPERATIONS["spend"]
    broken = {"spend": replace(operation, gather=fails)}
    with purses(its, FULL):
        orders = [order(key, 1) for key in PURSES[:number]]
        for waits in (True, False):
            found = groups.carry_out(its, SERVICE, broken, orders, waits=waits)
            assert told(found) == [(None, "service-failed")] * number


def test_what_does_not_exist_is_told_so_in_the_group(its: Engine) -> None:
    with purses(its, FULL):
        answers = carry_out(its, order(UUID(int=99), 1), order(PURSES[0], 1))

    assert told(answers)[0] == (None, "not-found")


@pytest.mark.parametrize("size", [1, 8, 32])
def test_groups_at_once_neither_deadlock_nor_lose_a_coin(its: Engine, size: int) -> None:
    """Four writers, fifty hot purses; unsorted groups would deadlock."""
    many = {ids.new(): 1_000 for _ in range(50)}
    keys = list(many)

    def write(number: int) -> int:
        done = 0
        for turn in range(6):
            wanted = [keys[(number * 7 + turn * 3 + i * 11) % 50] for i in range(size)]
            waiting = [order(key, 1) for key in wanted]
            while waiting:
                answers = carry_out(its, *waiting)
                done += sum(each.reply is not None for each in answers)
                assert [a.problem for a in answers if a.problem] == []
                waiting = [o for o, a in zip(waiting, answers, strict=True) if a.alone]
                if len(waiting) > 1:  # as the gateway does
                    done += sum(carry_out(its, o)[0].reply is not None for o in waiting)
                    waiting = []
        return done

    with purses(its, many), ThreadPoolExecutor(4) as pool:
        done = sum(pool.map(write, range(4)))
        assert done == 4 * 6 * size
        assert 50 * 1_000 - sum(coins(its).values()) == done
        assert sum(len(numbers(its, key)) for key in keys) == done


def test_bulk_work_never_shares_a_transaction(its: Engine) -> None:
    operation = OPERATIONS["spend"]
    bulky = {"spend": groups.Operation(operation.kind, operation.handle, operation.may)}
    unpacked = [groups.unpack(bulky, order(key, 1)) for key in PURSES]
    parcels = {
        n: each for n, each in enumerate(unpacked) if isinstance(each, groups.Parcel)
    }

    assert groups.rounds(parcels) == [[0], [1], [2], [3], [4]]
    assert SERVICE


def at(seconds: float) -> dict[str, str]:
    """What an order says whose sender's clock is that much ahead of ours."""
    return {"good_until": (clock.now() + timedelta(seconds=seconds)).isoformat()}


def test_what_nobody_waits_for_is_not_done_and_its_neighbours_are(its: Engine) -> None:
    with purses(its, FULL):
        late, soon, open_ = carry_out(
            its,
            order(PURSES[0], 1, **at(-0.1)),
            order(PURSES[1], 1, **at(3)),
            order(PURSES[2], 1),
        )
        left = coins(its)

    assert late.problem is not None
    assert (late.problem.kind, late.problem.status) == ("too-late", 503)
    assert late.problem.values == {"service": SERVICE}
    assert (soon.problem, open_.problem) == (None, None)
    assert [left[key] for key in PURSES[:3]] == [10, 9, 9]


def test_a_senders_clock_that_lies_stops_its_orders_or_lets_them_wait_longer(
    its: Engine,
) -> None:
    with purses(its, FULL):
        behind = carry_out(its, order(PURSES[0], 1, **at(3 - 3600)))
        ahead = carry_out(its, order(PURSES[0], 1, **at(3 + 3600)))
        left = coins(its)

    assert [each.problem and each.problem.kind for each in behind] == ["too-late"]
    assert [each.problem for each in ahead] == [None]
    assert left[PURSES[0]] == 9


def test_who_failed_is_named(its: Engine) -> None:
    with purses(its, FULL):
        (failed,) = carry_out(its, order(PURSES[0], 1, "stumbles"))

    assert failed.problem is not None
    assert failed.problem.kind == "service-failed"
    assert failed.problem.values == {"service": SERVICE}
