"""How long a recovery took: from the fault, from its end, and whether it was alone."""

import time

import pytest

from chaos.crews.ledger import Told
from chaos.crews.uploading import OPERATION
from chaos.faults.hand import Done
from chaos.faults.schedule import Fault, Kind
from chaos.watch import SERVICES, recoveries
from tests.chaos.histories import told

#: A moment by both clocks.
BEGAN, ZERO = 1_000.0, time.time() - time.monotonic()


def done(part: str, kind: Kind, began: float, back: float) -> Done:
    return Done(Fault(began, part, kind, back - began), BEGAN + began, BEGAN + back)


def asked(at: float) -> Told:
    """Something that was asked and answered a tenth of a second later."""
    return told("check_in", "visit", {}, "200", at=ZERO + BEGAN + at)


def ticked(at: float) -> tuple[float, float]:
    return ZERO + BEGAN + at, ZERO + BEGAN + at - 0.1


def test_a_recovery_is_from_the_end_of_a_fault_to_the_first_success_on_its_path() -> None:
    faults = [done("database", "kill", 0, 2), done("to broker", "cut", 50, 55)]
    asks, ticks = [asked(-1), asked(4), asked(60)], [ticked(3), ticked(51), ticked(62)]

    database, broker = recoveries(faults, asks, ticks)

    near = pytest.approx
    assert (database.name, broker.name) == ("kill database", "cut to broker")
    assert (database.whole_s, database.after_s) == (near(4.1, abs=0.1), near(2.1, abs=0.1))
    # Events came through although it was slow: nothing was to be recovered.
    assert (broker.whole_s, broker.after_s) == (near(5, abs=0.1), 0.0)
    assert (database.allowed_s, broker.allowed_s) == (5, 20)
    assert database.alone
    assert broker.alone


def test_faults_that_overlap_are_not_alone() -> None:
    faults = [
        done("gateway", "kill", 0, 1),
        done("database", "kill", 2, 3),
        done("gateway", "kill", 30, 31),
    ]

    found = recoveries(faults, [asked(5), asked(32)], [])

    assert [each.alone for each in found] == [False, False, True]


def test_what_ends_nothing_but_one_effect_has_no_recovery() -> None:
    assert recoveries([done("arrivals", "block", 0, 5)], [asked(1)], []) == []


@pytest.mark.parametrize("process", SERVICES)
def test_services_are_back_when_one_of_them_has_answered(process: str) -> None:
    """What lands at the gateway meanwhile, it takes alone."""
    fault = done(process, "kill", 0, 1)
    landed = told("record_journal", "visit", {}, "202", at=ZERO + BEGAN + 2)
    file = told(OPERATION, "visit", {}, "204", at=ZERO + BEGAN + 2)

    [found] = recoveries([fault], [landed, file, asked(4)], [])

    assert found.after_s == pytest.approx(3.1, abs=0.1)
