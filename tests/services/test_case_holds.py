"""Why a case is held, who answers for it, when it is looked at again, and how it ends."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid, NotFound
from proto import ids
from proto.dispatch import (
    CaseHeld,
    CaseShown,
    CaseStanding,
    CaseState,
    ContactPlan,
    HoldCase,
    HoldReason,
    HoldReviewFalls,
    HoldShown,
    MarkPaidOff,
    PlanVisits,
    RecallCase,
    ResumeCase,
    ReviewHold,
    ShowCase,
)
from services.dispatch import handlers
from tests.services.conftest import NOON, topics
from tests.services.placing import kinds, place, supervisor, visit

DISPUTED, PAID = HoldReason.DISPUTED, HoldReason.ALREADY_PAID
SPECIAL = HoldReason.SPECIAL_CIRCUMSTANCES
TODAY, TOMORROW = date(2026, 3, 2), date(2026, 3, 3)
PLAN = ContactPlan(opens="10:00", closes="11:00", until=TODAY)


@pytest.fixture
def placed(unit):
    return place(unit)


def done(kind, them, unit, **fields):
    """Carry out an order about the case; its answer, and the unit that did.

    Who resumes it has looked at it just before, unless a version is named.
    """
    its = unit("dispatch")
    if kind is ResumeCase:
        seen = handlers.show_case(ShowCase(case_id=them.case), its).version
        fields = {"version": seen} | fields
    order = kind(case_id=them.case, **fields)
    shown = getattr(handlers, kind.operation())(order, its)
    its.settle()
    return shown, its


def hold(them, unit, reason=DISPUTED, **fields):
    return done(HoldCase, them, unit, reason=reason, **fields)


def later(unit) -> list[tuple[datetime, HoldReviewFalls]]:
    """What the service told itself to do, and when; of all units of a test."""
    query = (
        "SELECT due_at, envelope->'data' FROM outbox WHERE due_at IS NOT NULL ORDER BY id"
    )
    rows = unit("dispatch").connection.execute(text(query))
    return [(at, HoldReviewFalls.model_validate(data)) for at, data in rows]


def standing(unit) -> CaseStanding:
    return CaseStanding.model_validate(unit.said[-1].data)


def refused(reason, them, unit, **fields):
    with pytest.raises(Invalid) as refusal:
        done(ResumeCase, them, unit, reason=reason, **fields)
    return kinds(refusal)


def test_a_hold_has_an_owner_and_a_review_day_of_its_own_accord(placed, unit) -> None:
    shown, its = hold(placed, unit)

    me = its.asker.account_id
    assert shown == CaseShown(
        case_id=placed.case,
        number=f"C{placed.case.hex[-8:]}",
        state=CaseState.HELD,
        version=2,
        address_open=True,
        holds=(
            HoldShown(
                reason=DISPUTED,
                owner_id=me,
                review_on=TOMORROW,
                since=NOON,
                times=1,
                last_at=NOON,
            ),
        ),
    )
    told = ["dispatch.case_held", "dispatch.work_stopped", "dispatch.case_standing"]
    assert topics(its) == told
    assert its.said[0].data == CaseHeld(
        case_id=placed.case, reason=DISPUTED, owner_id=me, review_on=TOMORROW, at=NOON
    ).model_dump(mode="json")
    assert (standing(its).state, standing(its).version) == (CaseState.HELD, 2)
    assert standing(its).urgent()
    assert later(unit) == [
        (
            datetime.fromisoformat("2026-03-03T09:00:00+08:00"),
            HoldReviewFalls(case_id=placed.case, reason=DISPUTED, review_on=TOMORROW),
        )
    ]


def test_a_hold_is_reviewed_on_a_made_up_saturday_and_not_in_a_rest(
    placed, unit, watch
) -> None:
    days = {"2026-02-13": date(2026, 2, 14), "2026-02-14": date(2026, 2, 24)}
    decided = HoldReason.BANK_DECISION
    for reason, (day, review_on) in zip((DISPUTED, decided), days.items(), strict=True):
        watch.is_set(f"{day}T12:00:00+08:00")
        shown, _ = hold(placed, unit, reason)
        assert shown.holds[-1].review_on == review_on


def test_the_day_is_the_banks_even_when_it_is_another_one_in_utc(
    placed, unit, watch
) -> None:
    watch.is_set("2026-03-05T23:30:00+00:00")

    shown, _ = hold(placed, unit)

    assert shown.holds[0].review_on == date(2026, 3, 9)


def test_a_case_is_placed_again_when_its_last_reason_is_gone(placed, unit) -> None:
    hold(placed, unit, DISPUTED)
    hold(placed, unit, PAID)

    shown, its = done(ResumeCase, placed, unit, reason=DISPUTED)
    assert (shown.state, [each.reason for each in shown.holds]) == (CaseState.HELD, [PAID])
    assert topics(its) == ["dispatch.case_resumed", "dispatch.case_standing"]
    assert standing(its).state is CaseState.HELD

    shown, its = done(ResumeCase, placed, unit, reason=PAID)
    assert (shown.state, shown.holds, shown.version) == (CaseState.PLACED, (), 5)
    assert (standing(its).state, standing(its).urgent()) == (CaseState.PLACED, False)


def test_a_reason_that_does_not_hold_is_lifted_without_a_word(placed, unit) -> None:
    before, _ = hold(placed, unit, PAID)

    shown, its = done(ResumeCase, placed, unit, reason=DISPUTED)

    assert (shown, topics(its)) == (before, [])


def test_a_hold_is_kept_after_it_was_lifted_and_may_come_again(placed, unit) -> None:
    hold(placed, unit)
    done(ResumeCase, placed, unit, reason=DISPUTED)
    _, its = hold(placed, unit)

    query = "SELECT count(*), count(lifted_at) FROM hold WHERE case_id = :id"
    row = its.connection.execute(text(query), {"id": placed.case}).one()
    assert tuple(row) == (2, 1)


def test_a_hold_that_is_asked_for_again_stays_and_is_noted(placed, unit, watch) -> None:
    before, _ = hold(placed, unit)
    watch.goes(minutes=5)

    again, its = hold(placed, unit)

    (was,), (now,) = before.holds, again.holds
    later_on = NOON + timedelta(minutes=5)
    assert now == was.model_copy(update={"times": 2, "last_at": later_on})
    assert again == before.model_copy(update={"version": 3, "holds": (now,)})
    assert topics(its) == ["dispatch.case_held", "dispatch.case_standing"]
    assert (its.said[0].data["times"], standing(its).version) == (2, 3)
    assert len(later(unit)) == 1
    query = "SELECT times, last_at, placed_at FROM hold WHERE case_id = :id"
    row = its.connection.execute(text(query), {"id": placed.case}).one()
    assert tuple(row) == (2, later_on, NOON)


def test_what_was_added_since_the_bank_looked_is_not_lifted(placed, unit, watch) -> None:
    """The bank looks; a second officer holds for the same; the first one resumes."""
    seen, _ = hold(placed, unit, PAID)
    watch.goes(minutes=5)
    added, _ = hold(placed, unit, PAID)

    with pytest.raises(Conflict, match="case-changed") as refusal:
        done(ResumeCase, placed, unit, reason=PAID, version=seen.version)

    assert refusal.value.values == {
        "key": added.number,
        "seen": 2,
        "version": 3,
        "at": "2026-03-02 12:05:00",
    }
    assert handlers.show_case(ShowCase(case_id=placed.case), unit("dispatch")) == added
    shown, _ = done(ResumeCase, placed, unit, reason=PAID, version=added.version)
    assert shown.state is CaseState.PLACED


def test_a_case_is_not_resumed_by_a_version_that_never_was(placed, unit) -> None:
    with pytest.raises(Conflict, match="case-changed") as refusal:
        done(ResumeCase, placed, unit, reason=PAID, version=2)

    number = f"C{placed.case.hex[-8:]}"
    assert refusal.value.values == {"key": number, "seen": 2, "version": 1}


@pytest.mark.parametrize(
    ("at", "review_on"),
    [
        ("2026-03-02T00:00:00+08:00", TODAY),
        ("2026-03-02T16:59:59+08:00", TODAY),
        ("2026-03-02T17:00:00+08:00", TOMORROW),
        ("2026-03-06T17:00:00+08:00", date(2026, 3, 9)),
        ("2026-03-07T10:00:00+08:00", date(2026, 3, 9)),
        ("2026-02-14T10:00:00+08:00", date(2026, 2, 14)),  # a Saturday that is worked
        ("2026-02-17T10:00:00+08:00", date(2026, 2, 24)),  # Spring Festival
    ],
)
def test_who_has_paid_is_answered_the_same_working_day(
    placed, unit, watch, at, review_on
) -> None:
    watch.is_set(at)

    shown, _ = hold(placed, unit, PAID)

    assert shown.holds[0].review_on == review_on


def test_a_hold_is_renewed_as_far_as_it_is_named(placed, unit) -> None:
    before, _ = hold(placed, unit)
    other, day = ids.new(), date(2026, 3, 20)

    shown, its = hold(placed, unit, owner_id=other)
    assert (shown.holds[0].owner_id, shown.holds[0].review_on) == (other, TOMORROW)
    assert shown.version == before.version + 1
    assert topics(its) == ["dispatch.case_held", "dispatch.case_standing"]
    assert len(later(unit)) == 1

    shown, _ = hold(placed, unit, review_on=day)
    assert (shown.holds[0].owner_id, shown.holds[0].review_on) == (other, day)
    assert later(unit)[-1][0].date() == day


@pytest.mark.parametrize("kind", [HoldCase, ReviewHold])
@pytest.mark.parametrize(
    ("day", "fits"),
    [
        (TODAY - timedelta(days=1), False),
        (TODAY, True),
        (TODAY + timedelta(days=90), True),
        (TODAY + timedelta(days=91), False),
    ],
)
def test_a_review_day_is_today_or_within_ninety_days(placed, unit, kind, day, fits) -> None:
    hold(placed, unit)
    if fits:
        shown, _ = done(kind, placed, unit, reason=DISPUTED, review_on=day)
        assert shown.holds[0].review_on == day
        return
    with pytest.raises(Invalid) as refusal:
        done(kind, placed, unit, reason=DISPUTED, review_on=day)
    assert kinds(refusal) == [("/review_on", "review-day-not-near")]
    assert refusal.value.details[0].values == {
        "key": str(day),
        "first": "2026-03-02",
        "last": "2026-05-31",
    }


def test_only_a_hold_that_is_there_is_reviewed(placed, unit) -> None:
    with pytest.raises(Conflict, match="not-held-for-that"):
        done(ReviewHold, placed, unit, reason=DISPUTED, review_on=TOMORROW)


def test_a_complaints_hold_is_not_the_officers_to_place_or_lift(placed, unit) -> None:
    for kind in (HoldCase, ResumeCase):
        with pytest.raises(Conflict, match="hold-of-complaint"):
            done(kind, placed, unit, reason=HoldReason.COMPLAINT)


def test_an_unknown_case_is_not_there(placed, unit) -> None:
    placed.case = ids.new()
    for kind in (RecallCase, MarkPaidOff):
        with pytest.raises(NotFound):
            done(kind, placed, unit)
    with pytest.raises(NotFound):
        hold(placed, unit)


# When a review falls due.


def falls(them, unit, review_on=TOMORROW):
    return done(HoldReviewFalls, them, unit, reason=DISPUTED, review_on=review_on)


def test_a_review_falls_due_each_working_day_until_it_is_done(placed, unit, watch) -> None:
    before, its = hold(placed, unit, review_on=date(2026, 3, 6))
    me = its.asker.account_id
    for day, then in [("2026-03-06", "2026-03-09"), ("2026-03-09", "2026-03-10")]:
        watch.is_set(f"{day}T09:00:00+08:00")
        shown, its = falls(placed, unit, date(2026, 3, 6))

        assert shown == before
        assert topics(its) == ["dispatch.hold_review_due"]
        assert its.said[0].data["owner_id"] == str(me)
        at, order = later(unit)[-1]
        assert at == datetime.fromisoformat(f"{then}T09:00:00+08:00")
        assert order.review_on == date(2026, 3, 6)

    done(ReviewHold, placed, unit, reason=DISPUTED, review_on=date(2026, 3, 20))
    watch.is_set("2026-03-10T09:00:00+08:00")
    _, its = falls(placed, unit, date(2026, 3, 6))
    assert topics(its) == []
    watch.is_set("2026-03-20T09:00:00+08:00")
    _, its = falls(placed, unit, date(2026, 3, 20))
    assert topics(its) == ["dispatch.hold_review_due"]


def test_a_review_that_falls_due_twice_a_day_is_said_once(placed, unit, watch) -> None:
    """Put off and back again, or lifted and placed again: two orders, one reminder."""
    hold(placed, unit)
    done(ReviewHold, placed, unit, reason=DISPUTED, review_on=date(2026, 3, 20))
    done(ReviewHold, placed, unit, reason=DISPUTED, review_on=TOMORROW)
    watch.is_set("2026-03-03T09:00:00+08:00")

    heard = [topics(falls(placed, unit)[1]) for _ in range(2)]

    assert heard == [["dispatch.hold_review_due"], []]


def test_a_review_of_a_hold_that_is_lifted_does_not_fall_due(placed, unit, watch) -> None:
    hold(placed, unit)
    done(ResumeCase, placed, unit, reason=DISPUTED)
    watch.is_set("2026-03-03T09:00:00+08:00")

    assert topics(falls(placed, unit)[1]) == []


# Special circumstances.


def test_special_circumstances_are_lifted_with_a_plan_or_not_at_all(placed, unit) -> None:
    _, its = hold(placed, unit, SPECIAL)
    assert (standing(its).special, standing(its).plan) == (True, None)
    assert refused(SPECIAL, placed, unit) == [("/plan", "plan-missing")]

    shown, its = done(ResumeCase, placed, unit, reason=SPECIAL, plan=PLAN)

    assert (shown.state, shown.version) == (CaseState.PLACED, 3)
    assert (standing(its).special, standing(its).plan) == (True, PLAN)
    hold(placed, unit, DISPUTED)
    _, its = done(ResumeCase, placed, unit, reason=DISPUTED)
    assert (standing(its).special, standing(its).plan) == (True, PLAN)
    _, its = hold(placed, unit, SPECIAL)
    assert (standing(its).special, standing(its).plan) == (True, None)


def test_a_plan_may_be_changed_and_is_nothing_without_circumstances(placed, unit) -> None:
    other = PLAN.model_copy(update={"until": date(2026, 4, 1)})
    _, its = done(ResumeCase, placed, unit, reason=SPECIAL, plan=PLAN)
    assert topics(its) == []
    hold(placed, unit, SPECIAL)
    done(ResumeCase, placed, unit, reason=SPECIAL, plan=PLAN)

    _, its = done(ResumeCase, placed, unit, reason=SPECIAL, plan=other)
    assert (topics(its), standing(its).plan) == (["dispatch.case_standing"], other)
    assert standing(its).urgent()  # a narrower one ends what is allowed within a second
    _, its = done(ResumeCase, placed, unit, reason=SPECIAL, plan=other)
    assert topics(its) == []


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({"closes": "10:00"}, [("/plan/closes", "plan-hours-reversed")]),
        ({"closes": "10:01"}, []),
        ({"opens": "23:00"}, [("/plan/closes", "plan-hours-reversed")]),
        ({"until": TODAY - timedelta(days=1)}, [("/plan/until", "plan-is-over")]),
        ({"until": TODAY}, []),
    ],
)
def test_a_plan_opens_before_it_closes_and_is_not_over(placed, unit, change, wrong) -> None:
    hold(placed, unit, SPECIAL)
    plan = PLAN.model_copy(update=change)

    if wrong:
        assert refused(SPECIAL, placed, unit, plan=plan) == wrong
    else:
        shown, _ = done(ResumeCase, placed, unit, reason=SPECIAL, plan=plan)
        assert shown.state is CaseState.PLACED


def test_a_plan_goes_with_no_other_reason(placed, unit) -> None:
    hold(placed, unit)

    found = refused(DISPUTED, placed, unit, plan=PLAN)

    assert found == [("/plan", "plan-without-circumstances")]


# Recalled, paid off.

ENDS = {
    RecallCase: (CaseState.RECALLED, "dispatch.case_recalled"),
    MarkPaidOff: (CaseState.PAID_OFF, "dispatch.debt_paid_off"),
}


@pytest.mark.parametrize("kind", ENDS)
def test_a_case_that_ends_is_held_for_nothing_any_more(placed, unit, kind) -> None:
    state, topic = ENDS[kind]
    hold(placed, unit, DISPUTED)
    hold(placed, unit, SPECIAL)

    shown, its = done(kind, placed, unit)

    assert (shown.state, shown.holds, shown.version) == (state, (), 4)
    resumed = ["dispatch.case_resumed"] * 2
    assert topics(its) == [*resumed, topic, "dispatch.case_standing"]
    assert (standing(its).state, standing(its).urgent()) == (state, True)
    again, its = done(kind, placed, unit)
    assert (again, topics(its)) == (shown, [])


@pytest.mark.parametrize("kind", ENDS)
def test_a_case_that_has_ended_is_not_held_resumed_or_visited(placed, unit, kind) -> None:
    state, _ = ENDS[kind]
    done(kind, placed, unit)
    number = f"C{placed.case.hex[-8:]}"
    orders = [
        (HoldCase, {"reason": DISPUTED}),
        (ReviewHold, {"reason": DISPUTED, "review_on": TOMORROW}),
        (ResumeCase, {"reason": DISPUTED}),
        *((other, {}) for other in ENDS if other is not kind),
    ]
    for order, fields in orders:
        with pytest.raises(Conflict, match="case-not-worked") as refusal:
            done(order, placed, unit, **fields)
        assert refusal.value.values == {"key": number, "state": state.value}

    plans = PlanVisits(visits=[visit(placed)])
    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(plans, supervisor(unit, placed))
    assert kinds(refusal) == [("/visits/0", "case-not-worked")]
    assert refusal.value.details[0].values == {"key": number, "state": state.value}


def test_a_visit_planned_before_is_known_after_the_case_has_ended(placed, unit) -> None:
    plans = PlanVisits(visits=[visit(placed)])
    handlers.plan_visits(plans, says := supervisor(unit, placed))
    says.settle()
    done(RecallCase, placed, unit)

    assert handlers.plan_visits(plans, supervisor(unit, placed)).same == 1


def test_a_case_is_shown_with_its_holds(placed, unit) -> None:
    held, _ = hold(placed, unit)

    assert handlers.show_case(ShowCase(case_id=placed.case), unit("dispatch")) == held
    with pytest.raises(NotFound):
        handlers.show_case(ShowCase(case_id=ids.new()), unit("dispatch"))
