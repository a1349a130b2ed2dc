"""Cases and visit plans."""

from types import SimpleNamespace

import pytest
from sqlalchemy import text

from chassis.errors import Conflict, Invalid
from proto import ids
from proto.base import Role, Sealed
from proto.dispatch import (
    Address,
    CasesOpened,
    Debtor,
    OpenCases,
    PlanVisits,
    Sheet,
    VisitPlanned,
    VisitsPlanned,
)
from proto.letters import AuthorisationStanding, LetterState
from proto.places import Point
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import handlers, store
from services.dispatch.model import masked, sheet
from tests.acting import DOOR, case
from tests.services.conftest import NOON, topics

SECRETS = ("陈建国", "000000197001010012", "6222020000001234", "人民大道", "121.47")


@pytest.fixture
def placed(unit):
    """An agency with a pair, a letter for them, and one case placed with them."""
    them = SimpleNamespace(
        agency=ids.new(), pair=(ids.new(), ids.new()), letter=ids.new(), case=ids.new()
    )
    hears = unit("dispatch")
    agency = AgencyStanding(agency_id=them.agency, code="a", active=True, version=1)
    hears.keep(agency)
    for person_id in them.pair:
        keep_person(hears, person_id, them.agency)
    keep_letter(hears, them.letter, them.agency, them.pair)
    hears.settle()
    handlers.open_cases(OpenCases(cases=[case(them.case, them.agency)]), hears)
    hears.settle()
    return them


def keep_person(unit, person_id, agency_id) -> None:
    standing = PersonStanding(
        person_id=person_id,
        agency_id=agency_id,
        staff_no="1",
        in_service=True,
        certified_from=None,
        certified_until=None,
        version=1,
    )
    unit.keep(standing)


def keep_letter(unit, letter_id, agency_id, people) -> None:
    standing = AuthorisationStanding(
        letter_id=letter_id,
        number="SQ-1",
        agency_id=agency_id,
        people=people,
        valid_from=NOON.date(),
        valid_until=NOON.date(),
        state=LetterState.ISSUED,
        version=1,
    )
    unit.keep(standing)


def visit(them, **but):
    return {
        "visit_id": ids.new(),
        "case_id": them.case,
        "collectors": them.pair,
        "letter_id": them.letter,
        "not_before": NOON,
        "not_after": NOON.replace(hour=18),
    } | but


def supervisor(unit, them):
    return unit("dispatch", Role.SUPERVISOR, them.agency)


def kinds(refusal) -> list[tuple[str, str]]:
    return [(detail.pointer, detail.kind) for detail in refusal.value.details]


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
