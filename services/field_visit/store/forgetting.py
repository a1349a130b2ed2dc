"""Letting go of where people stood, unless it is evidence: check-ins and journals."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Exists,
    Row,
    case,
    delete,
    exists,
    literal,
    select,
    true,
    tuple_,
    update,
)

from chassis import legal_hold, tables
from proto import ids
from proto.complaints import WorkStanding
from proto.decision import Outcome
from services.field_visit.model import (
    SEALED,
    STILL_SAID,
    ahead_table,
    checked_in_table,
    decision_table,
    disclosure_table,
    finding_reply_table,
    finding_table,
    help_table,
    journal_table,
    picture_table,
    visit_table,
)
from services.field_visit.model.plausibility import WORTH_A_LOOK

HERE, VISIT, ENTRY = checked_in_table.c, visit_table.c, journal_table.c
#: What is noted at a door that may be asked about for years.
GRAVE = ("entered", "cash_handed", "money_left", "disputed", "complaint", "circumstance")
#: Why a position stays that nothing else makes evidence; it goes when that is lifted.
LEGAL_HOLD = "legal_hold"
#: Positions that are let go in one look: of check-ins, and of what journals noted.
MOST, MOST_NOTED = 500, 2_000


def kept_long(connection: Connection, before: datetime) -> list[tuple[UUID, str | None]]:
    """Positions of before a moment that nobody has looked at yet, the oldest first; each
    with the reason for which it is evidence, if it is. Those of one look, locked.
    """
    whys = case(*[(found, literal(why)) for why, found in evidence()], else_=None)
    mine = checked_in_table.join(visit_table, VISIT.id == HERE.visit_id)
    old = HERE.presence.is_not(None), HERE.evidence.is_(None), HERE.at < before
    query = select(HERE.id, whys).select_from(mine).where(*old).order_by(HERE.at)
    locked = query.limit(MOST).with_for_update(of=checked_in_table, skip_locked=True)
    return [(row[0], row[1]) for row in connection.execute(locked)]


def noted_long(connection: Connection, before: datetime) -> list[Row[Any]]:
    """The same of what journals noted and that arrived before a moment; `why` it is
    evidence goes by its visit. What was noted of none is none.
    """
    old = STILL_SAID, ENTRY.evidence.is_(None), ENTRY.received_at < before
    query = select(ENTRY.device_id, ENTRY.seq, ENTRY.link, ENTRY.visit_id).where(*old)
    oldest = query.order_by(ENTRY.received_at).limit(MOST_NOTED)
    return list(connection.execute(oldest.with_for_update(skip_locked=True)))


def reasons(
    connection: Connection, visits: Collection[UUID | None]
) -> dict[UUID | None, str]:
    """Why the positions of these visits are evidence, of those whose are."""
    whys = case(*[(found, literal(why)) for why, found in evidence()], else_=None)
    query = select(VISIT.id, whys.label("why")).where(VISIT.id.in_(set(visits) - {None}))
    return {row.id: row.why for row in connection.execute(query) if row.why}


def keep_noted(connection: Connection, rows: Sequence[Row[Any]], why: str) -> None:
    """Note of entries why their positions stay."""
    if rows:
        connection.execute(update(journal_table).where(these(rows)).values(evidence=why))


def forget_noted(connection: Connection, rows: Sequence[Row[Any]]) -> None:
    """Forget the positions of entries, also in what is left of those that had waited.

    What kind of entry it was, and its link, stay: the chain goes over it.
    """
    if not rows:
        return
    left = ENTRY.fact.op("-")(SEALED)
    connection.execute(update(journal_table).where(these(rows)).values(fact=left))
    waited = [ids.named("ahead", f"{row.device_id}/{row.seq}/{row.link}") for row in rows]
    its = ahead_table.c
    over = its.id.in_(waited), its.joined_at.is_not(None)
    connection.execute(delete(ahead_table).where(*over))


def look_again(connection: Connection, case_id: UUID) -> None:
    """Look once more at what stayed for a legal hold alone."""
    its = select(VISIT.id).where(VISIT.case_id == case_id).scalar_subquery()
    for table in (checked_in_table, journal_table, disclosure_table, picture_table):
        mine = table.c.visit_id.in_(its), table.c.evidence == LEGAL_HOLD
        connection.execute(update(table).where(*mine).values(evidence=None))


def these(rows: Sequence[Row[Any]]) -> Any:
    keys = [(row.device_id, row.seq) for row in rows]
    return tuple_(ENTRY.device_id, ENTRY.seq).in_(keys)


def evidence() -> list[tuple[str, ColumnElement[bool]]]:
    """What makes the positions of a visit evidence."""
    stopped = decision_table.c.outcome.in_((Outcome.ASK, Outcome.STOP))
    grave = journal_table.c.fact["kind"].astext.in_(GRAVE)
    found = finding_table.c.score >= WORTH_A_LOOK
    kept = tables.kept.c
    complained = exists().where(
        kept.key == VISIT.case_id,
        kept.topic == WorkStanding.topic(),
        kept.body["suspended"].astext == "true",
    )
    return [
        ("help", of_visit(help_table.c.visit_id, true())),
        ("not_allowed", of_visit(decision_table.c.visit_id, stopped)),
        ("journal", of_visit(journal_table.c.visit_id, grave)),
        ("finding", of_visit(finding_table.c.visit_id, found)),
        ("reply", of_visit(finding_reply_table.c.visit_id, true())),
        ("complaint", complained),
        (LEGAL_HOLD, legal_hold.stands(VISIT.case_id)),
    ]


def of_visit(visit_id: Any, what: Any) -> Exists:
    return exists().where(visit_id == VISIT.id, what)
