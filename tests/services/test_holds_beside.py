"""Two things that happen to one case at the same instant: neither undoes the other."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Engine, text

from chassis.database import engine
from chassis.errors import Conflict
from chassis.unit import Unit
from proto import ids
from proto.base import Asker, Role
from proto.complaints import WorkStanding
from proto.dispatch import HoldCase, HoldReason, ResumeCase
from services.dispatch import handlers, store
from tests.services.placing import place

TABLES = (
    *("hold", "danger", "visit_plan", "appointment", "debt_case"),
    *("kept", "outbox", "subject"),
    *("keyring.key", "keyring.master", "keyring.shredded"),
)


@pytest.fixture
def its(environment: None, watch, database_url: str) -> Iterator[Engine]:
    """The engine of dispatch; its tables and the keyring are empty afterwards."""
    found = engine(database_url, "dispatch", pool=5)
    yield found
    with found.begin() as connection:
        connection.execute(text(f"TRUNCATE {', '.join(TABLES)} CASCADE"))
    found.dispose()


def opened(connection) -> Unit:
    asker = Asker(account_id=ids.new(), role=Role.BANK_OFFICER)
    return Unit(connection, "dispatch", "test", "trace", asker)


def a_case(its: Engine):
    with its.begin() as connection:
        return place(lambda *_: opened(connection)).case


def meanwhile(its: Engine, first: Callable, second: Callable) -> None:
    """Let the second begin while the first is not committed: it waits, and then is done."""

    def by_itself() -> None:
        with its.begin() as connection:
            second(unit := opened(connection))
            unit.settle()

    with its.connect() as connection, ThreadPoolExecutor(1) as pool:
        first(unit := opened(connection))
        unit.settle()
        done = pool.submit(by_itself)
        threading.Event().wait(0.2)
        assert not done.done()
        connection.commit()
        done.result()


def found(its: Engine, case_id) -> tuple[int, list[HoldReason]]:
    with its.connect() as connection:
        case = store.look_at(connection, case_id)
        return case.version, sorted(case.holds)


def hold(case_id, reason):
    order = HoldCase(case_id=case_id, reason=reason)
    return lambda unit: handlers.hold_case(order, unit)


def work(case_id, version, *, suspended):
    def hears(unit: Unit) -> None:
        event = WorkStanding(case_id=case_id, suspended=suspended, version=version)
        unit.keep(event)
        handlers.suspend(event, unit)

    return hears


def test_two_reasons_at_once_are_two_holds(its) -> None:
    case = a_case(its)
    disputed, paid = HoldReason.DISPUTED, HoldReason.ALREADY_PAID

    meanwhile(its, hold(case, disputed), hold(case, paid))

    assert found(its, case) == (3, [paid, disputed])


def test_the_same_reason_at_once_is_one_hold_and_was_asked_for_twice(its) -> None:
    case = a_case(its)

    meanwhile(its, *[hold(case, HoldReason.DISPUTED)] * 2)

    assert found(its, case) == (3, [HoldReason.DISPUTED])
    with its.connect() as connection:
        assert store.look_at(connection, case).holds[HoldReason.DISPUTED].times == 2


@pytest.mark.parametrize("reason", [HoldReason.ALREADY_PAID, HoldReason.DISPUTED])
def test_a_reason_that_comes_while_the_bank_resumes_is_not_lifted_unseen(
    its, reason
) -> None:
    case = a_case(its)
    with its.begin() as connection:
        hold(case, HoldReason.DISPUTED)(unit := opened(connection))
        unit.settle()
    lift = ResumeCase(case_id=case, reason=HoldReason.DISPUTED, version=2)

    def resumes(unit: Unit) -> None:
        with pytest.raises(Conflict, match="case-changed"):
            handlers.resume_case(lift, unit)

    meanwhile(its, hold(case, reason), resumes)

    assert found(its, case) == (3, sorted({HoldReason.DISPUTED, reason}))


def test_a_new_complaint_is_not_lifted_by_the_end_of_the_one_before(its) -> None:
    """The end of the first waits on its lane while the second is heard on the other."""
    case = a_case(its)
    with its.begin() as connection:
        work(case, 1, suspended=True)(unit := opened(connection))
        unit.settle()

    meanwhile(its, work(case, 3, suspended=True), work(case, 2, suspended=False))

    assert found(its, case) == (3, [HoldReason.COMPLAINT])
