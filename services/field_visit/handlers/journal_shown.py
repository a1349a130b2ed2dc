"""What the phones have told of a visit, and what the rules say of it."""

from typing import Any

from sqlalchemy import Row

from chassis.errors import NotFound
from chassis.unit import Unit
from proto.base import Role
from proto.field_visit import (
    EntryShown,
    EntryVerdict,
    IrregularityShown,
    JournalShown,
    ShowJournal,
)
from services.field_visit import store
from services.field_visit.model import DEEDS

WITHHELD = "withheld"


def show_journal(command: ShowJournal, unit: Unit) -> JournalShown:
    """Show a page of entries to whoever may see the visit, and to nobody their content."""
    if unit.asker is None:
        raise NotFound("visit", command.visit_id)
    visit = store.shown_visit(unit.connection, unit.asker, command.visit_id)
    rows = store.told(unit.connection, visit.id, command.after, command.limit + 1)
    page, bank = (
        rows[: command.limit],
        unit.asker.role
        in (
            Role.BANK_OFFICER,
            Role.COMPLIANCE,
        ),
    )
    return JournalShown(
        visit_id=visit.id,
        entries=tuple(entry_of(row, bank) for row in page),
        irregularities=tuple(
            IrregularityShown(**row._mapping)
            for row in store.irregularities(unit.connection, visit.id)
        ),
        missing_media=tuple(store.missing_media(unit.connection, visit.id)),
        next=page[-1].number if len(rows) > command.limit else None,
    )


def entry_of(row: Row[Any], bank: bool) -> EntryShown:
    hidden = not bank and row.kind not in DEEDS
    return EntryShown(
        number=row.number,
        device_id=row.device_id,
        seq=row.seq,
        kind=WITHHELD if hidden else row.kind,
        at=row.at,
        earliest=row.earliest,
        latest=row.latest or row.received_at,
        received_at=row.received_at,
        counts=row.counts,
        verdict=EntryVerdict(row.verdict) if row.verdict else EntryVerdict.NOT_JUDGED,
        clauses=tuple(row.clauses or ()),
    )
