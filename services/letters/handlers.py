"""What letters does with each message."""

from collections.abc import Mapping
from uuid import UUID

from chassis.errors import Conflict, NotFound
from chassis.rows import refuse, refuse_twins
from chassis.unit import Unit
from proto.base import Detail
from proto.letters import (
    ApproveTemplate,
    AuthorisationEntry,
    AuthorisationStanding,
    IssueAuthorisations,
    Issued,
    LetterState,
    RevokeAuthorisation,
    TemplateShown,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.letters import store
from services.letters.model import (
    Authorisation,
    Template,
    authorisation_table,
    template_table,
)


def issue_authorisations(command: IssueAuthorisations, unit: Unit) -> Issued:
    """Issue letters for people who work for the agency that the letter names."""
    entries = command.letters
    refuse_twins("/letters", [entry.letter_id for entry in entries])
    refuse(wrong_rows(entries, unit))
    known = store.LETTERS.all(unit.connection, [e.letter_id for e in entries])
    new = 0
    for entry in unit.in_turns(entries):
        new += issue(entry, known.get(entry.letter_id), unit)
    return Issued(new=new, same=len(entries) - new)


def wrong_rows(entries: tuple[AuthorisationEntry, ...], unit: Unit) -> list[Detail]:
    agencies = unit.kept_all(AgencyStanding, [entry.agency_id for entry in entries])
    wanted = [person for entry in entries for person in entry.people]
    people = unit.kept_all(PersonStanding, wanted)
    return [
        Detail(pointer=f"/letters/{row}", kind=kind, values={"key": entry.number})
        for row, entry in enumerate(unit.in_turns(entries))
        if (kind := wrong(entry, agencies.get(entry.agency_id), people))
    ]


def wrong(
    entry: AuthorisationEntry,
    agency: AgencyStanding | None,
    people: Mapping[UUID, PersonStanding],
) -> str | None:
    """Return what is wrong with an entry, as a problem's kind."""
    found = [people.get(person) for person in entry.people]
    if agency is None:
        return "unknown-agency"
    if not agency.active:
        return "agency-inactive"
    if None in found:
        return "unknown-person"
    if any(person and person.agency_id != entry.agency_id for person in found):
        return "people-not-of-agency"
    if len(set(entry.people)) != len(entry.people):
        return "same-collector-twice"
    return "days-reversed" if entry.valid_until < entry.valid_from else None


def issue(entry: AuthorisationEntry, known: Authorisation | None, unit: Unit) -> int:
    """Issue one letter; return how many that makes."""
    if known and known.says(entry):
        return 0
    if known:
        raise Conflict("key-known-otherwise", thing="letter", key=entry.number)
    letter = Authorisation(
        entry.letter_id,
        entry.number,
        entry.agency_id,
        entry.people,
        entry.valid_from,
        entry.valid_until,
        LetterState.ISSUED,
        version=1,
    )
    unit.write(authorisation_table, **(vars(letter) | {"people": list(letter.people)}))
    unit.emit(standing(letter), letter.id)
    return 1


def revoke_authorisation(command: RevokeAuthorisation, unit: Unit) -> Issued:
    """Revoke a letter; doing so twice changes nothing."""
    letter = store.LETTERS.one(unit.shared, command.letter_id)
    if letter.revoke():
        unit.change(
            authorisation_table,
            letter.id,
            state=letter.state,
            version=letter.version,
            revoked_because=command.reason,
        )
        unit.emit(standing(letter), letter.id)
    return Issued(same=1)


def standing(letter: Authorisation) -> AuthorisationStanding:
    return AuthorisationStanding(
        letter_id=letter.id,
        number=letter.number,
        agency_id=letter.agency_id,
        people=letter.people,
        valid_from=letter.valid_from,
        valid_until=letter.valid_until,
        state=letter.state,
        version=letter.version,
    )


def approve_template(command: ApproveTemplate, unit: Unit) -> TemplateShown:
    """Approve of a template, or no more; doing so twice changes nothing.

    Raises NotFound when an approval is taken back that was never given.
    """
    (key,) = command.locks()
    template = store.template(unit.shared, key)
    if template is None and not command.approved:
        raise NotFound("template", command.template)
    if template is None:
        template = Template(key, command.template, approved=True, version=1)
        unit.write(template_table, **vars(template))
        unit.emit(template.standing(), key)
    elif template.approve(command.approved):
        changed = {"approved": template.approved, "version": template.version}
        unit.change(template_table, key, **changed)
        unit.emit(template.standing(), key)
    return TemplateShown(template=template.template, approved=template.approved)
