"""What visits are sealed by: what is lacking, the parts, what they hide, and erasures."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, delete, exists, func, or_, select, union, update

from chassis.keyring_tables import shredded_table
from proto.field_visit import VisitState
from services.field_visit.model import (
    Erased,
    Lacks,
    Opens,
    Seal,
    Visit,
    ahead_table,
    checked_in_table,
    correction_table,
    disclosure_table,
    erasure_table,
    irregularity_table,
    journal_table,
    media_table,
    seal_table,
    visit_table,
)
from services.field_visit.model.coverage import is_whole
from services.field_visit.model.recorders import runs_of
from services.field_visit.store.recorded import files, marks, recording_ended
from services.field_visit.store.told import missing_media

SEAL, HIDDEN, ERASED = seal_table.c, disclosure_table.c, erasure_table.c
ENTRY = journal_table.c
#: Two histories of one phone.
FORKED = ("fork", "unlinked")
#: Visits whose positions, and cases whose rows, are let go in one look.
MOST_ERASED = 200
#: How late a shredding may be committed, after one of a later moment was seen.
LATE = timedelta(days=1)


def lacks(connection: Connection, visit: Visit) -> list[Lacks]:
    """What the record of a visit lacks by now, by what is committed."""
    found = {
        Lacks.CHECK_OUT: visit.left_by is not None and not visit.both_left,
        Lacks.JOURNAL_GAP: has_gap(connection, visit.id),
        Lacks.FILE_MISSING: bool(missing_media(connection, visit.id)),
        Lacks.FILE_NOT_INSPECTED: is_uninspected(connection, visit.id),
        Lacks.RECORDING_OPEN: is_recording_open(connection, visit.id),
        Lacks.JOURNAL_FORKED: is_forked(connection, visit.id),
        Lacks.OF_BEFORE: visit.left_by is None,
    }
    return [what for what, is_so in found.items() if is_so]


def has_gap(connection: Connection, visit_id: UUID) -> bool:
    """Whether anything of a visit waits, or may lie where something of its phones is
    missing.

    What a phone has signed up to its last entry of the visit is here: what it sends
    without what lies before it later, at another door, is no gap of this visit.
    """
    phones = union(
        *(
            select(table.c.device_id).where(table.c.visit_id == visit_id)
            for table in (journal_table, checked_in_table, ahead_table)
        )
    )
    its, entry = ahead_table.c, journal_table.alias().c
    of_it = entry.device_id == its.device_id, entry.visit_id == visit_id
    last = select(func.max(entry.seq)).where(*of_it).correlate(ahead_table)
    signed = (
        ENTRY.device_id == its.device_id,
        ENTRY.seq >= last.scalar_subquery(),
        ENTRY.signature.is_not(None),
    )
    of_visit = or_(its.visit_id == visit_id, ~exists().where(*signed))
    waits = its.device_id.in_(phones), its.joined_at.is_(None), of_visit
    return bool(connection.scalar(select(exists().where(*waits))))


def held_by_gap(connection: Connection, person_id: UUID) -> list[UUID]:
    """Somebody's visits that are over, and not sealed yet, or not whole for a gap."""
    visit = visit_table.c
    newest = SEAL.visit_id == visit.id, SEAL.part == visit.parts
    lacking = exists().where(*newest, SEAL.reasons.any_() == Lacks.JOURNAL_GAP.value)
    query = select(visit.id).where(
        visit.collectors.contains([person_id]),
        visit.state == VisitState.CLOSED,
        or_(visit.parts == 0, lacking),
    )
    return sorted(connection.scalars(query))


def is_uninspected(connection: Connection, visit_id: UUID) -> bool:
    its = media_table.c
    unseen = its.visit_id == visit_id, its.found.is_(None)
    return bool(connection.scalar(select(exists().where(*unseen))))


def is_recording_open(connection: Connection, visit_id: UUID) -> bool:
    """Whether a recorder has run of which more is to come, and nobody has judged it yet.

    A visit where none ever ran waits for none.
    """
    ended = recording_ended(connection, visit_id)
    if ended is None or ended.judged_at is not None:
        return False
    said = marks(connection, visit_id)
    return bool(runs_of(said)) and not is_whole(said, files(connection, visit_id))


def last_uninspected(connection: Connection, visit_id: UUID) -> datetime | None:
    """When the last file came that nobody has looked at."""
    its = media_table.c
    unseen = its.visit_id == visit_id, its.found.is_(None)
    last: datetime | None
    last = connection.scalar(select(func.max(its.received_at)).where(*unseen))
    return last


def is_forked(connection: Connection, visit_id: UUID) -> bool:
    its = irregularity_table.c
    forked = its.visit_id == visit_id, its.kind.in_(FORKED)
    return bool(connection.scalar(select(exists().where(*forked))))


def seals(connection: Connection, visit_id: UUID) -> list[Seal]:
    """The parts of a visit that are sealed, in their order."""
    query = select(seal_table).where(SEAL.visit_id == visit_id).order_by(SEAL.part)
    rows = connection.execute(query)
    return [Seal(**row._asdict() | {"reasons": tuple(row.reasons)}) for row in rows]


def forget_put_aside(connection: Connection, visit_id: UUID, but: UUID) -> None:
    """Forget what workers put aside for seals of a visit that never came to be."""
    sealed = exists().where(SEAL.id == HIDDEN.seal_id)
    left = HIDDEN.visit_id == visit_id, HIDDEN.seal_id != but, ~sealed
    connection.execute(delete(disclosure_table).where(*left))


def hidden_of(
    connection: Connection, seals: Collection[Seal], *, for_agency: bool
) -> list[UUID]:
    """What these seals hide and somebody may see: ids, in their order.

    Of those that were read, and no other: one more may have been noted since.
    """
    sealed = disclosure_table.join(seal_table, SEAL.id == HIDDEN.seal_id)
    read = SEAL.id.in_([each.id for each in seals])
    query = select(HIDDEN.id).select_from(sealed).where(read)
    if for_agency:
        query = query.where(HIDDEN.for_bank.is_(False))
    return list(connection.scalars(query.order_by(SEAL.part, HIDDEN.number)))


def hidden(connection: Connection, disclosure_id: UUID) -> Row[Any] | None:
    """Some of what is hidden, sealed."""
    query = select(disclosure_table).where(HIDDEN.id == disclosure_id)
    return connection.execute(query).first()


def is_unsaid(connection: Connection, visit_id: UUID, since: datetime) -> bool:
    """Whether a file of a visit has gone since a moment, of which its seal is."""
    gone = ERASED.visit_id == visit_id, ERASED.sha256.is_not(None), ERASED.at > since
    return bool(connection.scalar(select(exists().where(*gone))))


def correction(connection: Connection, correction_id: UUID) -> Row[Any] | None:
    query = select(correction_table).where(correction_table.c.id == correction_id)
    return connection.execute(query).first()


def newly_erased(connection: Connection) -> list[Row[Any]]:
    """Sealed visits whose case was shredded since and does not say so yet."""
    gone, visit = shredded_table.c, visit_table.c
    noted = exists().where(ERASED.visit_id == visit.id, ERASED.what == Erased.CASE)
    known = select(func.max(ERASED.at)).where(ERASED.what == Erased.CASE)
    since = func.coalesce(known.scalar_subquery() - LATE, gone.shredded_at)
    both = shredded_table.join(visit_table, visit.case_id == gone.key_id)
    query = select(visit.id, gone.by, gone.reason, gone.shredded_at).select_from(both)
    mine = query.where(gone.shredded_at >= since, visit.parts > 0, ~noted)
    mine = mine.order_by(gone.shredded_at, visit.id)
    return list(connection.execute(mine.limit(MOST_ERASED)))


def forget_hidden(connection: Connection, visit_id: UUID, *kinds: Opens) -> None:
    """Forget what the seals of a visit hide."""
    mine = HIDDEN.visit_id == visit_id, HIDDEN.kind.in_(kinds)
    connection.execute(delete(disclosure_table).where(*mine))


def positions_long(connection: Connection, before: datetime) -> list[UUID]:
    """Visits whose sealed positions are of before a moment, and nobody has looked at."""
    old = (
        HIDDEN.kind == Opens.POSITION,
        HIDDEN.evidence.is_(None),
        HIDDEN.at < before,
    )
    oldest = select(HIDDEN.visit_id).where(*old).group_by(HIDDEN.visit_id)
    limited = oldest.order_by(func.min(HIDDEN.at)).limit(MOST_ERASED)
    return list(connection.scalars(limited))


def keep_hidden(connection: Connection, visit_id: UUID, why: str) -> None:
    """Note of a visit's sealed positions why they stay."""
    mine = HIDDEN.visit_id == visit_id, HIDDEN.kind == Opens.POSITION
    connection.execute(update(disclosure_table).where(*mine).values(evidence=why))


def put_aside(connection: Connection, rows: Collection[dict[str, Any]]) -> None:
    """Keep what the records of a part hide, before the part is told of."""
    if rows:
        connection.execute(disclosure_table.insert(), list(rows))
