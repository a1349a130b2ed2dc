"""From a visit to its facts: what is known, and None for what is not."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

import rulebook
from chassis.shared import Kept
from chassis.unit import Unit
from proto import ids
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding, CaseState
from proto.field_visit import CollectCash
from proto.letters import AuthorisationStanding, LetterState, TemplateStanding
from proto.workforce import AgencyStanding, DeviceStanding, DeviceState, PersonStanding
from rulebook import (
    Appointment,
    Care,
    Cash,
    Consent,
    DoorFacts,
    Here,
    Letter,
    Locating,
    Pairing,
    Paper,
    Payment,
    PaymentCode,
)
from services.field_visit.handlers.places import closed
from services.field_visit.model import CheckedIn, Door, LeaveKind, Visit


@dataclass(frozen=True)
class Asked:
    """What an ask is about, besides the visit. The hours are judged at `at`, or now.

    `apart_m` and `pairing` are of a check-in, where the phones show that they are together.
    """

    at: datetime | None = None
    entry_reason: str | None = None
    payment: Payment | None = None
    code: PaymentCode | None = None
    handing: str | None = None
    purpose: str | None = None
    apart_m: float | None = None
    pairing: Pairing | None = None


NOTHING_MORE = Asked()


def facts_of(visit: Visit, unit: Unit, asked: Asked = NOTHING_MORE) -> DoorFacts:
    """Gather what is known. What is not known is None, and stops whoever needs it.

    All but the hours is as it stands now.
    """
    now, door = visit.local(asked.at or unit.now), visit.door
    kept = unit.kept(resting_on(visit))
    ends = now + timedelta(minutes=rulebook.visit_minutes(visit.books, now.date()) or 0)
    here = [each for each in visit.here if reachable(each, kept)]
    return DoorFacts(
        starts_at=now,
        ends_at=ends,
        appointment=appointment(visit, now),
        visited_today=visit.visited_on(now.date()),
        endangered=visit.endangered,
        here=tuple(present(visit, each, kept, now) for each in here),
        on_duty=duty(visit, now),
        apart_m=asked.apart_m,
        pairing=asked.pairing,
        planned=visit.collectors,
        letter=letter(visit, kept, now.date()),
        mandate_in_force=mandate(visit, kept),
        address_open=address_open(visit, kept),
        care=care(visit, kept, now, ends, unit),
        disputed=door.disputed is not None,
        recorded=door.recorded,
        introduced=door.mandate_declared,
        letter_shown=door.letter_shown,
        badge_shown=door.badge_shown,
        person_met=door.person_met and door.person_met.value,
        liable=liable(visit, kept),
        person_capable=door.person_capable,
        identity_confirmed=door.identified_at is not None,
        confirmed_items=door.items,
        entry_reason=asked.entry_reason,
        allowed_entry_reasons=rulebook.entry_reasons(visit.books, now.date()),
        consent=consent(door),
        objection=door.objection,
        payment=asked.payment,
        cash=cash(visit, asked, unit),
        code=asked.code,
        paper=paper(visit, kept),
        handing=asked.handing,
        locating=locating(visit, asked, unit),
    )


def resting_on(visit: Visit) -> dict[type, list[UUID]]:
    """Return what of others is to be known of."""
    template = visit.paper_template
    return {
        CaseStanding: [visit.case_id],
        WorkStanding: [visit.case_id],
        AgencyStanding: [visit.agency_id],
        AuthorisationStanding: [visit.letter_id],
        PersonStanding: list(visit.collectors),
        DeviceStanding: [here.device_id for here in visit.here],
        TemplateStanding: [ids.named("template", template)] if template else [],
    }


def consent(door: Door) -> Consent | None:
    if door.consent_by is None:
        return None
    return Consent(
        by=door.consent_by.value,
        after_identified=door.consent_after_identified,
        withdrawn=door.consent_withdrawn,
    )


def reachable(here: CheckedIn, kept: Kept) -> bool:
    """Tell whether a collector still has the phone that said so: lost, it says nothing."""
    device = kept.get(DeviceStanding, here.device_id)
    return device is not None and device.state is DeviceState.ENROLLED


def duty(visit: Visit, now: datetime) -> bool | None:
    """Tell whether everyone here has begun their shift of today and not ended it.

    By the journals of the phones that are here, as far as they have arrived; nothing
    when that was not looked for, or nobody is here.
    """
    if visit.shifts is None or not visit.here:
        return None
    return all(visit.on_shift(here.device_id, now) for here in visit.here)


def present(visit: Visit, here: CheckedIn, kept: Kept, now: datetime) -> Here:
    person = kept.get(PersonStanding, here.collector_id)
    ours = person is not None and person.agency_id == visit.agency_id
    return Here(
        collector_id=here.collector_id,
        distance_m=here.distance_m,
        accuracy_m=here.accuracy_m,
        presence_age_s=(now - here.present_at).total_seconds(),
        certified=certified(person, now.date()) if person else None,
        in_service=person.in_service and ours if person else None,
    )


def certified(person: PersonStanding, today: date) -> bool:
    first, last = person.certified_from, person.certified_until
    return first is not None and last is not None and first <= today <= last


def letter(visit: Visit, kept: Kept, today: date) -> Letter | None:
    found = kept.get(AuthorisationStanding, visit.letter_id)
    if found is None:
        return None
    return Letter(
        number=found.number,
        valid_on_day=found.valid_from <= today <= found.valid_until,
        revoked=found.state is LetterState.REVOKED,
        names=frozenset(found.people),
        for_agency=found.agency_id == visit.agency_id,
    )


def mandate(visit: Visit, kept: Kept) -> bool | None:
    """Tell whether the case is placed with this agency, and nobody has stopped the work.

    A complaint that the pair has heard stops it before the bank has said so. Which of
    these it was is nobody's to know.
    """
    case = kept.get(CaseStanding, visit.case_id)
    agency = kept.get(AgencyStanding, visit.agency_id)
    if case is None or agency is None:
        return None
    work = kept.get(WorkStanding, visit.case_id)
    suspended = visit.door.complained or (work is not None and work.suspended)
    placed = case.state is CaseState.PLACED and case.agency_id == visit.agency_id
    return placed and agency.active and not suspended


def address_open(visit: Visit, kept: Kept) -> bool | None:
    """Tell whether the address may be gone to, as far as is known."""
    case = kept.get(CaseStanding, visit.case_id)
    return None if case is None else case.address_open and not visit.door.wrong_address


def liable(visit: Visit, kept: Kept) -> frozenset[str]:
    """Return who else owes this debt, as far as the bank has said so."""
    case = kept.get(CaseStanding, visit.case_id)
    return frozenset(case.liable if case else ())


def care(
    visit: Visit, kept: Kept, starts: datetime, ends: datetime, unit: Unit
) -> Care | None:
    """Return whether special circumstances are heeded, when there are any.

    A workplace, a school or a hospital is one: closed without a plan (4.21 4.22).
    """
    case = kept.get(CaseStanding, visit.case_id)
    if visit.door.special:  # met with here and now: no plan can know of it
        return Care(within_plan=False)
    if case is None or not (case.special or closed(visit, unit)):
        return None
    if (plan := case.plan) is None or starts.date() > plan.until:
        return Care(within_plan=False)
    first, last = f"{starts:%H:%M}", f"{ends:%H:%M}"
    inside = plan.opens <= first and last < plan.closes
    return Care(within_plan=inside and starts.date() == ends.date())


def appointment(visit: Visit, now: datetime) -> Appointment | None:
    """Return the hour that was named or vouched for, when it is now."""
    if (leave := visit.hour(now)) is None:
        return None
    return Appointment(
        starts_at=visit.local(leave.hour.starts_at),
        ends_at=visit.local(leave.hour.ends_at),
        agreed=leave.kind is LeaveKind.APPOINTMENT,
        used=not leave.free_for(visit.id),
    )


def payment(command: CollectCash) -> Payment:
    return Payment(command.what.value, command.amount, command.currency)


def spoken_for(payment: Payment) -> str:
    """Return what a cash authority is used for."""
    return f"{payment.amount:.2f} {payment.currency}"


def cash(visit: Visit, asked: Asked, unit: Unit) -> Cash | None:
    """Return the bank's leave to take cash, and whether somebody has had it.

    Whoever was given it for this very amount is told so again, until it was taken; they
    alone may ask anew when it ran out, for only their phone can know that it was not.
    """
    leave = visit.leave(LeaveKind.CASH)
    if leave is None or asked.payment is None:
        return None
    me = unit.asker.person_id if unit.asker else None
    handed = visit.door.cash_handed > 0
    again = leave.mine(visit.id, me, spoken_for(asked.payment))
    theirs = leave.used_by == visit.id and leave.used_person == me
    lapsed = theirs and not leave.lives(asked.at or unit.now)
    return Cash(
        reason=leave.cash.reason.value,
        cap=leave.cash.cap,
        currency=leave.cash.currency,
        good_until=visit.local(leave.cash.good_until),
        state=leave.cash.state.value,
        used=leave.used_by is not None and (handed or not (again or lapsed)),
    )


def paper(visit: Visit, kept: Kept) -> Paper | None:
    """Return the letter planned for the debtor, and whether its template is approved."""
    if visit.paper_template is None or visit.paper_how is None:
        return None
    key = ids.named("template", visit.paper_template)
    template = kept.get(TemplateStanding, key)
    approved = template is not None and template.approved
    return Paper(approved=approved, how=visit.paper_how)


def locating(visit: Visit, asked: Asked, unit: Unit) -> Locating | None:
    """Return what is known of asking somebody else, when that is what is asked."""
    if asked.purpose is None:
        return None
    return Locating(asked.purpose, third_party_permit(visit, unit), visit.door.third_answer)


def third_party_permit(visit: Visit, unit: Unit) -> str | None:
    """Return the state of the newest permit: one person may be asked by it, once."""
    if (leave := visit.leave(LeaveKind.THIRD_PARTY)) is None:
        return None
    standing, mine = leave.third_party, leave.used_for == who_is_asked(visit)
    if leave.used_by and not (leave.used_by == visit.id and mine and leave.lives(unit.now)):
        return "used"
    if standing.good_until <= unit.now:
        return "expired"
    if standing.state == "used":  # by us: it is not yet another's
        return "open" if leave.used_by else "used"
    return standing.state


def who_is_asked(visit: Visit) -> str:
    """Return what a permit is used for: the person who was met last, and no other."""
    met = visit.door.person_met
    return f"{met.value if met else '-'}/{visit.door.meetings}"
