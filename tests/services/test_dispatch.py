"""Cases and visit plans."""

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid
from proto import badges, ids
from proto.base import Role, Sealed
from proto.dispatch import (
    Address,
    CasesOpened,
    Debtor,
    OpenCases,
    PaperEntry,
    PlanVisits,
    Sheet,
    VisitPlanned,
    VisitsPlanned,
)
from proto.field_visit import PairSwapped
from proto.places import Point
from services.dispatch import handlers, store
from services.dispatch.model import masked, one_mandate, sheet
from tests.acting import DOOR, case
from tests.services.conftest import NOON, topics
from tests.services.placing import (
    keep_letter,
    keep_person,
    keep_template,
    kinds,
    place,
    supervisor,
    visit,
)

SECRETS = ("陈建国", "000000197001010012", "6222020000001234", "人民大道", "121.47")


@pytest.fixture
def placed(unit):
    return place(unit)


def planned(them, says, **but) -> VisitPlanned:
    """Plan a visit; what is said of it."""
    handlers.plan_visits(PlanVisits(visits=[visit(them, **but)]), says)
    says.settle()
    return VisitPlanned.model_validate(says.said[-1].data)


def test_a_case_is_opened_once_however_often_it_is_sent(placed, unit) -> None:
    again = unit("dispatch")
    command = OpenCases(cases=[case(placed.case, placed.agency)])

    assert handlers.open_cases(command, again) == CasesOpened(same=1)
    assert topics(again) == []


def test_a_case_sent_again_with_another_amount_is_refused(placed, unit) -> None:
    command = OpenCases(cases=[case(placed.case, placed.agency, amount="1.00")])

    with pytest.raises(Conflict, match="key-known-otherwise"):
        handlers.open_cases(command, unit("dispatch"))


def test_nothing_of_the_debtor_is_stored_or_said_in_the_clear(placed, unit) -> None:
    says = supervisor(unit, placed)
    handlers.plan_visits(PlanVisits(visits=[visit(placed)]), says)
    says.settle()
    query = "SELECT row_to_json(c)::text FROM debt_case c WHERE id = :id"
    row = says.connection.execute(text(query), {"id": placed.case}).scalar_one()
    events = "".join(each.model_dump_json() for each in says.said)
    rows = "".join(says.connection.scalars(text("SELECT envelope::text FROM outbox")))

    assert [secret for secret in SECRETS if secret in row + events + rows] == []


def test_a_case_is_found_by_its_debtor_until_it_is_forgotten(placed, unit) -> None:
    asks = unit("dispatch")

    def found(what: str, value: str) -> bool:
        blind = asks.keyring.blind(f"case.{what}", value)
        return placed.case in store.found_by(asks.connection, what, blind)

    said = {"name": "陈　建国", "id_number": SECRETS[1], "card_number": SECRETS[2]}
    assert [found(what, value) for what, value in said.items()] == [True] * 3
    assert not found("name", SECRETS[1])
    assert not found("card_number", SECRETS[1])

    assert store.forget(asks.connection, placed.case)

    assert [found(what, value) for what, value in said.items()] == [False] * 3
    with pytest.raises(Conflict, match="key-shredded"):
        handlers.open_cases(OpenCases(cases=[case(placed.case, placed.agency)]), asks)


def test_every_wrong_row_of_cases_is_named(placed, unit) -> None:
    command = OpenCases(
        cases=[
            case(ids.new(), placed.agency),
            case(ids.new(), ids.new()),
            case(ids.new(), placed.agency, books=("CN-PLEGDE",)),
            case(
                ids.new(),
                placed.agency,
                address={"text": "x", "point": DOOR, "zone": "Asia/Peking"},
            ),
        ]
    )

    with pytest.raises(Invalid) as refusal:
        handlers.open_cases(command, unit("dispatch"))

    assert kinds(refusal) == [
        ("/cases/1/agency_id", "unknown-agency"),
        ("/cases/2/books/0", "unknown-book"),
        ("/cases/3/address/zone", "unknown-zone"),
    ]


def test_a_visit_carries_what_the_doorstep_needs_sealed(placed, unit) -> None:
    says = supervisor(unit, placed)

    reply = handlers.plan_visits(PlanVisits(visits=[visit(placed)]), says)

    assert reply == VisitsPlanned(new=1)
    said = VisitPlanned.model_validate(says.said[0].data)
    place = says.keyring.open(said.place, placed.case, "visit.place")
    assert Point.model_validate_json(place) == Point(**DOOR)
    opened = says.keyring.open(said.sheet, placed.case, "visit.sheet")
    shown = Sheet.model_validate_json(opened)
    assert shown == Sheet(
        debtor_name="陈建国",
        id_number="**************0012",
        card_number="************1234",
        address="人民大道1号",
    )
    assert isinstance(said.place, Sealed)


def test_a_visit_has_a_badge_code_that_only_its_case_opens(placed, unit) -> None:
    said = planned(placed, supervisor(unit, placed))

    code = unit("dispatch").keyring.open(said.badge, placed.case, "visit.badge")
    blind = unit("dispatch").keyring.blind("visit.badge", badges.normal(code))
    assert (len(badges.normal(code)), said.badge_blind) == (10, blind)


def test_a_visit_that_is_planned_again_keeps_its_code(placed, unit) -> None:
    one, letter = visit(placed), {"how": "letterbox", "paper_id": ids.new()}
    keep_template(hears := unit("dispatch"), "CS-1")
    hears.settle()
    one["paper"] = letter | {"template": "CS-1"}
    planned(placed, supervisor(unit, placed), **one)

    again = supervisor(unit, placed)
    reply = handlers.plan_visits(PlanVisits(visits=[one]), again)

    assert (reply, topics(again)) == (VisitsPlanned(same=1), [])
    one["paper"] = one["paper"] | {"how": "in_person"}
    with pytest.raises(Conflict, match="key-known-otherwise"):
        handlers.plan_visits(PlanVisits(visits=[one]), again)


def test_a_visit_that_is_sent_again_after_swaps_changes_nothing(placed, unit) -> None:
    """The file says the first two for ever; another pair than theirs is another visit."""
    entry, (stays, _) = visit(placed), placed.pair
    said = planned(placed, supervisor(unit, placed), **entry)
    hears = unit("dispatch")
    for third in (ids.new(), ids.new()):
        letter = ids.new()
        keep_person(hears, third, placed.agency)
        keep_letter(hears, letter, placed.agency, (stays, third))
        swapped = PairSwapped(
            visit_id=entry["visit_id"],
            case_id=placed.case,
            agency_id=placed.agency,
            collectors=(stays, third),
            letter_id=letter,
            badge=said.badge,
            badge_blind="x",
            at=hears.now,
        )
        handlers.swap(swapped, hears)
        hears.settle()

    again = supervisor(unit, placed)
    reply = handlers.plan_visits(PlanVisits(visits=[entry]), again)
    assert (reply, topics(again)) == (VisitsPlanned(same=1), [])
    now = entry | {"collectors": (stays, third), "letter_id": letter}
    assert handlers.plan_visits(PlanVisits(visits=[now]), again) == VisitsPlanned(same=1)
    with pytest.raises(Conflict, match="key-known-otherwise"):
        handlers.plan_visits(
            PlanVisits(visits=[now | {"not_before": NOON.replace(hour=13)}]), again
        )


def test_a_letter_by_an_approved_template_goes_with_the_visit(placed, unit) -> None:
    keep_template(hears := unit("dispatch"), "CS-1")
    hears.settle()
    paper = PaperEntry(paper_id=ids.new(), template="CS-1", how="in_person")

    assert planned(placed, supervisor(unit, placed), paper=paper).paper == paper


@pytest.mark.parametrize("approved", [None, False])
def test_a_letter_by_another_template_is_refused(placed, unit, approved) -> None:
    if approved is not None:
        keep_template(hears := unit("dispatch"), "CS-2", approved=approved)
        hears.settle()
    paper = {"paper_id": ids.new(), "template": "CS-2", "how": "in_person"}

    with pytest.raises(Invalid) as refusal:
        planned(placed, supervisor(unit, placed), paper=paper)

    assert kinds(refusal) == [("/visits/0/paper/template", "template-not-approved")]


def test_a_visit_planned_before_does_not_end_with_its_template(placed, unit) -> None:
    keep_template(hears := unit("dispatch"), "CS-3")
    hears.settle()
    paper = {"paper_id": ids.new(), "template": "CS-3", "how": "in_person"}
    one = visit(placed, paper=paper)
    planned(placed, supervisor(unit, placed), **one)
    keep_template(hears := unit("dispatch"), "CS-3", approved=False, version=2)
    hears.settle()

    again = handlers.plan_visits(PlanVisits(visits=[one]), supervisor(unit, placed))

    assert again == VisitsPlanned(same=1)


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"case_id": ids.new()}, "unknown-case"),
        ({"collectors": (ids.new(), ids.new())}, "unknown-person"),
        ({"letter_id": ids.new()}, "unknown-letter"),
        ({"not_after": NOON}, "window-reversed"),
    ],
)
def test_a_visit_that_cannot_be_is_refused(placed, unit, change, kind) -> None:
    command = PlanVisits(visits=[visit(placed, **change)])

    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(command, supervisor(unit, placed))

    assert kinds(refusal) == [("/visits/0", kind)]


def test_one_collector_twice_is_no_pair(placed, unit) -> None:
    command = PlanVisits(visits=[visit(placed, collectors=(placed.pair[0],) * 2)])

    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(command, supervisor(unit, placed))

    assert kinds(refusal) == [("/visits/0", "same-collector-twice")]


def test_a_letter_for_others_is_no_letter(placed, unit) -> None:
    other = ids.new()
    hears = unit("dispatch")
    keep_letter(hears, other, placed.agency, (placed.pair[0], ids.new()))
    hears.settle()
    command = PlanVisits(visits=[visit(placed, letter_id=other)])

    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(command, supervisor(unit, placed))

    assert kinds(refusal) == [("/visits/0", "letter-does-not-fit")]


def test_another_agency_does_not_even_learn_that_the_case_exists(placed, unit) -> None:
    peeking = unit("dispatch", Role.SUPERVISOR, ids.new())

    with pytest.raises(Invalid) as refusal:
        handlers.plan_visits(PlanVisits(visits=[visit(placed)]), peeking)

    assert kinds(refusal) == [("/visits/0", "unknown-case")]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("6222020000001234", "************1234"),
        ("123456", "***456"),
        ("12", "*2"),
        ("1", "*"),
    ],
)
def test_no_number_is_ever_shown_whole(number: str, shown: str) -> None:
    assert masked(number) == shown


def test_the_sheet_keeps_16_04() -> None:
    """The guard that CN-OUTREQ names: `guard:dispatch.masked_values`."""
    debtor = Debtor(name="陈建国", id_number=SECRETS[1], card_number=SECRETS[2])
    address = Address(text="人民大道1号", point=Point(**DOOR))

    shown = sheet(debtor, address).model_dump_json()

    assert [number for number in SECRETS[1:3] if number in shown] == []


def test_a_visit_serves_one_mandate_and_no_other(placed, unit) -> None:
    """The guard that a rulebook names: `guard:dispatch.one_mandate` (S15).

    A second debtor at the same door is on no screen of the first one's visit.
    """
    other, opens = ids.new(), unit("dispatch")
    second = {"name": "李秀英", "id_number": "000000198002020024"}
    debtor = second | {"card_number": "6222020000005678"}
    entry = case(other, placed.agency, debtor=debtor)
    handlers.open_cases(OpenCases(cases=[entry]), opens)
    opens.settle()

    said = planned(placed, supervisor(unit, placed))

    opened = opens.keyring.open(said.sheet, placed.case, "visit.sheet")
    assert said.case_id == placed.case
    assert "李秀英" not in opened
    kept = store.look_at(opens.connection, placed.case)
    assert one_mandate(kept, placed.agency)
    assert not one_mandate(kept, ids.new())
