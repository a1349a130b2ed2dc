"""A case that is placed with an agency, and what dispatch has heard of that agency."""

from types import SimpleNamespace

from proto import ids
from proto.base import Role
from proto.dispatch import OpenCases
from proto.letters import AuthorisationStanding, LetterState, TemplateStanding
from proto.workforce import AgencyStanding, PersonStanding
from services.dispatch import handlers
from tests.acting import case
from tests.services.conftest import NOON


def place(unit) -> SimpleNamespace:
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
    them.officer = hears.asker.account_id
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


def keep_template(unit, template, *, approved=True, version=1) -> None:
    unit.keep(TemplateStanding(template=template, approved=approved, version=version))


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
