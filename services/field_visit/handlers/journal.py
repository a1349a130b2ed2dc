"""The phones' journals: what was done is kept, also when it broke a rule."""

import rulebook
from chassis.errors import Conflict, Forbidden, Invalid
from chassis.unit import Unit
from proto.base import Detail
from proto.decision import Text
from proto.facts import MoneyLeft, PartnerGone
from proto.field_visit import Irregularity, Received, RecordJournal
from proto.journal import Journal
from proto.workforce import DeviceStanding
from services.field_visit import store
from services.field_visit.handlers import arriving, oddities
from services.field_visit.handlers.arriving import OTHERWISE, Arrival
from services.field_visit.model import Visit, refuses_recording


def record_journal(command: RecordJournal, unit: Unit) -> Received:
    """Keep a phone's entries, whatever is odd about them. Again is harmless.

    Raises NotFound for a phone that is not the pair's, Forbidden for one without a key,
    TooMuch when it has left more here than may wait.
    """
    visit, journal = store.visit(unit.shared, command.visit_id), command.journal
    device = arriving.phone_of(visit, journal, unit)
    if not arriving.is_signed(device, journal):
        return apart(visit, journal, device, unit)
    arrival = arriving.sorted_by(visit, journal, device, unit)
    new = arriving.take_in(arrival)
    return Received(
        visit_id=visit.id,
        device_id=journal.device_id,
        through=arrival.found.seq,
        new=new,
        missing=arrival.found.missing(),
        problems=problems(arrival),
        script=what_to_do(journal),
    )


def what_to_do(journal: Journal) -> Text | None:
    """Return what to say and do now, where one of the facts asks for something."""
    facts = [entry.fact for entry in journal.readable()]
    kinds = {type(fact) for fact in facts}
    asks = {
        "door.end_early": PartnerGone in kinds,
        "door.money_left": MoneyLeft in kinds,
        "door.leave": any(map(refuses_recording, facts)),
    }
    script = next((script for script, asked in asks.items() if asked), None)
    return rulebook.script(script) if script else None


def apart(visit: Visit, journal: Journal, device: DeviceStanding, unit: Unit) -> Received:
    """Keep a batch apart that its phone did not sign, if not too many were today."""
    kept = oddities.keep_apart(visit, journal, device, unit)
    known = store.through(unit.connection, journal.device_id)
    wrong = Detail(pointer="/journal/signature", kind="signature-does-not-fit")
    return Received(
        visit_id=visit.id,
        device_id=journal.device_id,
        through=known,
        new=0,
        problems=(wrong,),
        kept_apart=kept,
    )


def problems(arrival: Arrival) -> tuple[Detail, ...]:
    """Name what could not be taken as it was sent, each by its pointer."""
    odd = tuple(
        Detail(pointer=f"/journal/entries/{each.row}", kind=f"entry-{each.kind.value}")
        for each in arrival.found.odd
        if each.row is not None and each.kind is not Irregularity.MALFORMED
    )
    strays = tuple(
        Detail(pointer=f"/journal/entries/{row}/visit_id", kind="entry-stray")
        for row, each in enumerate(arrival.journal.entries)
        if arrival.is_stray(each)
    )
    return (*arriving.problems(arrival.journal), *odd, *strays)


def apply(visit: Visit, journal: Journal | None, unit: Unit) -> int:
    """Let the entries that an ask rests on count; return how many were new.

    Raises Forbidden when the phone or its signature is not to be trusted, Invalid when
    entries cannot be read or do not follow each other, Conflict when they do not follow
    what is kept: what an ask rests on is known whole, or it is not asked.
    """
    if journal is None:
        return 0
    device = arriving.phone_of(visit, journal, unit)
    if not arriving.is_signed(device, journal):
        raise Forbidden("signature-does-not-fit", key=str(journal.device_id))
    if wrong := arriving.problems(journal) or journal.broken():
        raise Invalid("malformed", *wrong)
    arrival = arriving.sorted_by(visit, journal, device, unit)
    refuse_odd(arrival)
    return arriving.take_in(arrival)


def refuse_odd(arrival: Arrival) -> None:
    """Raises Conflict naming what is expected, or what forks."""
    found = arrival.found
    for each in found.odd:
        if each.row is not None and each.kind in OTHERWISE:
            raise Conflict("journal-fork", got=each.seq)
    got = arrival.journal.last_seq() or 0
    if got > found.seq:
        first = min((item.seq for item in found.waits), default=got)
        raise Conflict("journal-gap", expected=found.seq + 1, got=first)
