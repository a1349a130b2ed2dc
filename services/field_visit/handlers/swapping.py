"""One of a pair cannot come: another goes, and what the first one carries is worth nothing.

The visit is decided about under its own lock, where check-ins are: whoever is first wins.
"""

from collections.abc import Iterator
from datetime import date
from uuid import UUID

from chassis.rows import refuse
from chassis.unit import Unit
from proto import badges, ids
from proto.base import Detail
from proto.field_visit import PairSwapped, PartnerSwapped, SwapPartner
from proto.letters import AuthorisationStanding, LetterState
from proto.workforce import PersonStanding
from services.field_visit import store
from services.field_visit.handlers import judging
from services.field_visit.handlers.facts import certified
from services.field_visit.model import Visit, visit_table


def swap_partner(command: SwapPartner, unit: Unit) -> PartnerSwapped:
    """Let another go by another letter, with a new code. Done so before, it stays so.

    Raises Conflict once somebody has been there, Invalid naming what does not fit.
    """
    visit = store.visit(unit.shared, command.visit_id)
    if not is_done(visit, command):
        visit.refuse_swap(command.leaves)
        refuse(list(does_not_fit(visit, command, unit)))
        end_withdrawals(visit, command.leaves, unit)
        visit.swap(command.leaves, command.comes, command.letter_id)
        unit.emit(renewed(visit, unit), visit.case_id)
    pair = (visit.collectors[0], visit.collectors[1])
    return PartnerSwapped(visit_id=visit.id, collectors=pair, letter_id=visit.letter_id)


def end_withdrawals(visit: Visit, leaves: UUID, unit: Unit) -> None:
    """Whoever left, and the letter they had, speak no more against what others do."""
    person = store.thing(PersonStanding, leaves)
    letter = store.thing(AuthorisationStanding, visit.letter_id)
    store.end_withdrawals(unit.connection, visit.id, (person, letter), unit.now)


def is_done(visit: Visit, command: SwapPartner) -> bool:
    pair = set(visit.collectors)
    gone = command.comes in pair and command.leaves not in pair
    return gone and visit.letter_id == command.letter_id


def does_not_fit(visit: Visit, command: SwapPartner, unit: Unit) -> Iterator[Detail]:
    """Yield what keeps this person from going on the visit's day by this letter."""
    person = unit.kept_all(PersonStanding, [command.comes]).get(command.comes)
    day = visit.local(visit.not_before).date()
    if command.comes in visit.collectors:
        yield Detail(pointer="/comes", kind="same-collector-twice")
    elif person is None or person.agency_id != visit.agency_id:
        yield Detail(pointer="/comes", kind="unknown-person")
    elif not may_go(visit, person, day):
        yield Detail(pointer="/comes", kind="cannot-go")
    yield from wrong_letter(visit, command, day, unit)


def may_go(visit: Visit, person: PersonStanding, day: date) -> bool:
    """Tell whether somebody of the agency may go to this door on a day."""
    ready = person.in_service and certified(person, day)
    return ready and not may_never_return(visit, person.person_id)


def may_never_return(visit: Visit, person_id: UUID) -> bool:
    """Tell whether this person was in danger at another visit to the case (S13)."""
    others = (each for each in visit.siblings if person_id in each.collectors)
    return any(other.danger_at is not None for other in others)


def wrong_letter(
    visit: Visit, command: SwapPartner, day: date, unit: Unit
) -> Iterator[Detail]:
    """Yield what is wrong with the letter: it has to name both who go then."""
    key = command.letter_id
    letter = unit.kept_all(AuthorisationStanding, [key]).get(key)
    if letter is None or letter.agency_id != visit.agency_id:
        yield Detail(pointer="/letter_id", kind="unknown-letter")
        return
    stays = {each for each in visit.collectors if each != command.leaves}
    names_both = {*stays, command.comes} <= set(letter.people)
    today = letter.valid_from <= day <= letter.valid_until
    if letter.state is not LetterState.ISSUED or not (names_both and today):
        yield Detail(pointer="/letter_id", kind="letter-does-not-fit")


def renewed(visit: Visit, unit: Unit) -> PairSwapped:
    """Give the visit a new code, and whatever else its phones know each other by."""
    code = badges.new()
    visit.badge = unit.keyring.seal(visit.case_id, "visit.badge", code)
    visit.badge_blind = unit.keyring.blind("visit.badge", badges.normal(code))
    visit.nonce = ids.new()
    unit.change(
        visit_table,
        visit.id,
        collectors=list(visit.collectors),
        letter_id=visit.letter_id,
        badge=visit.badge.model_dump(mode="json"),
        badge_blind=visit.badge_blind,
        nonce=visit.nonce,
    )
    return PairSwapped(
        **judging.about(visit, unit),
        collectors=visit.collectors,
        letter_id=visit.letter_id,
        badge=visit.badge,
        badge_blind=visit.badge_blind,
    )
