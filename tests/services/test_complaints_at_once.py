"""Complaints that come at the same moment, on connections of their own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import Engine, text

from chassis import groups
from chassis.database import engine
from chassis.keyring import Keyring
from proto import ids
from proto.base import Answer, Command, Role
from proto.complaints import CloseComplaint
from tests.services.complaining import (
    ANSWERED,
    SERVICE,
    STAFF,
    Desk,
    by_badge,
    filed,
    order_of,
)

TABLES = (
    *("complaint", "work", "badge", "door_visit", "kept", "outbox", "subject"),
    *("answered", "inbox", "keyring.key", "keyring.master", "keyring.shredded"),
)
MANY = 24


@pytest.fixture
def its(environment: None, watch, database_url: str) -> Iterator[Engine]:
    """The engine of complaints; its tables and the keyring are empty afterwards."""
    found = engine(database_url, SERVICE, pool=MANY + 2)
    yield found
    with found.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)}"))
    found.dispose()


@contextmanager
def desk_of(its: Engine, *, planned: bool = True) -> Iterator[Desk]:
    """The service as it is now: what the desk does here is committed at the end."""
    with its.begin() as connection:
        yield Desk(connection, Keyring(connection), **(WHO if planned else {}))


WHO = {"case": ids.new(), "visit": ids.new(), "code": "BCDFG-HJKMN"}


def prepare(its: Engine, *, planned: bool = True) -> None:
    with desk_of(its) as desk:
        desk.knows()
        if planned:
            desk.hears(desk.planned())


def together(its: Engine, *orders: tuple[Command, Role]) -> list[Answer]:
    """Send each order in a message of its own, all at the same moment."""
    ready = threading.Barrier(len(orders))

    def send(command: Command, role: Role) -> Answer:
        ready.wait()
        order = order_of(command, role)
        return groups.carry_out(its, SERVICE, ANSWERED, [order], waits=True)[0]

    with ThreadPoolExecutor(len(orders)) as pool:
        return list(pool.map(lambda each: send(*each), orders))


def test_complaints_at_the_same_moment_suspend_a_case_once(its) -> None:
    prepare(its)
    desks = [(filed(case_id=WHO["case"]), STAFF) for _ in range(MANY // 2)]
    doors = [(by_badge(WHO["code"]), Role.ANYONE) for _ in range(MANY // 2)]

    answers = together(its, *desks, *doors)

    assert [answer.problem for answer in answers] == [None] * MANY
    with desk_of(its) as desk:
        assert desk.work() == [(WHO["case"], True, 1)]
        assert len(desk.lists()) == MANY


def test_of_those_closed_at_once_the_last_lifts_it(its) -> None:
    prepare(its)
    with desk_of(its) as desk:
        open_ones = [desk.files() for _ in range(MANY)]
    closures = [CloseComplaint(complaint_id=each, verdict="upheld") for each in open_ones]

    answers = together(its, *((each, STAFF) for each in closures))

    assert [answer.problem for answer in answers] == [None] * MANY
    with desk_of(its) as desk:
        assert desk.work() == [(WHO["case"], True, 1), (WHO["case"], False, 2)]


def test_one_complaint_sent_many_times_at_once_is_one(its) -> None:
    prepare(its)
    command = by_badge(WHO["code"])

    answers = together(its, *[(command, Role.ANYONE)] * MANY)

    assert {answer.problem for answer in answers} == {None}
    assert len({answer.reply for answer in answers}) == 1
    with desk_of(its) as desk:
        assert desk.lists() == [command.complaint_id]
        assert desk.work() == [(WHO["case"], True, 1)]


def after(step: Callable[[], object], its: Engine) -> list[Answer]:
    """Begin a complaint by the code while `step` is not committed; then let both end."""
    with ThreadPoolExecutor(1) as pool:
        with its.begin() as connection:
            desk = Desk(connection, Keyring(connection), **WHO)
            step(desk)
            answer = pool.submit(together, its, (by_badge(WHO["code"]), Role.ANYONE))
            threading.Event().wait(0.2)
            assert not answer.done()
        return answer.result()


def test_a_complaint_and_the_plan_of_its_visit_do_not_pass_each_other(its) -> None:
    prepare(its, planned=False)

    (answer,) = after(lambda desk: desk.hears(desk.planned()), its)

    assert answer.problem is None
    with desk_of(its) as desk:
        assert desk.work() == [(WHO["case"], True, 1)]
