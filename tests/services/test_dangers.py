"""Danger at a door: the case is held, those two never return, and the bank reports it."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from chassis.errors import Invalid, NotFound
from proto import ids
from proto.dispatch import (
    DangerNoted,
    DangerReportFalls,
    HoldReason,
    OpenCases,
    PlanVisits,
    RecallCase,
    ReportDanger,
    ResumeCase,
    ShowCase,
)
from proto.field_visit import Cause, HelpCalled, VisitCutShort
from services.dispatch import handlers
from tests.acting import case
from tests.services.conftest import topics
from tests.services.placing import keep_letter, keep_person, kinds, place, supervisor, visit

NOTED, OVERDUE = "dispatch.danger_noted", "dispatch.danger_report_overdue"


@pytest.fixture
def them(unit):
    return place(unit)


def called(them, help_id=None) -> HelpCalled:
    return HelpCalled(
        visit_id=ids.new(),
        case_id=them.case,
        agency_id=them.agency,
        help_id=help_id or ids.new(),
        collector_id=them.pair[0],
        collectors=them.pair,
        called_at=them.now,
        at=them.now,
    )


def hear(unit, them, watch, help_id=None):
    """Hear of a call for help; return what was said of it."""
    them.now = watch.now
    hears = unit("dispatch")
    handlers.note_danger(called(them, help_id), hears)
    hears.settle()
    return hears


def seen(unit, them):
    return handlers.show_case(ShowCase(case_id=them.case), unit("dispatch"))


def test_the_case_is_held_until_the_bank_releases_it(unit, them, watch) -> None:
    hears = hear(unit, them, watch)

    shown = seen(unit, them)
    assert [hold.reason for hold in shown.holds] == [HoldReason.DANGER]
    assert shown.holds[0].owner_id == them.officer
    said = topics(hears)
    assert {NOTED, "dispatch.case_held", "dispatch.work_stopped"} <= set(said)
    stopped = next(e for e in hears.said if e.type == "dispatch.work_stopped")
    assert set(stopped.data) == {"case_id", "agency_id", "at"}  # all that an agency hears
    lifts = unit("dispatch")
    order = ResumeCase(case_id=them.case, reason=HoldReason.DANGER, version=shown.version)
    assert handlers.resume_case(order, lifts).holds == ()


def test_calls_of_one_visit_are_one_danger_until_it_is_reported(unit, them, watch) -> None:
    them.now = watch.now
    first = called(them)
    again = first.model_copy(update={"help_id": ids.new()})
    said = []
    for event in (first, again):
        hears = unit("dispatch")
        handlers.note_danger(event, hears)
        hears.settle()
        said += topics(hears)

    assert said.count(NOTED) == 1
    (danger,) = seen(unit, them).dangers
    order = {"case_id": them.case, "danger_id": danger.danger_id}
    reports = unit("dispatch")
    handlers.report_danger(ReportDanger(**order, outcome="nothing_to_report"), reports)
    reports.settle()
    hears = unit("dispatch")
    handlers.note_danger(first.model_copy(update={"help_id": ids.new()}), hears)
    hears.settle()
    assert topics(hears).count(NOTED) == 1


def test_where_no_book_sets_a_term_no_report_is_ever_overdue(unit, them, watch) -> None:
    other = case(ids.new(), them.agency, books=("TW-2005",))
    opens = unit("dispatch")
    handlers.open_cases(OpenCases(cases=[other]), opens)
    opens.settle()
    them.case = other["case_id"]

    hears = hear(unit, them, watch)

    noted = DangerNoted.model_validate(next(e.data for e in hears.said if e.type == NOTED))
    (danger,) = seen(unit, them).dangers
    assert (noted.clauses, noted.report_by, danger.report_by) == ((), None, None)
    due = text("SELECT count(*) FROM outbox WHERE envelope->>'type' = :topic")
    topic = {"topic": "later.dispatch.danger_report_falls"}
    assert hears.connection.scalar(due, topic) == 0
    late = unit("dispatch")
    falls = DangerReportFalls(case_id=them.case, danger_id=danger.danger_id)
    handlers.danger_report_falls(falls, late)
    assert topics(late) == []


def test_the_report_is_an_open_duty_with_a_deadline(unit, them, watch) -> None:
    hears = hear(unit, them, watch)

    noted = DangerNoted.model_validate(next(e.data for e in hears.said if e.type == NOTED))
    (danger,) = seen(unit, them).dangers
    assert (danger.clauses, danger.outcome) == (("C.38",), None)
    assert danger.report_by == noted.report_by == watch.now + timedelta(hours=24)
    falls = DangerReportFalls(case_id=them.case, danger_id=danger.danger_id)
    late = unit("dispatch")
    handlers.danger_report_falls(falls, late)
    assert topics(late) == [OVERDUE]
    late.forget()

    order = {"case_id": them.case, "danger_id": danger.danger_id}
    unit_ = unit("dispatch")
    report = ReportDanger(**order, outcome="reported", file_number="沪公受字001号")
    shown = handlers.report_danger(report, unit_)
    unit_.settle()
    assert shown.dangers[0].outcome == "reported"
    assert [hold.reason for hold in shown.holds] == [HoldReason.DANGER]
    assert "001" not in str([e.data for e in unit_.said])
    again = unit("dispatch")
    other = ReportDanger(**order, outcome="nothing_to_report")
    assert handlers.report_danger(other, again).dangers == shown.dangers
    assert topics(again) == []
    handlers.danger_report_falls(falls, again)
    assert topics(again) == []


def test_a_danger_of_another_case_is_not_reported_here(unit, them, watch) -> None:
    hear(unit, them, watch)
    report = ReportDanger(case_id=them.case, danger_id=ids.new(), outcome="reported")

    with pytest.raises(NotFound):
        handlers.report_danger(report, unit("dispatch"))


def test_neither_of_them_is_planned_there_again(unit, them, watch) -> None:
    hear(unit, them, watch)
    third, fourth, letter = ids.new(), ids.new(), ids.new()
    hears = unit("dispatch")
    for person in (third, fourth):
        keep_person(hears, person, them.agency)
    keep_letter(hears, letter, them.agency, (*them.pair, third, fourth))
    hears.settle()

    def plan(*pair):
        entry = visit(them, collectors=pair, letter_id=letter)
        asks = supervisor(unit, them)
        return handlers.plan_visits(PlanVisits(visits=[entry]), asks)

    for pair in (them.pair, (them.pair[0], third), (fourth, them.pair[1])):
        with pytest.raises(Invalid) as refusal:
            plan(*pair)
        assert kinds(refusal) == [("/visits/0/collectors", "never-again")]
    assert plan(third, fourth).new == 1


def test_they_are_planned_for_other_cases_as_before(unit, them, watch) -> None:
    hear(unit, them, watch)
    other = place(unit)

    asks = supervisor(unit, other)

    assert handlers.plan_visits(PlanVisits(visits=[visit(other)]), asks).new == 1


def test_a_second_call_holds_it_once_more_and_is_a_duty_of_its_own(
    unit, them, watch
) -> None:
    hear(unit, them, watch)
    hear(unit, them, watch)

    shown = seen(unit, them)
    assert [hold.times for hold in shown.holds] == [2]
    assert len(shown.dangers) == 2


def test_a_case_that_is_over_is_not_held_and_still_reported(unit, them, watch) -> None:
    ends = unit("dispatch")
    handlers.recall_case(RecallCase(case_id=them.case), ends)
    ends.settle()

    hears = hear(unit, them, watch)

    assert topics(hears) == [NOTED]
    assert len(seen(unit, them).dangers) == 1


def cut_short(unit, them, cause: Cause, visit_id=None):
    """Hear that a visit was cut short; return what was said of it."""
    hears = unit("dispatch")
    its = {
        "visit_id": visit_id or ids.new(),
        "case_id": them.case,
        "agency_id": them.agency,
    }
    event = VisitCutShort(**its, cause=cause, leave_by=None, script=None, at=them.now)
    handlers.note_cut_short(event, hears)
    hears.settle()
    return hears


def test_who_left_in_danger_holds_the_case_as_a_call_does(unit, them, watch) -> None:
    entry = visit(them)
    handlers.plan_visits(PlanVisits(visits=[entry]), planner := supervisor(unit, them))
    planner.settle()

    them.now = watch.now
    hears = cut_short(unit, them, Cause.DANGER, entry["visit_id"])

    assert {NOTED, "dispatch.case_held"} <= set(topics(hears))
    shown = seen(unit, them)
    assert [hold.reason for hold in shown.holds] == [HoldReason.DANGER]
    assert len(shown.dangers) == 1
    assert topics(cut_short(unit, them, Cause.DANGER, entry["visit_id"])) == []
    again = PlanVisits(visits=[visit(them)])
    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(again, supervisor(unit, them))
    assert ("/visits/0/collectors", "never-again") in kinds(refusal)


def test_a_visit_cut_short_by_a_call_is_one_danger(unit, them, watch) -> None:
    hear(unit, them, watch)

    assert topics(cut_short(unit, them, Cause.DANGER)) == []
    assert [hold.times for hold in seen(unit, them).holds] == [1]


def test_any_other_cause_holds_nothing(unit, them, watch) -> None:
    them.now = watch.now
    assert topics(cut_short(unit, them, Cause.ILL)) == []
    assert seen(unit, them).holds == ()
