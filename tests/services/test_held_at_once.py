"""What others say that holds a case, or closes its door, at once."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid
from proto import ids
from proto.audience import Audience, told_to
from proto.base import Sealed
from proto.complaints import WorkStanding
from proto.dispatch import (
    CaseShown,
    CaseStanding,
    CaseState,
    CloseAddress,
    ContactPlan,
    HoldReason,
    HoldShown,
    MarkPaidOff,
    OpenCases,
    PlanVisits,
    ReopenAddress,
    ResumeCase,
    ReviewHold,
    ShowCase,
)
from proto.facts import Claim
from proto.field_visit import (
    AddressFoundWrong,
    CircumstanceNoted,
    DebtDisputed,
)
from services.dispatch import handlers, store
from services.dispatch.model import DUTY_DESK, case_table
from tests.acting import DOOR, case
from tests.services.conftest import NOON, topics
from tests.services.placing import kinds, place, supervisor, visit

ILLNESS = "重病"
PLAN = ContactPlan(opens="10:00", closes="11:00", until=NOON.date())
AGAIN = ["dispatch.case_held", "dispatch.case_standing"]
AT_ONCE = ["dispatch.case_held", "dispatch.work_stopped", "dispatch.case_standing"]


@pytest.fixture
def placed(unit):
    return place(unit)


def hears(do, event, unit):
    """Let an event take effect, as the lines do: kept first, then acted on."""
    its = unit("dispatch")
    its.asker = None
    if isinstance(event, WorkStanding):
        its.keep(event)
    do(event, its)
    its.settle()
    return its


def shown(them, unit) -> CaseShown:
    return handlers.show_case(ShowCase(case_id=them.case), unit("dispatch"))


def standing(its) -> CaseStanding:
    return CaseStanding.model_validate(its.said[-1].data)


def at_the_door(them, **more):
    about = {"visit_id": ids.new(), "case_id": them.case, "agency_id": them.agency}
    return about | {"at": NOON} | more


def disputed(them, claim):
    return DebtDisputed(**at_the_door(them, claim=claim))


def ill(them, unit):
    sealed = unit("dispatch").keyring.seal(them.case, "visit.hardship", ILLNESS)
    return CircumstanceNoted(**at_the_door(them, hardship=sealed))


def reasons(them, unit) -> list[HoldReason]:
    return [each.reason for each in shown(them, unit).holds]


def lifts(them, unit, reason, version, **more):
    order = ResumeCase(case_id=them.case, reason=reason, version=version, **more)
    handlers.resume_case(order, its := unit("dispatch"))
    its.settle()
    return its


CLAIMS = dict.fromkeys(Claim, HoldReason.DISPUTED) | {
    Claim.ALREADY_PAID: HoldReason.ALREADY_PAID
}


@pytest.mark.parametrize("claim", Claim)
def test_a_claim_at_the_door_holds_the_case_at_once(placed, unit, claim) -> None:
    its = hears(handlers.dispute, disputed(placed, claim), unit)

    assert topics(its) == AT_ONCE
    assert standing(its).urgent()
    found = shown(placed, unit)
    assert (found.state, found.version) == (CaseState.HELD, 2)
    assert found.holds == (
        HoldShown(
            reason=CLAIMS[claim],
            owner_id=placed.officer,
            review_on=date(2026, 3, 2 if claim is Claim.ALREADY_PAID else 3),
            since=NOON,
            times=1,
            last_at=NOON,
        ),
    )


@pytest.mark.parametrize("claim", [Claim.WRONG_AMOUNT, Claim.NEVER_SPENT])
def test_a_claim_for_the_same_reason_is_noted_and_not_lifted_unseen(
    placed, unit, watch, claim
) -> None:
    hears(handlers.dispute, disputed(placed, Claim.WRONG_AMOUNT), unit)
    seen = shown(placed, unit)
    watch.goes(seconds=1)

    again = hears(handlers.dispute, disputed(placed, claim), unit)

    assert topics(again) == AGAIN
    (hold,) = (found := shown(placed, unit)).holds
    assert (found.version, hold.times, hold.since) == (3, 2, NOON)
    assert hold.last_at == NOON + timedelta(seconds=1)
    with pytest.raises(Conflict, match="case-changed"):
        lifts(placed, unit, hold.reason, seen.version)


def test_who_has_paid_again_is_answered_before_a_later_review(placed, unit, watch) -> None:
    """Put off for days, and then somebody says once more that they have paid."""
    hears(handlers.dispute, disputed(placed, Claim.ALREADY_PAID), unit)
    about = {"case_id": placed.case, "reason": HoldReason.ALREADY_PAID}
    order = ReviewHold(**about, review_on=date(2026, 3, 20))
    handlers.review_hold(order, its := unit("dispatch"))
    its.settle()

    its = hears(handlers.dispute, disputed(placed, Claim.ALREADY_PAID), unit)

    assert shown(placed, unit).holds[0].review_on == date(2026, 3, 2)
    query = "SELECT envelope->'data'->>'review_on' FROM outbox WHERE due_at IS NOT NULL"
    falls = its.connection.scalars(text(f"{query} ORDER BY id")).all()
    assert falls == ["2026-03-02", "2026-03-20", "2026-03-02"]


def test_a_case_of_which_nobody_knows_who_took_it_in_is_the_duty_desks(
    placed, unit
) -> None:
    its = unit("dispatch")
    its.change(case_table, placed.case, opened_by=None)
    its.settle()

    hears(handlers.dispute, disputed(placed, Claim.ALREADY_PAID), unit)

    assert ids.named("account", "duty desk") == DUTY_DESK
    assert shown(placed, unit).holds[0].owner_id == DUTY_DESK


def test_special_circumstances_hold_the_case_and_stay_sealed(placed, unit) -> None:
    its = hears(handlers.spare, event := ill(placed, unit), unit)

    assert topics(its) == AT_ONCE
    assert (standing(its).special, standing(its).plan) == (True, None)
    assert reasons(placed, unit) == [HoldReason.SPECIAL_CIRCUMSTANCES]
    query = text("SELECT hardships, row_to_json(h)::text FROM hold h WHERE case_id = :id")
    kept, row = its.connection.execute(query, {"id": placed.case}).one()
    assert [Sealed.model_validate(each) for each in kept] == [event.hardship]
    assert ILLNESS not in row + "".join(each.model_dump_json() for each in its.said)


def test_a_second_circumstance_is_kept_beside_the_first(placed, unit) -> None:
    hears(handlers.spare, ill(placed, unit), unit)
    its = hears(handlers.spare, ill(placed, unit), unit)

    assert topics(its) == AGAIN
    query = text("SELECT jsonb_array_length(hardships) FROM hold WHERE case_id = :id")
    assert its.connection.execute(query, {"id": placed.case}).scalar_one() == 2


def test_a_plan_is_not_taken_that_knows_nothing_of_a_second_circumstance(
    placed, unit
) -> None:
    hears(handlers.spare, ill(placed, unit), unit)
    seen = shown(placed, unit)
    hears(handlers.spare, ill(placed, unit), unit)

    with pytest.raises(Conflict, match="case-changed"):
        lifts(placed, unit, HoldReason.SPECIAL_CIRCUMSTANCES, seen.version, plan=PLAN)


def test_circumstances_met_with_after_a_plan_hold_the_case_again(placed, unit) -> None:
    hears(handlers.spare, ill(placed, unit), unit)
    lifts(placed, unit, HoldReason.SPECIAL_CIRCUMSTANCES, 2, plan=PLAN)

    its = hears(handlers.spare, ill(placed, unit), unit)

    assert (standing(its).state, standing(its).plan) == (CaseState.HELD, None)


# Complaints.


def work(them, version, *, suspended):
    return WorkStanding(case_id=them.case, suspended=suspended, version=version)


def test_a_complaint_holds_the_case_until_it_is_closed(placed, unit) -> None:
    its = hears(handlers.suspend, work(placed, 1, suspended=True), unit)
    assert (topics(its), reasons(placed, unit)) == (AT_ONCE, [HoldReason.COMPLAINT])

    its = hears(handlers.suspend, work(placed, 2, suspended=False), unit)

    told = ["dispatch.case_resumed", "dispatch.work_resumed", "dispatch.case_standing"]
    assert topics(its) == told
    assert standing(its).state is CaseState.PLACED


def test_an_agency_is_told_once_that_work_stops_and_goes_on(placed, unit) -> None:
    """And never why, how often it was asked for, or that there is a second reason."""
    happens = [
        (handlers.dispute, disputed(placed, Claim.WRONG_AMOUNT)),
        (handlers.suspend, work(placed, 1, suspended=True)),
        (handlers.dispute, disputed(placed, Claim.WRONG_AMOUNT)),
        (handlers.suspend, work(placed, 2, suspended=False)),
        (handlers.suspend, work(placed, 3, suspended=True)),
    ]
    said = [each for event in happens for each in hears(*event, unit).said]
    its = lifts(placed, unit, HoldReason.DISPUTED, shown(placed, unit).version)
    said += [
        *its.said,
        *hears(handlers.suspend, work(placed, 4, suspended=False), unit).said,
    ]

    told = [each for each in said if Audience.AGENCY in told_to(each.type)]
    whose = {"case_id": str(placed.case), "agency_id": str(placed.agency)}
    at = {"at": "2026-03-02T04:00:00Z"}
    assert [(each.type, each.data) for each in told] == [
        ("dispatch.work_stopped", whose | at),
        ("dispatch.work_resumed", whose | at),
    ]


def test_the_newest_word_of_the_complaints_desk_counts(placed, unit) -> None:
    """That work may go on takes the slower lane: a new complaint may overtake it."""
    hears(handlers.suspend, work(placed, 1, suspended=True), unit)
    hears(handlers.suspend, work(placed, 3, suspended=True), unit)

    its = hears(handlers.suspend, work(placed, 2, suspended=False), unit)

    assert (topics(its), reasons(placed, unit)) == ([], [HoldReason.COMPLAINT])


def test_the_end_of_a_complaint_leaves_other_reasons(placed, unit) -> None:
    hears(handlers.suspend, work(placed, 1, suspended=True), unit)
    hears(handlers.dispute, disputed(placed, Claim.ALREADY_PAID), unit)
    hears(handlers.suspend, work(placed, 2, suspended=False), unit)

    assert reasons(placed, unit) == [HoldReason.ALREADY_PAID]
    assert shown(placed, unit).state is CaseState.HELD


def test_whatever_order_they_come_in_the_case_is_held_for_the_same(unit) -> None:
    found = []
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        them = place(unit)
        events = [
            (handlers.dispute, disputed(them, Claim.WRONG_AMOUNT)),
            (handlers.spare, ill(them, unit)),
            (handlers.suspend, work(them, 1, suspended=True)),
        ]
        for number in order:
            hears(*events[number], unit)
        found.append((set(reasons(them, unit)), shown(them, unit).version))
    assert (
        found
        == [
            (
                {
                    HoldReason.DISPUTED,
                    HoldReason.SPECIAL_CIRCUMSTANCES,
                    HoldReason.COMPLAINT,
                },
                4,
            )
        ]
        * 3
    )


def test_nothing_changes_for_a_case_that_is_paid_off(placed, unit) -> None:
    handlers.mark_paid_off(MarkPaidOff(case_id=placed.case), its := unit("dispatch"))
    its.settle()
    before = shown(placed, unit)

    heard = [
        hears(handlers.dispute, disputed(placed, Claim.ALREADY_PAID), unit),
        hears(handlers.spare, ill(placed, unit), unit),
        hears(handlers.suspend, work(placed, 1, suspended=True), unit),
        hears(handlers.suspend, work(placed, 2, suspended=False), unit),
        hears(handlers.close_door, wrong(placed), unit),
    ]

    assert [topics(its) for its in heard] == [[]] * 5
    assert shown(placed, unit) == before


# Closed doors.


def wrong(them):
    return AddressFoundWrong(**at_the_door(them, how="moved"))


def another_case(them, unit, address):
    """The id of one more case of the agency, at this address."""
    case_id = ids.new()
    its = unit("dispatch")
    entry = case(case_id, them.agency, address={"text": address, "point": DOOR})
    handlers.open_cases(OpenCases(cases=[entry]), its)
    its.settle()
    return case_id


def to_itself(its) -> list[CloseAddress]:
    rows = [each["envelope"] for each in its.outgoing if each["due_at"]]
    return [CloseAddress.model_validate(each.data) for each in rows]


def test_a_wrong_address_closes_the_door_for_every_case_that_has_it(placed, unit) -> None:
    same, near = (
        another_case(placed, unit, text_) for text_ in ("人民大道　１号 ", "人民大道2号")
    )
    its = unit("dispatch")

    handlers.close_door(wrong(placed), its)

    assert topics(its) == ["dispatch.address_closed", "dispatch.case_standing"]
    found = standing(its)
    assert (found.state, found.address_open) == (CaseState.PLACED, False)
    assert found.urgent()
    assert to_itself(its) == [CloseAddress(case_id=same)]
    assert near != same
    its.settle()
    handlers.close_address(CloseAddress(case_id=same), its := unit("dispatch"))
    assert topics(its) == ["dispatch.address_closed", "dispatch.case_standing"]
    assert (standing(its).case_id, standing(its).address_open) == (same, False)
    its.settle()
    handlers.close_address(CloseAddress(case_id=same), again := unit("dispatch"))
    handlers.close_door(wrong(placed), again)
    assert (topics(again), again.outgoing) == ([], [])


def test_no_visit_is_planned_to_a_closed_door_until_the_bank_opens_it(placed, unit) -> None:
    other = another_case(placed, unit, "人民大道1号")
    hears(handlers.close_door, wrong(placed), unit)
    handlers.close_address(CloseAddress(case_id=other), its := unit("dispatch"))
    its.settle()
    plans = PlanVisits(visits=[visit(placed)])
    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(plans, supervisor(unit, placed))
    assert kinds(refusal) == [("/visits/0", "address-closed")]

    order = ReopenAddress(case_id=placed.case)
    found = handlers.reopen_address(order, its := unit("dispatch"))
    its.settle()

    assert (found.address_open, found.version) == (True, 3)
    assert topics(its) == ["dispatch.address_reopened", "dispatch.case_standing"]
    assert not standing(its).urgent()
    assert handlers.plan_visits(plans, supervisor(unit, placed)).new == 1
    handlers.reopen_address(order, again := unit("dispatch"))
    assert topics(again) == []
    left = handlers.show_case(ShowCase(case_id=other), unit("dispatch"))
    assert not left.address_open


def test_a_new_case_at_a_closed_door_starts_closed_until_the_bank_opens_it(
    placed, unit
) -> None:
    """The door is known by its hash; reopening it for one case opens it for no other."""
    hears(handlers.close_door, wrong(placed), unit)
    new, near = ids.new(), ids.new()
    its = unit("dispatch")

    handlers.open_cases(
        OpenCases(
            cases=[
                case(new, placed.agency, address={"text": "人民大道　１号", "point": DOOR}),
                case(near, placed.agency, address={"text": "人民大道2号", "point": DOOR}),
            ]
        ),
        its,
    )

    opened, closed = "dispatch.case_opened", "dispatch.address_closed"
    told = "dispatch.case_standing"
    assert topics(its) == [opened, closed, told, opened, told]
    standings = [CaseStanding.model_validate(its.said[at].data) for at in (2, 4)]
    found = [(each.case_id, each.address_open, each.urgent()) for each in standings]
    assert found == [(new, False, True), (near, True, False)]
    its.settle()
    for case_id, is_open in ((new, False), (near, True)):
        look = ShowCase(case_id=case_id)
        assert handlers.show_case(look, its).address_open is is_open
    order = ReopenAddress(case_id=placed.case)
    assert handlers.reopen_address(order, its := unit("dispatch")).address_open
    its.settle()
    assert not handlers.show_case(ShowCase(case_id=new), its).address_open
    order = ReopenAddress(case_id=new)
    assert handlers.reopen_address(order, its := unit("dispatch")).address_open


def test_the_door_of_a_case_that_is_over_stays_as_it_is(placed, unit) -> None:
    handlers.mark_paid_off(MarkPaidOff(case_id=placed.case), its := unit("dispatch"))
    its.settle()

    with pytest.raises(Conflict, match="case-not-worked"):
        handlers.reopen_address(ReopenAddress(case_id=placed.case), unit("dispatch"))


def test_a_shredded_case_is_found_at_no_door(placed, unit) -> None:
    other = another_case(placed, unit, "人民大道1号")
    its = unit("dispatch")
    assert other in store.at_the_door_of(
        its.connection, store.case(its.shared, placed.case)
    )

    assert store.forget(its.connection, other)

    again = store.case(unit("dispatch").shared, placed.case)
    assert other not in store.at_the_door_of(its.connection, again)
    assert store.forget(its.connection, placed.case)
    forgotten = store.look_at(its.connection, other)
    assert store.at_the_door_of(its.connection, forgotten) == []
