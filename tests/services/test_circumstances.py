"""Special circumstances that somebody else than the pair has heard of (S12)."""

import pytest

from chassis.errors import NotFound
from proto import ids
from proto.base import Role
from proto.circumstances import ReportCircumstance, ShowCircumstances
from proto.dispatch import CaseState, HoldReason, RecallCase, ShowCase
from proto.facts import Hardship
from proto.field_visit import CircumstanceNoted
from services.dispatch import handlers
from tests.services.conftest import topics
from tests.services.placing import place
from tests.services.test_case_holds import done, standing


@pytest.fixture
def placed(unit):
    return place(unit)


def reports(them, unit, role, agency=None, **which):
    """Report for a case as somebody; the unit that took it."""
    its = unit("dispatch", role, agency)
    command = ReportCircumstance(case_id=them.case, **which)
    told = handlers.report_circumstance(command, its)
    its.settle()
    assert told.model_dump() == {"case_id": them.case}
    return its


def known(them, unit):
    command = ShowCircumstances(case_id=them.case)
    return handlers.show_circumstances(command, unit("dispatch")).circumstances


@pytest.mark.parametrize(
    ("role", "ours"),
    [
        (Role.SUPERVISOR, True),
        (Role.PHONE_COLLECTOR, True),
        (Role.BANK_OFFICER, False),
        (Role.COMPLAINTS_OFFICER, False),
        (Role.INTEGRATION, False),
    ],
)
def test_whoever_hears_of_it_has_the_case_held_at_once(placed, unit, role, ours) -> None:
    agency = placed.agency if ours else None

    its = reports(placed, unit, role, agency, hardship="illness")

    assert standing(its).state is CaseState.HELD
    assert standing(its).special is True
    assert "illness" not in str([each.model_dump_json() for each in its.said])
    assert known(placed, unit) == (Hardship.ILLNESS,)


def test_a_second_report_is_kept_beside_the_first(placed, unit) -> None:
    reports(placed, unit, Role.SUPERVISOR, placed.agency, hardship="lawyer")
    reports(placed, unit, Role.INTEGRATION)
    reports(placed, unit, Role.BANK_OFFICER, hardship="death")

    assert known(placed, unit) == (Hardship.LAWYER, None, Hardship.DEATH)
    shown = handlers.show_case(ShowCase(case_id=placed.case), unit("dispatch"))
    ((reason, times),) = ((each.reason, each.times) for each in shown.holds)
    assert (reason, times) == (HoldReason.SPECIAL_CIRCUMSTANCES, 3)


def test_what_a_pair_and_somebody_else_heard_is_read_alike(placed, unit) -> None:
    reports(placed, unit, Role.SUPERVISOR, placed.agency, hardship="illness")
    hears = unit("dispatch")
    sealed = hears.keyring.seal(placed.case, "visit.hardship", "pregnancy")
    about = {"visit_id": ids.new(), "case_id": placed.case, "agency_id": placed.agency}
    heard = CircumstanceNoted(**about, hardship=sealed, at=hears.now)

    handlers.spare(heard, hears)
    hears.settle()

    assert known(placed, unit) == (Hardship.ILLNESS, Hardship.PREGNANCY)


def test_another_agency_s_case_is_none(placed, unit) -> None:
    other = unit("dispatch", Role.SUPERVISOR, ids.new())

    with pytest.raises(NotFound):
        handlers.report_circumstance(ReportCircumstance(case_id=placed.case), other)


def test_a_case_that_is_over_stays_so(placed, unit) -> None:
    done(RecallCase, placed, unit)

    its = reports(placed, unit, Role.SUPERVISOR, placed.agency, hardship="death")

    assert (topics(its), known(placed, unit)) == ([], ())
