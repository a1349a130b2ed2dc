"""Authorisation letters."""

from datetime import date
from types import SimpleNamespace

import pytest

from chassis.errors import Conflict, Invalid, NotFound
from proto import ids
from proto.letters import (
    ApproveTemplate,
    AuthorisationStanding,
    IssueAuthorisations,
    Issued,
    LetterState,
    RevokeAuthorisation,
    TemplateShown,
    TemplateStanding,
)
from proto.workforce import AgencyStanding
from services.letters import handlers
from tests.services.conftest import topics
from tests.services.placing import keep_person, kinds


@pytest.fixture
def agency(unit):
    them = SimpleNamespace(id=ids.new(), pair=(ids.new(), ids.new()), letter=ids.new())
    hears = unit("letters")
    hears.keep(AgencyStanding(agency_id=them.id, code="a", active=True, version=1))
    for person_id in them.pair:
        keep_person(hears, person_id, them.id)
    hears.settle()
    return them


def letter(them, **but):
    return {
        "letter_id": them.letter,
        "number": f"SQ-{them.letter.hex}",
        "agency_id": them.id,
        "people": them.pair,
        "valid_from": date(2026, 3, 1),
        "valid_until": date(2026, 3, 31),
    } | but


def issue(them, unit, **but) -> Issued:
    command = IssueAuthorisations(letters=[letter(them, **but)])
    reply = handlers.issue_authorisations(command, unit)
    unit.settle()
    return reply


def test_a_letter_is_issued_once(agency, unit) -> None:
    assert issue(agency, unit("letters")) == Issued(new=1)
    assert issue(agency, again := unit("letters")) == Issued(same=1)
    assert topics(again) == []


def test_an_issued_letter_is_never_changed(agency, unit) -> None:
    issue(agency, unit("letters"))

    with pytest.raises(Conflict, match="key-known-otherwise"):
        issue(agency, unit("letters"), valid_until=date(2027, 3, 31))


def test_a_revoked_letter_is_published_whole(agency, unit) -> None:
    issue(agency, unit("letters"))
    order = RevokeAuthorisation(letter_id=agency.letter, reason="the pair changed")
    handlers.revoke_authorisation(order, says := unit("letters"))
    says.settle()

    standing = AuthorisationStanding.model_validate(says.said[0].data)
    assert (standing.state, standing.version) == (LetterState.REVOKED, 2)
    handlers.revoke_authorisation(order, again := unit("letters"))
    assert topics(again) == []


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"agency_id": ids.new()}, "unknown-agency"),
        ({"people": (ids.new(), ids.new())}, "unknown-person"),
        ({"valid_until": date(2026, 2, 28)}, "days-reversed"),
    ],
)
def test_a_letter_that_cannot_be_is_refused(agency, unit, change, kind) -> None:
    with pytest.raises(Invalid) as refusal:
        issue(agency, unit("letters"), **change)

    assert kinds(refusal) == [("/letters/0", kind)]


def test_people_of_another_agency_are_not_authorised(agency, unit) -> None:
    stranger = ids.new()
    keep_person(hears := unit("letters"), stranger, ids.new())
    hears.settle()

    with pytest.raises(Invalid) as refusal:
        issue(agency, unit("letters"), people=(agency.pair[0], stranger))

    assert kinds(refusal) == [("/letters/0", "people-not-of-agency")]


def approve(unit, *, approved=True, template="CS-1") -> tuple[TemplateShown, list]:
    """Give or take an approval; the answer, and the standings that were said."""
    its = unit("letters")
    order = ApproveTemplate(template=template, approved=approved)
    shown = handlers.approve_template(order, its)
    its.settle()
    return shown, [TemplateStanding.model_validate(each.data) for each in its.said]


def test_a_template_is_approved_taken_back_and_approved_again(unit) -> None:
    for version, approved in enumerate((True, False, True), 1):
        shown = TemplateShown(template="CS-1", approved=approved)
        said = TemplateStanding(template="CS-1", approved=approved, version=version)

        assert approve(unit, approved=approved) == (shown, [said])
        assert said.urgent() is not approved
        assert approve(unit, approved=approved) == (shown, [])


def test_an_approval_that_was_never_given_is_not_taken_back(unit) -> None:
    with pytest.raises(NotFound) as refusal:
        approve(unit, approved=False, template="CS-misprint")

    assert refusal.value.values == {"thing": "template", "key": "CS-misprint"}
