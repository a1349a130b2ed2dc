"""All that a seal of a visit says, read in one look of the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, Table, and_, func, select, union

from chassis import tables
from chassis.keyring_tables import shredded_table
from chassis.shared import Kept
from proto.dispatch import CaseStanding
from proto.letters import AuthorisationStanding
from proto.workforce import AgencyStanding, DeviceStanding, DeviceState, PersonStanding
from services.field_visit.model import (
    Lacks,
    Visit,
    checked_in_table,
    correction_table,
    decision_table,
    erasure_table,
    help_table,
    irregularity_table,
    journal_table,
    media_table,
    verdict_table,
    withdrawal_table,
)
from services.field_visit.model.coverage import Coverage, unproven
from services.field_visit.store.positions import any_visit
from services.field_visit.store.recorded import coverage, recording_terms
from services.field_visit.store.sealing import lacks

ENTRY, VERDICT, KEPT = journal_table.c, verdict_table.c, tables.kept.c
Rows = list[Row[Any]]


@dataclass(frozen=True)
class Sealable:
    """A visit's record as it is kept. `entries` are those of its phones from the first to
    the last of this visit and on to the next signature, but those known before. `unproven`
    says why what was said is not proven by a recording.
    """

    visit: Visit
    lacks: tuple[Lacks, ...]
    unproven: tuple[str, ...]
    names: Mapping[str, Any]
    phones: Mapping[UUID, DeviceStanding]
    check_ins: Rows
    entries: Mapping[UUID, Rows]
    odd: Rows
    decisions: Rows
    withdrawals: Rows
    help: Rows
    files: Rows
    corrections: Rows
    erasures: Rows
    shredded: Row[Any] | None
    coverage: Coverage | None


def sealable(
    connection: Connection, visit_id: UUID, known: Mapping[UUID, int]
) -> Sealable | None:
    """Read a visit; `known` is the last number of each phone that is sealed already."""
    visit = any_visit(connection, visit_id)
    if visit is None:
        return None
    devices = phones(connection, visit_id)
    known_phones = standings(connection, devices)
    recorded = covered(connection, visit, known_phones)
    gone = select(shredded_table).where(shredded_table.c.key_id == visit.case_id)
    return Sealable(
        visit=visit,
        lacks=tuple(lacks(connection, visit)),
        unproven=unproven(recorded, recording_terms(visit), visit.ending),
        names=names(connection, visit),
        phones=known_phones,
        check_ins=of_visit(connection, checked_in_table, visit_id, "at"),
        entries={each: entries(connection, visit_id, each, known) for each in devices},
        odd=of_visit(connection, irregularity_table, visit_id, "number"),
        decisions=of_visit(connection, decision_table, visit_id, "at"),
        withdrawals=of_visit(connection, withdrawal_table, visit_id, "at"),
        help=of_visit(connection, help_table, visit_id, "at"),
        files=of_visit(connection, media_table, visit_id, "received_at"),
        corrections=of_visit(connection, correction_table, visit_id, "at"),
        erasures=of_visit(connection, erasure_table, visit_id, "at"),
        shredded=connection.execute(gone).first(),
        coverage=recorded,
    )


def covered(
    connection: Connection, visit: Visit, standings: Mapping[UUID, DeviceStanding]
) -> Coverage | None:
    """How much of the talk was recorded; None of a visit of before this was kept."""
    enrolled = {k for k, v in standings.items() if v.state is DeviceState.ENROLLED}
    return coverage(connection, visit, enrolled)


def names(connection: Connection, visit: Visit) -> dict[str, Any]:
    """By what people call those a visit names by id, as far as it is known here."""
    its = visit.case_id, visit.agency_id, visit.letter_id, *visit.collectors
    rows = connection.execute(
        select(KEPT.topic, KEPT.key, KEPT.body).where(KEPT.key.in_(its))
    )
    kept = Kept({(row.topic, row.key): row.body for row in rows})
    case = kept.get(CaseStanding, visit.case_id)
    agency = kept.get(AgencyStanding, visit.agency_id)
    letter = kept.get(AuthorisationStanding, visit.letter_id)
    people = [kept.get(PersonStanding, each) for each in visit.collectors]
    found = {
        "agency": agency and agency.code,
        "case": case and case.number,
        "letter": letter and letter.number,
        "pair": [person and person.staff_no for person in people],
    }
    return {name: value for name, value in found.items() if value}


def of_visit(connection: Connection, table: Table, visit_id: UUID, by: str) -> Rows:
    """The rows of a visit in the order of a column."""
    query = select(table).where(table.c.visit_id == visit_id)
    return list(connection.execute(query.order_by(table.c[by], table.c.id)))


def phones(connection: Connection, visit_id: UUID) -> list[UUID]:
    """The phones that have told of a visit, or sent a file of it."""
    sources = (
        journal_table,
        checked_in_table,
        media_table,
        help_table,
        irregularity_table,
    )
    found = union(*(select(t.c.device_id).where(t.c.visit_id == visit_id) for t in sources))
    return sorted(connection.scalars(found))


def standings(connection: Connection, devices: list[UUID]) -> dict[UUID, DeviceStanding]:
    kept = tables.kept.c
    mine = kept.topic == DeviceStanding.topic(), kept.key.in_(devices)
    rows = connection.execute(select(kept.key, kept.body).where(*mine))
    return {row.key: DeviceStanding.model_validate(row.body) for row in rows}


def entries(
    connection: Connection, visit_id: UUID, device_id: UUID, known: Mapping[UUID, int]
) -> Rows:
    """The entries of a phone from its first of a visit, or the first that is not known, to
    its last, and on to the next signature; each with what the rules say of it.
    """
    mine = ENTRY.visit_id == visit_id, ENTRY.device_id == device_id
    ends = select(func.min(ENTRY.seq), func.max(ENTRY.seq)).where(*mine)
    first, last = connection.execute(ends).one()
    before = known.get(device_id)
    if last is None or (before is not None and last <= before):
        return []
    first = before + 1 if before is not None else first
    signed = (
        ENTRY.device_id == device_id,
        ENTRY.seq >= last,
        ENTRY.signature.is_not(None),
    )
    until = connection.scalar(select(func.min(ENTRY.seq)).where(*signed)) or last
    judged = and_(
        VERDICT.visit_id == ENTRY.visit_id,
        VERDICT.device_id == ENTRY.device_id,
        VERDICT.seq == ENTRY.seq,
    )
    query = select(journal_table, VERDICT.verdict, VERDICT.clauses)
    its = query.outerjoin(verdict_table, judged).where(
        ENTRY.device_id == device_id, ENTRY.seq.between(first, until)
    )
    return list(connection.execute(its.order_by(ENTRY.seq)))
