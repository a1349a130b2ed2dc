"""One entry that joins: kept, counted at its door, followed, and its shift heeded."""

from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chassis.errors import Conflict
from chassis.unit import Unit
from proto.base import Sealed
from proto.facts import (
    PERSONAL,
    Appointment,
    AtTheGate,
    Circumstance,
    DebtorSigned,
    Fact,
    PositionNoted,
    ShiftEnded,
    ShiftStarted,
)
from proto.field_visit import Irregularity, VisitState
from proto.journal import Entry, Unread
from services.field_visit.handlers import permits
from services.field_visit.handlers.consequences import follow
from services.field_visit.handlers.oddities import APART, Told
from services.field_visit.handlers.verdicts import Written
from services.field_visit.model import (
    MATTERS,
    SEALED,
    Item,
    Noted,
    Span,
    Timed,
    Visit,
    journal_table,
)

if TYPE_CHECKING:
    from services.field_visit.handlers.arriving import Arrival

#: What the personal members of each kind of fact are sealed for.
PURPOSES: dict[type, str] = {
    PositionNoted: "visit.position",
    AtTheGate: "visit.position",
    DebtorSigned: "visit.remarks",
    Appointment: "visit.where",
    Circumstance: "visit.hardship",
}


def join(arrival: "Arrival", item: Item, when: Timed, *, told: bool) -> None:
    """Keep an entry, and let it count. `told`: it has spoken while it waited."""
    content, visit = item.content, arrival.of(item.content)
    tell_of_clock(arrival, item, when)
    if isinstance(content, Unread) or (visit is None and content.visit_id):
        return set_aside(arrival, item, when)
    heed_shift(arrival, content, when)
    at = when.span.clamp(content.at)
    fact = fact_of(arrival, visit, item, content.fact, at)
    keep(arrival, item, when, fact, visit)
    if visit is not None:
        counts = arrival.enrolled and visit.state is VisitState.CLEARED
        count(arrival, visit, Written(arrival.head.id, content, at, counts, when), told)
    return None


def count(arrival: "Arrival", visit: Visit, written: Written, told: bool) -> None:
    """Let a fact count at its door, and tell others of it, unless it has been told.

    Of where a phone was, which it notes a hundred times a visit, nothing follows here.
    """
    unit, fact = arrival.unit, written.entry.fact
    if isinstance(fact, PositionNoted):
        return
    if isinstance(fact, MATTERS):
        noted = Noted(fact, written.at, written.counts, written.device_id)
        if visit.take(noted):
            permits.end_asks(visit, written.at, unit)
    if not told:
        follow(visit, written, unit)


def speak(arrival: "Arrival", visit: Visit, entry: Entry, at: Any) -> None:
    """Let a no count that waits for what lies before it: doubt wins."""
    when = Timed(Span(None, arrival.unit.now))
    count(arrival, visit, Written(arrival.head.id, entry, at, False, when), told=False)


def tell_of_clock(arrival: "Arrival", item: Item, when: Timed) -> None:
    if when.back:
        arrival.told.append(Told(Irregularity.CLOCK_BACK, item.seq))
    if when.torn:
        arrival.told.append(Told(Irregularity.CLOCK_TORN, item.seq))


def set_aside(arrival: "Arrival", item: Item, when: Timed) -> None:
    """Keep what cannot be read, or is of somebody else's visit: in its place, sealed."""
    unread = isinstance(item.content, Unread)
    kind = Irregularity.MALFORMED if unread else Irregularity.STRAY
    arrival.told.append(Told(kind, item.seq))
    raw = item.content.model_dump_json()
    fact = {"kind": kind.value} | sealed(arrival.visit.case_id, APART, raw, arrival.unit)
    keep(arrival, item, when, fact, None)


def heed_shift(arrival: "Arrival", entry: Entry, when: Timed) -> None:
    """Begin or end the collector's shift (DOORS.md: both pressed, both visible)."""
    if isinstance(entry.fact, ShiftStarted | ShiftEnded):
        arrival.head.on_duty = begins = isinstance(entry.fact, ShiftStarted)
        arrival.head.duty_at = at = when.span.clamp(entry.at)
        for visit in arrival.visits.values():
            visit.heed_shift(arrival.head.id, begins, at)


def fact_of(
    arrival: "Arrival", visit: Visit | None, item: Item, fact: Fact, at: datetime
) -> dict[str, Any]:
    """Return a fact as it is kept. Where somebody was off duty is nobody's to know."""
    position = getattr(fact, "position", None)
    if position is not None and not on_duty(arrival, at):
        arrival.told.append(Told(Irregularity.OFF_DUTY, item.seq))
        told = fact.model_dump(mode="json")
        return {k: v for k, v in told.items() if k in ("kind", "admitted")}
    key_id = visit.case_id if visit else arrival.head.person_id
    return kept(key_id, fact, item.hashes.personal, arrival.unit)


def on_duty(arrival: "Arrival", at: datetime) -> bool:
    """Tell whether the collector was on duty: by a shift of that day, not of another."""
    head, began = arrival.head, arrival.head.duty_at
    lasts = began is not None and arrival.visit.shift_lasts(began, at)
    return head.on_duty and lasts


def kept(key_id: UUID, fact: Fact, personal: str | None, unit: Unit) -> dict[str, Any]:
    """Return a fact as it is kept: what is personal, or the bank's alone, is sealed."""
    if (names := PERSONAL.get(type(fact))) is None:
        return fact.model_dump(mode="json")
    rest = fact.model_dump(mode="json", exclude=set(names))
    text = personal or of_before(fact, names)
    return rest | (sealed(key_id, PURPOSES[type(fact)], text, unit) if text else {})


def of_before(fact: Fact, names: frozenset[str]) -> str | None:
    """Return what is personal in a fact that was hashed without a salt, if anything is."""
    if isinstance(fact, Circumstance):  # whether one was named is the bank's alone too
        return fact.hardship.value if fact.hardship else "unsaid"
    text = fact.model_dump_json(include=set(names), exclude_none=True)
    return None if text == "{}" else text


def sealed(key_id: UUID, purpose: str, text: str, unit: Unit) -> dict[str, Any]:
    """Seal a part of a fact; nothing is left of it when its key was shredded."""
    try:
        box: Sealed = unit.keyring.seal(key_id, purpose, text)
    except Conflict:
        return {}
    return {SEALED: box}


def keep(
    arrival: "Arrival",
    item: Item,
    when: Timed,
    fact: dict[str, Any],
    visit: Visit | None,
) -> None:
    unit, content = arrival.unit, item.content
    entry = content if isinstance(content, Entry) else None
    unit.write(
        journal_table,
        device_id=arrival.head.id,
        seq=item.seq,
        visit_id=visit and visit.id,
        at=entry.at if entry else unit.now,
        prev=item.prev,
        link=item.link,
        kind=fact["kind"],
        fact=fact,
        signature=item.signature,
        counts=arrival.enrolled and counts_at(visit, content),
        received_at=unit.now,
        boot_id=entry and entry.boot_id,
        elapsed_ms=entry and entry.elapsed_ms,
        satellite_at=entry and entry.satellite_at,
        earliest=when.span.earliest,
        latest=when.span.latest,
        **salted(item),
    )


def salted(item: Item) -> dict[str, Any]:
    """Return what leads from an entry to its link when what it hides is gone."""
    hides = item.content.hides if isinstance(item.content, Entry) else None
    return {"salt": item.hashes.salt, "hides": hides, "hidden": item.hashes.hidden}


def counts_at(visit: Visit | None, content: Entry | Unread) -> bool:
    """Tell whether it may speak for the pair: they are cleared, or no door is concerned."""
    return visit.state is VisitState.CLEARED if visit else isinstance(content, Entry)
