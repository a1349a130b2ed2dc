"""How a journal arrives: believed by its signature, joined in order, each entry once.

What is sent before what lies before it waits, and speaks at once if it speaks against the
pair. What is odd is kept and told of, and never taken for more than it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter, ValidationError

from chassis import signatures
from chassis.errors import Forbidden, NotFound, TooMuch, Unavailable
from chassis.malformed import malformed
from chassis.unit import Unit
from proto import ids
from proto.base import Detail, Sealed
from proto.evidence import LookForSeal
from proto.facts import Anchored as AnchorNoted
from proto.field_visit import Irregularity, VisitState
from proto.journal import Entry, Hashes, Journal, Unread, Written
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import (
    oddities,
    plausibility,
    recording,
    sealing,
    writing,
)
from services.field_visit.handlers.oddities import AHEAD, Told
from services.field_visit.model import (
    SEALED,
    Ahead,
    Batch,
    Head,
    Item,
    Reading,
    Sorted,
    Timed,
    Visit,
    ahead_table,
    head_table,
    sort,
    speaks_against,
    timed,
)
from services.field_visit.model import Told as ToldOfTime

#: How much of one phone may wait for what lies before it.
MOST_AHEAD = 1_000
#: So long before and after what is known of a visit a position of none may be of it.
NEAR = timedelta(hours=1)
#: Another history than the one that is kept.
OTHERWISE = (Irregularity.FORK, Irregularity.UNLINKED)
#: What is left of what waited once it has joined: the journal keeps what may be kept of it.
BLANK: dict[str, str] = {}
READ: TypeAdapter[Entry | Unread] = TypeAdapter(Written)


@dataclass
class Arrival:
    """One batch of one phone, in the name of a visit."""

    visit: Visit
    journal: Journal
    device: DeviceStanding
    head: Head
    found: Sorted
    unit: Unit
    visits: dict[UUID, Visit] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)

    @property
    def enrolled(self) -> bool:
        """Whether it may speak for the pair; what a lost phone wrote is kept as well."""
        return self.device.state is DeviceState.ENROLLED

    def of(self, content: Entry | Unread) -> Visit | None:
        """Return the visit an entry is of, if this person was to make it."""
        named = content.visit_id if isinstance(content, Entry) else None
        return self.visits.get(named) if named else None

    def is_stray(self, content: Entry | Unread) -> bool:
        named = content.visit_id if isinstance(content, Entry) else None
        return named is not None and named not in self.visits


def phone_of(visit: Visit, journal: Journal, unit: Unit) -> DeviceStanding:
    """Return the pair's phone that a journal is of, enrolled or lost.

    Raises NotFound for any other, Forbidden for one that never had a key.
    """
    device = unit.kept_all(DeviceStanding, [journal.device_id]).get(journal.device_id)
    if device is None or device.person_id not in visit.collectors:
        raise NotFound("device", journal.device_id)
    if device.public_key is None:
        raise Forbidden("device-without-key", key=str(journal.device_id))
    return device


def is_signed(device: DeviceStanding, journal: Journal) -> bool:
    """Tell whether the phone has signed the last entry."""
    assert device.public_key
    return signatures.verifies(device.public_key, journal.signature, journal.head())


def sorted_by(
    visit: Visit, journal: Journal, device: DeviceStanding, unit: Unit
) -> Arrival:
    """Read what is kept of a phone, and say what becomes of each entry."""
    head = store.head(unit.shared, journal.device_id, device.person_id)
    batch = Batch.of(journal)
    numbers = [item.seq for item in batch.signed if item.seq <= head.seq]
    kept = {}
    if numbers:
        first, last = min(numbers), max(numbers)
        kept = store.links(unit.connection, head.id, first, last)
    waiting = []
    if head.ahead:
        waiting = store.waiting_entries(unit.connection, head.id, head.seq)
    found = sort(head, kept, waiting, batch)
    return Arrival(visit, journal, device, head, found, unit)


def take_in(arrival: Arrival) -> int:
    """Let what joins count, and what waits wait; return how many entries were new."""
    unit, found, head = arrival.unit, arrival.found, arrival.head
    joins = opened(found.joins, unit)
    apart = not_joining(arrival)
    content = [item.content for item in (*joins, *found.waits, *apart)]
    arrival.visits = theirs(content, arrival)
    told = {each.seq for each in found.joins if isinstance(each, Ahead) and each.told}
    whens = when_made(joins, arrival)
    for item, when in unit.in_turns(zip(joins, whens, strict=True)):
        writing.join(arrival, item, when, told=item.seq in told)
    look_again([item.content for item in joins], arrival)
    for item in (*found.waits, *noes(apart, arrival)):
        wait(arrival, item)
    was_ahead, head.ahead = head.ahead, len(found.waits) + len(found.still)
    if head.ahead and not was_ahead:
        arrival.told.append(Told(Irregularity.GAP, found.seq + 1))
    oddities.note_all(arrival)
    for each in found.joins:
        if isinstance(each, Ahead):
            unit.change(ahead_table, each.id, joined_at=unit.now, entry=BLANK)
    if was_ahead and not head.ahead:
        look_at_held(arrival)
    if joins or head.ahead != was_ahead:
        head.seq, head.link = found.seq, found.link
        unit.change(head_table, head.id, **head.row())
    return len(joins) + len(found.waits)


def look_again(content: Sequence[Entry | Unread], arrival: Arrival) -> None:
    """Have visits looked at again that were over when more of their positions came: each
    once, however many came.
    """
    over = [v for v in arrival.visits.values() if v.state is VisitState.CLOSED]
    for visit in over:
        sealing.look_soon(visit, arrival.unit)
    if not over:
        return
    noted = [each for each in content if isinstance(each, Entry) and says_where(each)]
    for visit in over:
        recording.look(visit, arrival.unit)
        if any(each.visit_id == visit.id or is_near(each, visit) for each in noted):
            plausibility.look(visit, arrival.unit)


def look_at_held(arrival: Arrival) -> None:
    """Have every visit looked at that a gap may have held back, which is none any more."""
    unit = arrival.unit
    for each in store.held_by_gap(unit.connection, arrival.device.person_id):
        unit.later(unit.now, LookForSeal(visit_id=each), each)


def says_where(entry: Entry) -> bool:
    return getattr(entry.fact, "position", None) is not None


def is_near(entry: Entry, visit: Visit) -> bool:
    """Tell whether an entry of no visit was made about when something was at this one."""
    told = [each.present_at for each in visit.here] + [each.at for each in visit.facts]
    if entry.visit_id is not None or not told:
        return False
    return min(told) - NEAR <= entry.at <= max(told) + NEAR


def not_joining(arrival: Arrival) -> list[Item]:
    """Return what the phone has signed, and what does not join: of another history."""
    found = []
    for each in arrival.found.odd:
        if each.row is not None and each.kind in OTHERWISE:
            content = arrival.journal.entries[each.row]
            if place := content.place():
                found.append(Item(content, *place, content.hashes(), each.row))
    return found


def noes(apart: Sequence[Item], arrival: Arrival) -> list[Item]:
    """Return what of it speaks against the pair and has not spoken yet: doubt wins."""
    said = {
        ahead_id(arrival.head.id, item): item
        for item in apart
        if isinstance(item.content, Entry)
        and speaks_against(item.content.fact)
        and arrival.of(item.content)
    }
    known = store.waited(arrival.unit.connection, said.keys()) if said else {}
    return [item for key, item in said.items() if key not in known]


def ahead_id(device_id: UUID, item: Item) -> UUID:
    """Return the id by which something waits: sent again, it is the same."""
    return ids.named("ahead", f"{device_id}/{item.seq}/{item.link}")


def opened(joins: Sequence[Item | Ahead], unit: Unit) -> list[Item]:
    """Return what joins, that which has waited opened."""
    waited = [each.id for each in joins if isinstance(each, Ahead)]
    rows = store.waited(unit.connection, waited) if waited else {}
    return [
        each if isinstance(each, Item) else reopened(each, *rows[each.id], unit)
        for each in joins
    ]


def reopened(each: Ahead, sealed: Sealed | None, signature: str | None, unit: Unit) -> Item:
    """Return what waited; what is left of it, when its case was shredded by then."""
    content: Entry | Unread = Unread(None)
    if sealed is None:
        return Item(content, each.seq, each.prev, Hashes(each.link), -1, signature)
    try:
        text = unit.keyring.open(sealed, sealed.key_id, AHEAD)
        content = READ.validate_json(text)
    except Unavailable:
        pass
    hashes = content.hashes()._replace(link=each.link)
    return Item(content, each.seq, each.prev, hashes, -1, signature)


def theirs(content: Sequence[Entry | Unread], arrival: Arrival) -> dict[UUID, Visit]:
    """Return the visits that these are of, as far as this person was to make them."""
    named = {each.visit_id for each in content if isinstance(each, Entry)}
    wanted = sorted(each for each in named if each and each != arrival.visit.id)
    found = store.visits_there_are(arrival.unit.shared, wanted) if wanted else {}
    found[arrival.visit.id] = arrival.visit
    me = arrival.device.person_id
    return {key: each for key, each in found.items() if me in each.collectors}


def when_made(joins: Sequence[Item], arrival: Arrival) -> tuple[Timed, ...]:
    """Say of each entry when it can have been made, by the anchors that the phone notes."""
    unit, noted = arrival.unit, {}
    facts = [item.content.fact for item in joins if isinstance(item.content, Entry)]
    wanted = [fact.anchor_id for fact in facts if isinstance(fact, AnchorNoted)]
    if wanted:
        noted = store.anchors(unit.connection, arrival.head.id, wanted)
    readings = [reading(item.content, noted) for item in joins]
    return timed(arrival.head.clock, readings, unit.now)


def reading(content: Entry | Unread, noted: Mapping[UUID, Any]) -> Reading:
    if isinstance(content, Unread):
        return Reading(None, None)
    told, fact = None, content.fact
    if isinstance(fact, AnchorNoted) and fact.anchor_id in noted and usable(content, fact):
        told = ToldOfTime(noted[fact.anchor_id].at, fact.asked_ms, fact.got_ms)
    return Reading(content.boot_id, content.elapsed_ms, told)


def usable(entry: Entry, fact: AnchorNoted) -> bool:
    """Tell whether an anchor was asked for, told and noted in this order, in one boot."""
    if entry.boot_id is None or entry.elapsed_ms is None:
        return False
    return fact.asked_ms <= fact.got_ms <= entry.elapsed_ms


def wait(arrival: Arrival, item: Item) -> None:
    """Keep what waits, sealed; let a no that is in it count at once.

    Raises TooMuch when too much of the phone waits already.
    """
    unit, visit, entry = arrival.unit, arrival.of(item.content), item.content
    if arrival.head.ahead + len(arrival.found.waits) > MOST_AHEAD:
        raise TooMuch("journal-too-much", most=MOST_AHEAD, seconds=60)
    doubt = None
    if visit and isinstance(entry, Entry) and speaks_against(entry.fact):
        doubt = writing.kept(visit.case_id, entry.fact, item.hashes.personal, unit)
        writing.speak(arrival, visit, entry, min(entry.at, unit.now))
    key_id, text = (visit or arrival.visit).case_id, item.content.model_dump_json()
    unit.write(
        ahead_table,
        id=ahead_id(arrival.head.id, item),
        device_id=arrival.head.id,
        seq=item.seq,
        prev=item.prev,
        link=item.link,
        visit_id=visit and visit.id,
        at=entry.at if isinstance(entry, Entry) else unit.now,
        entry=writing.sealed(key_id, AHEAD, text, unit).get(SEALED, {}),
        doubt=doubt,
        signature=item.signature,
        counts=arrival.enrolled,
        received_at=unit.now,
    )


def problems(journal: Journal) -> tuple[Detail, ...]:
    """Name what cannot be read, field by field."""
    return tuple(
        detail.model_copy(update={"pointer": f"/journal/entries/{row}{detail.pointer}"})
        for row, each in enumerate(journal.entries)
        if isinstance(each, Unread)
        for detail in unreadable(each)
    )


def unreadable(each: Unread) -> tuple[Detail, ...]:
    try:
        Entry.model_validate(each.root)
    except ValidationError as error:
        return malformed(error).details
    return ()
