"""What is odd about a journal: kept sealed, told of without its content, bounded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from chassis.errors import Conflict, TooMuch
from chassis.unit import Unit
from proto import ids
from proto.field_visit import Irregularity, JournalIrregular
from proto.journal import Journal
from proto.workforce import DeviceStanding
from services.field_visit import store
from services.field_visit.handlers import judging, sealing
from services.field_visit.model import (
    Odd,
    Visit,
    ahead_table,
    irregularity_table,
)

if TYPE_CHECKING:
    from services.field_visit.handlers.arriving import Arrival

#: What waits, and what is kept apart, is sealed for these purposes.
AHEAD, APART = "journal.ahead", "journal.apart"
#: A day; batches that a phone did not sign and that its collector, or the other of the
#: pair, may leave here in one; and whatever else is odd and lies nowhere else.
A_DAY, MOST_APART, MOST_ODD = timedelta(days=1), 20, 500


@dataclass(frozen=True)
class Told:
    """Something odd: which entry, and what it is, where it is kept nowhere else."""

    kind: Irregularity
    seq: int | None = None
    name: str = ""
    raw: str | None = None


def note_all(arrival: "Arrival") -> None:
    """Keep what is odd, each once, and tell of each kind together."""
    told = [*arrival.told, *(of_odd(each, arrival) for each in arrival.found.odd)]
    for each in arrival.found.odd:
        if each.ahead:
            arrival.unit.change(ahead_table, each.ahead, joined_at=arrival.unit.now)
    fresh = news(arrival.head.id, told, arrival.unit)
    note(arrival.visit, arrival.head.id, with_room(fresh, arrival), arrival.unit)


def of_odd(each: Odd, arrival: "Arrival") -> Told:
    raw = None
    if each.row is not None:
        raw = arrival.journal.entries[each.row].model_dump_json()
    return Told(each.kind, each.seq, each.link, raw)


def news(device_id: UUID, told: Sequence[Told], unit: Unit) -> dict[UUID, Told]:
    """Return what of these is not known yet, by its id."""
    by_id = {id_of(device_id, each): each for each in told}
    known = store.known_odd(unit.connection, list(by_id)) if by_id else set()
    return {key: each for key, each in by_id.items() if key not in known}


def with_room(fresh: dict[UUID, Told], arrival: "Arrival") -> dict[UUID, Told]:
    """Return what of this may be kept today.

    What joins or waits is kept whatever stands beside it. Raises TooMuch for a batch of
    nothing but what is to be kept apart, when there is more than anybody can look at.
    """
    found, unit = arrival.found, arrival.unit
    if all(each.raw is None for each in fresh.values()):
        return fresh
    counts = store.odd_since(unit.connection, arrival.head.id, unit.now - A_DAY)
    kept = sum(counts.values()) - counts.get(Irregularity.BAD_SIGNATURE, 0)
    if kept + len(fresh) <= MOST_ODD:
        return fresh
    if not found.joins and not found.waits:
        raise TooMuch("journal-too-much", most=MOST_ODD, seconds=3600)
    return {key: each for key, each in fresh.items() if each.raw is None}


def note(visit: Visit, device_id: UUID, fresh: dict[UUID, Told], unit: Unit) -> None:
    """Keep these and tell of them."""
    for key, each in fresh.items():
        unit.write(irregularity_table, id=key, **row(visit, device_id, each, unit))
    tell(visit, device_id, list(fresh.values()), unit)
    if fresh:
        sealing.look_soon(visit, unit)


def id_of(device_id: UUID, each: Told) -> UUID:
    """Return its id: told of again, it is the same."""
    what = each.name or each.raw or ""
    return ids.named("irregularity", f"{device_id}/{each.kind}/{each.seq}/{what}")


def row(visit: Visit, device_id: UUID, each: Told, unit: Unit) -> dict[str, Any]:
    return {
        "visit_id": visit.id,
        "device_id": device_id,
        "seq": each.seq,
        "kind": each.kind,
        "raw": None if each.raw is None else sealed(visit.case_id, each.raw, unit),
        "at": unit.now,
        "posted_by": unit.asker and unit.asker.person_id,
    }


def sealed(key_id: UUID, raw: str, unit: Unit) -> Any:
    """Seal something; nothing is left of it when the case was shredded."""
    try:
        return unit.keyring.seal(key_id, APART, raw)
    except Conflict:
        return None


def tell(visit: Visit, device_id: UUID, told: Sequence[Told], unit: Unit) -> None:
    """Say each kind once, with the first entry of it and how many there were."""
    for kind in dict.fromkeys(each.kind for each in told):
        mine = [each for each in told if each.kind is kind]
        event = JournalIrregular(
            **judging.about(visit, unit),
            device_id=device_id,
            irregularity=kind,
            first_seq=min((e.seq for e in mine if e.seq is not None), default=None),
            count=len(mine),
        )
        unit.emit(event, visit.case_id)


def keep_apart(visit: Visit, journal: Journal, device: DeviceStanding, unit: Unit) -> bool:
    """Keep a batch that the phone did not sign; nothing of it counts.

    False: it is dropped, so many were left here today. The other of the pair leaves her
    collector a part of them.
    """
    raw = json.dumps(journal.model_dump(mode="json"), ensure_ascii=False, sort_keys=True)
    name = f"{journal.signature.value}/{journal.entries[-1].link()}"
    told = Told(Irregularity.BAD_SIGNATURE, journal.last_seq(), name, raw)
    fresh = news(device.device_id, [told], unit)
    if fresh and apart_today(device, unit) >= allowance(device, unit):
        return False
    note(visit, device.device_id, fresh, unit)
    return True


def apart_today(device: DeviceStanding, unit: Unit) -> int:
    counts = store.odd_since(unit.connection, device.device_id, unit.now - A_DAY)
    return counts.get(Irregularity.BAD_SIGNATURE, 0)


def allowance(device: DeviceStanding, unit: Unit) -> int:
    """Return how many may lie here before whoever sends leaves no more."""
    own = unit.asker is not None and unit.asker.person_id == device.person_id
    return 2 * MOST_APART if own else MOST_APART
