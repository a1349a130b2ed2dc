"""Visits by appointment at another place: planned once, by the debtor's own word (S7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from chassis.errors import Conflict, Invalid
from proto import ids
from proto.base import Role
from proto.dispatch import (
    CaseState,
    EndAppointment,
    HoldCase,
    HoldReason,
    MarkPaidOff,
    Place,
    PlaceClass,
    PlanVisits,
    RecallCase,
    ResumeCase,
    Sheet,
    VisitPlanned,
    VisitsPlanned,
)
from proto.facts import Claim
from proto.field_visit import AppointmentRecorded, DebtDisputed
from services.dispatch import handlers, store
from services.dispatch.model import appointment_table, case_table, visit_plan_table
from tests.acting import DOOR
from tests.services.conftest import NOON, topics
from tests.services.placing import keep_template, kinds, place, supervisor, visit

WORDS = "街角那家咖啡馆，靠窗"
CAFE = {"latitude": 31.2150, "longitude": 121.4400, "datum": "gcj02"}
TWO, FOUR = NOON + timedelta(hours=2), NOON + timedelta(hours=4)


@pytest.fixture
def placed(unit):
    return place(unit)


def told(them, unit, appointment_id=None, **but) -> AppointmentRecorded:
    """The debtor will be at the cafe from two to four; dispatch hears of it."""
    said = {
        "visit_id": ids.new(),
        "case_id": them.case,
        "agency_id": them.agency,
        "appointment_id": appointment_id or ids.new(),
        "starts_at": TWO,
        "ends_at": FOUR,
        "proof": "spoken",
        "place": "elsewhere",
        "place_class": "public",
        "where": unit("dispatch").keyring.seal(them.case, "visit.where", WORDS),
        "at": NOON,
    }
    event = AppointmentRecorded(**said | but)
    hears = unit("dispatch")
    handlers.keep_appointment(event, hears)
    hears.settle()
    return event


def there(event, **but) -> dict:
    """Where the visit goes, by that appointment."""
    where = {"appointment_id": event.appointment_id, "text": "淮海路1号", "point": CAFE}
    return {"not_before": TWO, "not_after": FOUR, "elsewhere": where | but}


def plan(them, unit, *entries, says=None) -> VisitsPlanned:
    says = says or supervisor(unit, them)
    reply = handlers.plan_visits(PlanVisits(visits=entries), says)
    says.settle()
    return reply


def refused(them, unit, entry) -> list[tuple[str, str]]:
    with pytest.raises(Invalid) as refusal:
        plan(them, unit, entry)
    return kinds(refusal)


def kept(unit, event):
    query = select(appointment_table).where(appointment_table.c.id == event.appointment_id)
    return unit("dispatch").connection.execute(query).one_or_none()


def test_a_visit_goes_where_the_debtor_said_and_carries_it_sealed(placed, unit) -> None:
    event, says = told(placed, unit), supervisor(unit, placed)

    assert plan(placed, unit, visit(placed, **there(event)), says=says).new == 1

    said = VisitPlanned.model_validate(says.said[-1].data)
    opened = says.keyring.open(said.place, placed.case, "visit.place")
    assert Place.model_validate_json(opened) == Place(**CAFE, place_class="public")
    sheet = Sheet.model_validate_json(
        says.keyring.open(said.sheet, placed.case, "visit.sheet")
    )
    assert (sheet.address, sheet.named) == ("淮海路1号", WORDS)
    assert (said.appointment_id, said.zone) == (event.appointment_id, "Asia/Shanghai")
    rows = "".join(says.connection.scalars(text("SELECT envelope::text FROM outbox")))
    plans = "".join(says.connection.scalars(text("SELECT p::text FROM visit_plan p")))
    clear = rows + plans + "".join(each.model_dump_json() for each in says.said)
    secrets = ("淮海", "咖啡", "121.44", "\\u6dee", "\\u5496")
    assert [secret for secret in secrets if secret in clear] == []


def test_of_what_kind_the_place_is_the_appointment_says(placed, unit) -> None:
    event, says = told(placed, unit, place_class="workplace"), supervisor(unit, placed)
    plan(placed, unit, visit(placed, **there(event)), says=says)

    said = VisitPlanned.model_validate(says.said[-1].data)
    opened = says.keyring.open(said.place, placed.case, "visit.place")
    assert Place.model_validate_json(opened).place_class is PlaceClass.WORKPLACE


def test_a_place_whose_kind_nobody_said_is_not_known(placed, unit) -> None:
    assert kept(unit, told(placed, unit, place_class=None)).place_class == "unknown"


def test_an_hour_at_the_door_is_no_matter_of_dispatch(placed, unit) -> None:
    here = told(placed, unit, place="here", where=None, place_class=None)

    assert kept(unit, here) is None
    entry = visit(placed, **there(here))
    pointer = "/visits/0/elsewhere/appointment_id"
    assert refused(placed, unit, entry) == [(pointer, "unknown-appointment")]


def test_without_an_appointment_nobody_goes_anywhere_but_to_the_door(placed, unit) -> None:
    entry = visit(placed, **there(told(placed, unit), appointment_id=ids.new()))

    pointer = "/visits/0/elsewhere/appointment_id"
    assert refused(placed, unit, entry) == [(pointer, "unknown-appointment")]


def test_an_appointment_is_of_its_own_case_alone(placed, unit) -> None:
    other = place(unit)
    entry = visit(other, **there(told(placed, unit)))

    pointer = "/visits/0/elsewhere/appointment_id"
    assert refused(other, unit, entry) == [(pointer, "unknown-appointment")]


def test_a_peeking_agency_learns_of_neither_case_nor_appointment(placed, unit) -> None:
    event, peeking = told(placed, unit), unit("dispatch", Role.SUPERVISOR, ids.new())
    answers = []
    for appointment_id in (event.appointment_id, ids.new()):
        entry = visit(placed, **there(event, appointment_id=appointment_id))
        with pytest.raises(Invalid) as refusal:
            handlers.plan_visits(PlanVisits(visits=[entry]), peeking)
        answers.append(refusal.value.problem())

    assert answers[0] == answers[1]
    assert kinds(refusal) == [("/visits/0", "unknown-case")]


@pytest.mark.parametrize(
    ("seconds", "wrong"),
    [
        ((0, 0), []),
        ((-1, 0), [("/visits/0/elsewhere", "outside-appointment")]),
        ((0, 1), [("/visits/0/elsewhere", "outside-appointment")]),
    ],
)
def test_the_visit_keeps_to_the_hour_to_the_second(placed, unit, seconds, wrong) -> None:
    first, last = (timedelta(seconds=each) for each in seconds)
    its = there(told(placed, unit)) | {"not_before": TWO + first, "not_after": FOUR + last}
    entry = visit(placed, **its)

    if wrong:
        assert refused(placed, unit, entry) == wrong
    else:
        assert plan(placed, unit, entry).new == 1


@pytest.mark.parametrize("seconds", [-1, 0, 1])
def test_it_is_worth_nothing_when_its_hour_is_over_to_the_second(
    placed, unit, watch, seconds
) -> None:
    event = told(placed, unit)
    watch.now = FOUR + timedelta(seconds=seconds)
    entry = visit(placed, **there(event))

    if seconds < 0:
        assert plan(placed, unit, entry).new == 1
    else:
        pointer = "/visits/0/elsewhere/appointment_id"
        assert refused(placed, unit, entry) == [(pointer, "appointment-over")]


def test_it_is_good_for_one_visit(placed, unit) -> None:
    event = told(placed, unit)
    one, two = (visit(placed, **there(event)) for _ in range(2))
    with pytest.raises(Invalid) as refusal:
        plan(placed, unit, one, two)
    assert kinds(refusal) == [("/visits/1", "duplicate-in-file")]

    plan(placed, unit, one)
    with pytest.raises(Conflict, match="appointment-used"):
        plan(placed, unit, two)
    assert kept(unit, event).used_by == one["visit_id"]


def test_a_file_that_is_sent_again_changes_nothing(placed, unit, watch) -> None:
    event = told(placed, unit)
    one = visit(placed, **there(event))
    plan(placed, unit, one)
    door = {key: value for key, value in one.items() if key != "elsewhere"}
    other = one | there(event, text="淮海路2号")

    assert plan(placed, unit, one) == VisitsPlanned(same=1)
    for otherwise in (door, other):
        with pytest.raises(Conflict, match="key-known-otherwise"):
            plan(placed, unit, otherwise)
    watch.now = FOUR
    ends(placed, unit, event)
    assert plan(placed, unit, one) == VisitsPlanned(same=1)
    with pytest.raises(Conflict, match="key-known-otherwise"):
        plan(placed, unit, door)


def ends(them, unit, event) -> None:
    its = unit("dispatch")
    order = EndAppointment(case_id=them.case, appointment_id=event.appointment_id)
    handlers.end_appointment(order, its)
    its.settle()


def test_its_end_is_ordered_when_it_is_heard_of(placed, unit) -> None:
    hears = unit("dispatch")
    event = told(placed, unit)
    due = "SELECT due_at FROM outbox WHERE envelope->>'type' LIKE :order"
    order = {"order": "later.dispatch.end_appointment"}

    found = hears.connection.execute(text(due), order).scalars().all()
    assert found[-1] == event.ends_at


def test_the_place_dies_with_the_appointment(placed, unit, watch) -> None:
    """Its words when a visit has them, what tells it from others when its hour is over."""
    used, unused = told(placed, unit), told(placed, unit)
    entry = visit(placed, **there(used))
    plan(placed, unit, entry)
    assert (kept(unit, used).words, kept(unit, unused).words is None) == (None, False)
    query = select(visit_plan_table.c.elsewhere).where(
        visit_plan_table.c.id == entry["visit_id"]
    )
    assert unit("dispatch").connection.scalar(query) is not None

    watch.now = FOUR
    for event in (used, unused):
        ends(placed, unit, event)

    assert unit("dispatch").connection.scalar(query) is None
    assert [kept(unit, each).words for each in (used, unused)] == [None, None]
    assert kept(unit, unused).ended_at is not None


def test_the_next_visit_goes_to_the_door_as_ever(placed, unit) -> None:
    plan(placed, unit, visit(placed, **there(told(placed, unit))))
    says = supervisor(unit, placed)
    plan(placed, unit, visit(placed), says=says)

    said = VisitPlanned.model_validate(says.said[-1].data)
    opened = says.keyring.open(said.place, placed.case, "visit.place")
    assert Place.model_validate_json(opened) == Place(**DOOR)
    sheet = says.keyring.open(said.sheet, placed.case, "visit.sheet")
    assert ("人民大道1号" in sheet, "named" in sheet) == (True, False)
    assert said.appointment_id is None
    blind = says.keyring.blind("case.address", "淮海路1号")
    found = select(case_table.c.id).where(case_table.c.address_blind == blind)
    assert says.connection.execute(found).all() == []


def holds(them, unit, watch) -> None:
    """Held and resumed again: what the debtor said before is worth nothing."""
    bank = unit("dispatch")
    reason = HoldReason.BANK_DECISION
    held = handlers.hold_case(HoldCase(case_id=them.case, reason=reason), bank)
    bank.settle()
    resume = ResumeCase(case_id=them.case, reason=reason, version=held.version)
    again = unit("dispatch")
    assert handlers.resume_case(resume, again).state is CaseState.PLACED
    again.settle()


def disputes(them, unit, watch) -> None:
    about = {"visit_id": ids.new(), "case_id": them.case, "agency_id": them.agency}
    its = unit("dispatch")
    handlers.dispute(DebtDisputed(**about, claim=Claim.ALREADY_PAID, at=NOON), its)
    its.settle()


@pytest.mark.parametrize("stops", [holds, disputes])
def test_what_holds_the_case_ends_its_appointments(placed, unit, watch, stops) -> None:
    event = told(placed, unit)
    watch.goes(minutes=1)
    stops(placed, unit, watch)

    pointer = "/visits/0/elsewhere/appointment_id"
    entry = visit(placed, **there(event))
    assert refused(placed, unit, entry) == [(pointer, "appointment-over")]
    assert kept(unit, event).words is None


@pytest.mark.parametrize(
    ("handle", "order"),
    [(handlers.recall_case, RecallCase), (handlers.mark_paid_off, MarkPaidOff)],
)
def test_what_ends_the_case_ends_its_appointments(placed, unit, handle, order) -> None:
    event, bank = told(placed, unit), unit("dispatch")
    handle(order(case_id=placed.case), bank)
    bank.settle()

    entry = visit(placed, **there(event))
    assert ("/visits/0", "case-not-worked") in refused(placed, unit, entry)
    assert kept(unit, event).words is None


@pytest.mark.parametrize("stops", [holds, disputes])
def test_one_that_comes_after_what_held_the_case_is_not_kept(
    placed, unit, watch, stops
) -> None:
    watch.goes(minutes=1)
    stops(placed, unit, watch)

    assert kept(unit, told(placed, unit)) is None


def test_one_that_comes_too_late_is_not_kept(placed, unit, watch) -> None:
    watch.now = FOUR

    assert kept(unit, told(placed, unit)) is None


def test_a_clock_that_nobody_has_is_named(placed, unit) -> None:
    entry = visit(placed, **there(told(placed, unit), zone="Asia/Peking"))

    assert refused(placed, unit, entry) == [("/visits/0/elsewhere/zone", "unknown-zone")]


def test_no_letter_goes_into_a_letterbox_there(placed, unit) -> None:
    keep_template(hears := unit("dispatch"), "CS-9")
    hears.settle()
    paper = {"paper_id": ids.new(), "template": "CS-9", "how": "letterbox"}
    entry = visit(placed, **there(told(placed, unit)), paper=paper)

    assert refused(placed, unit, entry) == [("/visits/0/paper/how", "letterbox-elsewhere")]


def test_shredding_a_case_leaves_nothing_that_tells_the_place(placed, unit) -> None:
    entry = visit(placed, **there(told(placed, unit)))
    plan(placed, unit, entry)
    asks = unit("dispatch")

    assert store.forget(asks.connection, placed.case)

    mine = visit_plan_table.c.id == entry["visit_id"]
    query = select(visit_plan_table.c.elsewhere).where(mine)
    assert asks.connection.scalar(query) is None


def test_nothing_more_is_said_for_it_than_a_planned_visit(placed, unit) -> None:
    says = supervisor(unit, placed)
    plan(placed, unit, visit(placed, **there(told(placed, unit))), says=says)

    assert topics(says) == ["dispatch.visit_planned"]
