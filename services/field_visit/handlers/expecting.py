"""What is known of a visit beforehand: its facts, were all at the door as it should be.

Whatever speaks against the pair already is left as it is; what they see to themselves is
taken for granted, and named to the phone as such (`proto/pack.py:Lack`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import rulebook
from chassis.unit import Unit
from proto.dispatch import CaseStanding
from proto.facts import MaskedItem, Relation
from proto.pack import Deed, Met
from rulebook import Consent, DoorFacts, Here, Letter, Locating, Payment
from services.field_visit.handlers import codes, facts
from services.field_visit.handlers.facts import Asked
from services.field_visit.model import CheckedIn, LeaveKind, Visit

#: Stand for the pair: visits that are alike but for who goes there share their answers.
ONE, OTHER = UUID(int=1), UUID(int=2)
#: The smallest sum, where the bank has allowed none.
ANY_SUM = Payment("cash", Decimal("0.01"), "CNY")
HANDING = {Deed.HAND_OVER_LETTER: "in_person", Deed.USE_LETTERBOX: "letterbox"}
#: Nobody who is met but the debtor, once identified, has confirmed anything.
NOT_CONFIRMED: dict[str, Any] = {"identity_confirmed": False, "confirmed_items": 0}


def somebody_else(relation: str | None, **more: Any) -> dict[str, Any]:
    """Return how the facts look when somebody else opens, and would let the pair in."""
    invites = relation and Consent(by=relation, after_identified=False, withdrawn=False)
    return {"person_met": relation, "consent": invites} | NOT_CONFIRMED | more


#: How the facts look by whoever is met.
MET: dict[str, dict[str, Any]] = {
    Met.DEBTOR: {},
    Met.NOT_IDENTIFIED: NOT_CONFIRMED | {"consent": None},
    **{Met(each): somebody_else(each) for each in Relation if each != Relation.DEBTOR},
    Met.INCAPABLE: somebody_else(Relation.UNKNOWN, person_capable=False),
    Met.NOBODY: somebody_else(None),
}


def at_the_door(visit: Visit, at: datetime, unit: Unit) -> DoorFacts:
    """Return the facts at a moment of the day, with the debtor at the door."""
    found = facts.facts_of(visit, unit, Asked(at))
    own = found.consent if visit.door.consent_withdrawn else None
    return replace(
        found,
        here=both(visit, at, unit),
        on_duty=True,
        apart_m=0.0,
        pairing=None,
        planned=(ONE, OTHER),
        letter=found.letter and anonymous(visit, found.letter),
        recorded=not visit.door.recording_refused,
        introduced=True,
        letter_shown=True,
        badge_shown=True,
        person_met=Relation.DEBTOR.value,
        person_capable=True,
        identity_confirmed=True,
        confirmed_items=len(MaskedItem),
        consent=own or Consent(Relation.DEBTOR.value, True, False),
    )


def expected(
    visit: Visit, deed: Deed, found: DoorFacts, at: datetime, unit: Unit
) -> DoorFacts:
    """Return these facts as a deed asks them, in the way that is allowed most often."""
    match deed:
        case Deed.ENTER_PREMISES:
            reasons = sorted(found.allowed_entry_reasons or ())
            return replace(found, entry_reason=next(iter(reasons), None))
        case Deed.COLLECT_CASH:
            leave = visit.leave(LeaveKind.CASH)
            cap = leave and Payment("cash", leave.cash.cap, leave.cash.currency)
            asked = Asked(at, payment=cap or ANY_SUM)
            cash = facts.cash(visit, asked, unit)
            return replace(found, payment=asked.payment, cash=cash)
        case Deed.HAND_OVER_LETTER | Deed.USE_LETTERBOX:
            return replace(found, handing=HANDING[deed])
        case Deed.ASK_THIRD_PARTY:
            return replace(found, locating=locating(visit, at, unit))
        case Deed.SHOW_PAYMENT_CODE:
            return replace(found, code=codes.current(visit, unit))
    return found


def both(visit: Visit, at: datetime, unit: Unit) -> tuple[Here, ...]:
    """Return the pair at the door, by fresh presences of now."""
    kept = unit.kept(facts.resting_on(visit))
    here = (CheckedIn(each, each, each, 0.0, 0.0, at) for each in visit.collectors)
    found = (facts.present(visit, each, kept, visit.local(at)) for each in here)
    return tuple(
        replace(each, collector_id=who)
        for each, who in zip(found, (ONE, OTHER), strict=True)
    )


def anonymous(visit: Visit, letter: Letter) -> Letter:
    """Return a letter as if it named who stands for the pair."""
    pair = zip(visit.collectors, (ONE, OTHER), strict=True)
    named = (who for person, who in pair if person in letter.names)
    return replace(letter, number="-", names=frozenset(named))


def locating(visit: Visit, at: datetime, unit: Unit) -> Locating | None:
    """Return what is known of asking somebody else, who agrees unless they said no."""
    found = facts.locating(visit, Asked(at, purpose="locate"), unit)
    leave = visit.leave(LeaveKind.THIRD_PARTY)
    if found is None or leave is None:
        return found and replace(found, answer=found.answer or "agrees")
    over = found.permit == "open" and leave.third_party.good_until <= at
    permit = "expired" if over else found.permit
    return replace(found, permit=permit, answer=found.answer or "agrees")


def turns(visit: Visit, begins: datetime, ends: datetime, unit: Unit) -> set[datetime]:
    """Return the moments of a day at which any answer may change, its first among them.

    Those of the rules, and those of what the facts themselves are made from.
    """
    first = at_the_door(visit, begins, unit)
    on = first.starts_at.date()
    found: set[datetime] = {*of_leaves(visit, unit), *of_plan(visit, begins, unit)}
    for deed in Deed:
        facts_then = expected(visit, deed, first, begins, unit)
        found |= rulebook.turns(deed.act, facts_then, visit.books, on)
    folded = (turn.replace(fold=fold) for turn in found for fold in (0, 1))
    moments = {begins, *(each.astimezone(UTC) for each in folded)}
    moments |= set(changes_of_clock(visit, begins, ends))
    return {each for each in moments if begins <= each < ends}


def of_leaves(visit: Visit, unit: Unit) -> Iterator[datetime]:
    """Yield from when to when the bank's leave and named hours are good."""
    for leave in visit.leaves:
        if leave.used_until:
            yield leave.used_until
        match leave.kind:
            case LeaveKind.CASH:
                yield leave.cash.good_until
            case LeaveKind.THIRD_PARTY:
                yield leave.third_party.good_until
            case LeaveKind.APPOINTMENT | LeaveKind.HOUR:
                starts, ends = (
                    visit.local(each) for each in (leave.hour.starts_at, leave.hour.ends_at)
                )
                yield from (starts, ends, ends - lasts(visit, unit))


def of_plan(visit: Visit, begins: datetime, unit: Unit) -> Iterator[datetime]:
    """Yield from when to when special circumstances let the pair come."""
    case = unit.kept(facts.resting_on(visit)).get(CaseStanding, visit.case_id)
    if case is None or case.plan is None:
        return
    midnight = visit.local(begins)
    for clock in (case.plan.opens, case.plan.closes):
        at = datetime.combine(midnight.date(), time.fromisoformat(clock), midnight.tzinfo)
        yield from (at, at - lasts(visit, unit), at - lasts(visit, unit) + MINUTE)


#: A plan's hours are compared by the minute that a clock shows.
MINUTE = timedelta(minutes=1)


def lasts(visit: Visit, unit: Unit) -> timedelta:
    """Return how long a visit is expected to take."""
    today = visit.local(unit.now).date()
    return timedelta(minutes=rulebook.visit_minutes(visit.books, today) or 0)


def changes_of_clock(visit: Visit, begins: datetime, ends: datetime) -> Iterator[datetime]:
    """Yield when the clocks are put back or forward that day, to the second."""
    if visit.local(begins).utcoffset() == visit.local(ends).utcoffset():
        return
    before, after = begins, ends
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before).total_seconds() // 2)
        same = visit.local(middle).utcoffset() == visit.local(begins).utcoffset()
        before, after = (middle, after) if same else (before, middle)
    yield after
