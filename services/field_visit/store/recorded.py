"""What of a visit is recorded: what the journals say of it, and the files there are."""

from datetime import UTC
from uuid import UUID

from sqlalchemy import Connection, func, select

import rulebook
from services.field_visit.model import HAPPENED, Visit, journal_table
from services.field_visit.model.coverage import NOTHING_SET, SPOKEN, Coverage, Terms, cover
from services.field_visit.model.recorders import File, Mark
from services.field_visit.model.recording import (
    Amiss,
    Ended,
    Missing,
    recording_finding_table,
    recording_table,
)
from services.field_visit.model.stretches import Stretch
from services.field_visit.store.doors import FACT, without_seal
from services.field_visit.store.media import media_of_visit

#: What of a journal says when there was a talk, and when a recorder ran.
OF_RECORDING = ("knocked", "recording", "media_noted", "letter_given")
KINDS = (*OF_RECORDING, *(fact.model_fields["kind"].default for fact in SPOKEN))


def marks(connection: Connection, visit_id: UUID) -> list[Mark]:
    """What the journals of a visit say of its talk, as it arrived.

    Each is of when it can have been: what its phone says, within the entry's bounds.
    """
    its = journal_table.c
    said = func.least(its.at, its.received_at, its.latest)
    query = select(
        its.fact,
        func.greatest(its.earliest, said).label("when"),
        its.at,
        its.device_id,
        its.counts,
    ).where(its.visit_id == visit_id, HAPPENED, its.kind.in_(KINDS))
    rows = connection.execute(query.order_by(its.number))
    return [
        Mark(
            FACT.validate_python(without_seal(row.fact)),
            row.when,
            row.at,
            row.device_id,
            row.counts,
        )
        for row in rows
    ]


def files(connection: Connection, visit_id: UUID) -> list[File]:
    """The files of a visit, as far as a recording is concerned."""
    return [
        File(
            id=each.id,
            device_id=each.device_id,
            kind=each.kind,
            captured_at=each.captured_at,
            received_at=each.received_at,
            counts=each.counts,
            found=each.found,
        )
        for each in media_of_visit(connection, visit_id)
    ]


def recording_ended(connection: Connection, visit_id: UUID) -> Ended | None:
    """When a visit was over; nothing of one that is not, or was before this was kept."""
    its = recording_table.c
    query = select(its.ended_at, its.wait_until, its.judged_at).where(its.id == visit_id)
    row = connection.execute(query).first()
    return Ended(**row._mapping) if row else None


def amiss(connection: Connection, visit_id: UUID) -> list[Amiss]:
    """Everything that was ever amiss with a visit's recording."""
    its = recording_finding_table.c
    query = select(recording_finding_table).where(its.visit_id == visit_id)
    rows = connection.execute(query.order_by(its.begins_at, its.id))
    return [
        Amiss(
            row.visit_id,
            Missing(row.kind),
            row.media_id,
            Stretch(row.begins_at.astimezone(UTC), row.ends_at.astimezone(UTC)),
            row.superseded_at,
        )
        for row in rows
    ]


def recording_terms(visit: Visit) -> Terms | None:
    """What the books of a visit set; nothing where they leave any of it open."""
    day = visit.local(visit.not_before).date()
    percent = rulebook.covered_percent(visit.books, day)
    gap = rulebook.gap_seconds(visit.books, day)
    return None if percent is None or gap is None else Terms(percent, *gap)


def coverage(connection: Connection, visit: Visit) -> Coverage | None:
    """What is recorded of a visit that is over; None while it goes on.

    For whoever seals it, with `proven` and `record` of `model/coverage.py`.
    """
    ended = recording_ended(connection, visit.id)
    if ended is None:
        return None
    terms = recording_terms(visit) or NOTHING_SET
    known = marks(connection, visit.id), files(connection, visit.id)
    return cover(*known, ended.ended_at, terms)
