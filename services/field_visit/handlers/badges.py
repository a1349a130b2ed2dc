"""Who is at my door? Answered to anybody, by the code on the badge."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from chassis.shared import Kept
from chassis.unit import Unit
from proto import ids
from proto.badges import normal
from proto.base import Standing
from proto.field_visit import (
    BadgeChecked,
    CheckBadge,
)
from proto.workforce import AgencyStanding, PersonStanding
from services.field_visit import store
from services.field_visit.handlers import facts, judging
from services.field_visit.model import Visit

NOBODY = BadgeChecked(mandated=False, agency=None, staff_numbers=())


def check_badge(command: CheckBadge, unit: Unit) -> BadgeChecked:
    """Say whether these two are mandated today; of a code nobody has, the same no.

    After the same statements, so that nobody can tell a code that was good once. Raises
    Unavailable while a no may be on its way to us.
    """
    blind = unit.keyring.blind("visit.badge", normal(command.code))
    visit = store.by_badge(unit.connection, blind)
    unit.keyring.load([visit.case_id if visit else ids.new()])
    rests_on = facts.resting_on(visit) if visit else of_nobody()
    unit.shared.want(subjects=about(rests_on))
    kept = unit.kept(rests_on)
    unit.shared.refuse_stale(sorted(judging.SOURCES), about(rests_on))
    if visit is None or not mandated_today(visit, kept, unit):
        return NOBODY
    agency = kept.get(AgencyStanding, visit.agency_id)
    people = [kept.get(PersonStanding, person) for person in visit.collectors]
    return BadgeChecked(
        mandated=True,
        agency=agency.code if agency else None,
        staff_numbers=tuple(person.staff_no for person in people if person),
    )


def about(rests_on: dict[type[Standing], list[UUID]]) -> Iterable[UUID]:
    """Return whose events may not wait anywhere while it is answered."""
    return [key for keys in rests_on.values() for key in keys]


def of_nobody() -> dict[type[Standing], list[UUID]]:
    """Return what a visit would rest on that there is not."""
    return {PersonStanding: [ids.new() for _ in range(6)]}


def mandated_today(visit: Visit, kept: Kept, unit: Unit) -> bool:
    """Tell whether these two may be at that door today, as far as nobody has to be asked.

    Planned for today, by a letter in force that names both, for a case that is worked, at
    an address that is open, and by the bank's plan where there are special circumstances;
    both certified, and neither ever in danger there.
    Not by the hour: whoever looks up who has just left is told so too.
    """
    now = visit.local(unit.now)
    first, last = visit.local(visit.not_before), visit.local(visit.not_after)
    care = facts.care(visit, kept, now, now, unit)
    return (
        first.date() <= now.date() <= last.date()
        and letter_names(visit, kept, now.date())
        and all(fit(visit, kept, person, now.date()) for person in visit.collectors)
        and visit.danger_at is None
        and not visit.endangered
        and facts.mandate(visit, kept) is True
        and facts.address_open(visit, kept) is True
        and (care is None or care.within_plan)
    )


def letter_names(visit: Visit, kept: Kept, today: date) -> bool:
    """Tell whether a letter in force names both for this agency (4.15 21.035 21.087)."""
    letter = facts.letter(visit, kept, today)
    if letter is None or letter.revoked or not letter.valid_on_day:
        return False
    return letter.for_agency and letter.names >= set(visit.collectors)


def fit(visit: Visit, kept: Kept, person_id: UUID, today: date) -> bool:
    """Tell whether somebody works for the agency the case is placed with, certified."""
    person = kept.get(PersonStanding, person_id)
    if person is None or person.agency_id != visit.agency_id:
        return False
    return person.in_service and facts.certified(person, today)
