"""The phones' journals: what was done is kept, also when it broke a rule."""

from dataclasses import replace
from itertools import pairwise
from uuid import UUID

from chassis import signatures
from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from chassis.unit import Unit
from proto.base import Detail
from proto.decision import Act, Outcome
from proto.field_visit import (
    GENESIS,
    BreachRecorded,
    ConsentGiven,
    ConsentRecorded,
    ConsentWithdrawn,
    Entered,
    Entry,
    EntryDeclined,
    Journal,
    Objected,
    Received,
    RecordJournal,
    VisitState,
)
from proto.workforce import DeviceStanding, DeviceState
from services.field_visit import store
from services.field_visit.handlers import judging, permits
from services.field_visit.model import CLOCK_SLACK, Noted, Visit, journal_table


def record_journal(command: RecordJournal, unit: Unit) -> Received:
    """Keep a phone's entries. Sending them again is harmless."""
    visit = store.visit(unit.shared, command.visit_id)
    new = apply(visit, command.journal, unit)
    return Received(
        visit_id=visit.id,
        device_id=command.journal.device_id,
        through=command.journal.entries[-1].seq,
        new=new,
    )


def apply(visit: Visit, journal: Journal | None, unit: Unit) -> int:
    """Let a journal's new entries count, each once; return how many were new.

    Raises Forbidden when the phone or its signature is not to be trusted, Invalid when
    entries do not follow each other, Conflict when they do not follow what is kept.
    """
    if journal is None:
        return 0
    device = unit.kept_all(DeviceStanding, [journal.device_id]).get(journal.device_id)
    enrolled = verify(visit, journal, device)
    counts = enrolled and visit.state is VisitState.CLEARED
    new = unknown(journal, store.links(unit.connection, journal.device_id, since(journal)))
    for entry in new:
        write(journal, entry, counts, unit)
        if visit.take(Noted(entry.fact, entry.at, counts)):
            permits.end_talk(visit, unit)
            permits.end_entry(visit, entry.at, unit)
        consequences(visit, entry, unit)
    return len(new)


def since(journal: Journal) -> int:
    return journal.entries[0].seq - 1


def verify(visit: Visit, journal: Journal, device: DeviceStanding | None) -> bool:
    """Tell whether the phone is still enrolled; what a lost one wrote is kept as well.

    Raises NotFound, Forbidden, Invalid.
    """
    if device is None or device.person_id not in visit.collectors:
        raise NotFound("device", journal.device_id)
    if device.public_key is None:
        raise Forbidden("device-without-key", key=str(journal.device_id))
    if not signatures.verifies(device.public_key, journal.signature, journal.head()):
        raise Forbidden("signature-does-not-fit", key=str(journal.device_id))
    if wrong := broken(visit.id, journal.entries):
        raise Invalid("malformed", *wrong)
    return device.state is DeviceState.ENROLLED


def broken(visit_id: UUID, entries: tuple[Entry, ...]) -> list[Detail]:
    """Name the entries that are of another visit or do not follow the one before."""
    wrong = [
        Detail(pointer=f"/journal/entries/{row}/visit_id", kind="entry-of-another-visit")
        for row, entry in enumerate(entries)
        if entry.visit_id != visit_id
    ]
    return wrong + [
        Detail(pointer=f"/journal/entries/{row}", kind="journal-broken")
        for row, (one, next_) in enumerate(pairwise(entries), 1)
        if next_.seq != one.seq + 1 or next_.prev != one.link()
    ]


def unknown(journal: Journal, kept: dict[int, str]) -> list[Entry]:
    """Return the entries that are new, after proving that they follow the kept ones.

    Raises Conflict naming the sequence number that is expected, or the one that forks.
    """
    last = max(kept, default=0)
    first = journal.entries[0]
    if first.seq > last + 1:
        raise Conflict("journal-gap", expected=last + 1, got=first.seq)
    before = kept.get(first.seq - 1, GENESIS)
    if first.prev != before:
        raise Conflict("journal-fork", got=first.seq)
    for entry in journal.entries:
        if entry.seq <= last and kept[entry.seq] != entry.link():
            raise Conflict("journal-fork", got=entry.seq)
    return [entry for entry in journal.entries if entry.seq > last]


def write(journal: Journal, entry: Entry, counts: bool, unit: Unit) -> None:
    is_head = entry is journal.entries[-1]
    unit.write(
        journal_table,
        device_id=journal.device_id,
        seq=entry.seq,
        visit_id=entry.visit_id,
        at=entry.at,
        prev=entry.prev,
        link=entry.link(),
        fact=entry.fact.model_dump(mode="json"),
        signature=journal.signature.value if is_head else None,
        counts=counts,
        received_at=unit.now,
    )


def consequences(visit: Visit, entry: Entry, unit: Unit) -> None:
    """Tell others what a fact means, and end the permit it speaks against."""
    about = judging.about(visit, unit) | {"at": entry.at}
    match entry.fact:
        case ConsentGiven(answer=answer, by=by):
            said = ConsentRecorded(**about, answer=answer, by=by)
            unit.emit(said, visit.case_id)
            if answer == "refused":
                decline(visit, entry, unit)
        case ConsentWithdrawn() | Objected():
            decline(visit, entry, unit)
        case Entered():
            judge_entry(visit, entry, unit)


def decline(visit: Visit, entry: Entry, unit: Unit) -> None:
    """Somebody does not want the pair inside: no permit outlives that."""
    assert isinstance(entry.fact, ConsentGiven | ConsentWithdrawn | Objected)
    said = judging.about(visit, unit) | {"at": entry.at}
    unit.emit(EntryDeclined(**said, by=entry.fact.by), visit.case_id)
    permits.end_entry(visit, entry.at, unit)


def judge_entry(visit: Visit, entry: Entry, unit: Unit) -> None:
    """The pair went in: judge it by what was known there then; keep it, and mark a breach.

    A reason lapses with its permit, so without one 4.28 always speaks against it. What
    arrives late is judged by its permit alone: standings of today may not be those of
    that moment.
    """
    covered = visit.may_be_inside(entry.at)
    if covered and unit.now - entry.at > CLOCK_SLACK:
        return
    later = [noted for noted in visit.facts if noted.undoes and noted.at > entry.at]
    then = replace(visit, facts=[noted for noted in visit.facts if noted not in later])
    reason = visit.entry_reason if covered else None
    facts = judging.facts_of(then, unit, reason, entry.at)
    decision = judging.decide(visit, Act.ENTER_PREMISES, facts, unit)
    if decision.outcome is not Outcome.PROCEED:
        marked = BreachRecorded(
            **judging.about(visit, unit) | {"at": entry.at},
            act=Act.ENTER_PREMISES,
            decision_id=decision.decision_id,
            clauses=judging.clauses(decision),
        )
        unit.emit(marked, visit.case_id)
