"""Every query of complaints. The locks are here: first the complaint, then its case."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import insert

from chassis.errors import NotFound
from chassis.locking import Things
from chassis.shared import Shared
from proto.base import Sealed
from proto.complaints import About, Channel, Verdict
from services.complaints.model import (
    OPEN,
    Complaint,
    Work,
    badge_table,
    complaint_table,
    old_badge,
    work_table,
)


def complaint_of(row: Row[Any]) -> Complaint:
    values = dict(row._mapping)
    values |= {
        "channel": Channel(row.channel),
        "about": About(row.about),
        "verdict": row.verdict and Verdict(row.verdict),
        "filed": row.filed and Sealed.model_validate(row.filed),
    }
    return Complaint(**values)


SHOWN = select(*(complaint_table.c[name] for name in Complaint.__dataclass_fields__))
COMPLAINTS = Things("complaint", Complaint, SHOWN, complaint_of)
WORK = Things(
    "case",
    Work,
    select(work_table.c.id, work_table.c.open, work_table.c.version),
    lambda row: Work(**row._mapping),
)


def known(shared: Shared, complaint_id: UUID) -> Complaint | None:
    """The complaint of this id, if there is one, locked."""
    COMPLAINTS.lock(shared, [complaint_id])
    return shared.thing(Complaint, complaint_id)


def works(shared: Shared, case_ids: Sequence[UUID]) -> list[Work]:
    """The work on these cases, locked; made when nobody has complained of them before.

    The same statements also for no case at all, so that nobody can tell by the time it
    takes whether a code was known.
    """
    wanted = bindparam("cases", list(case_ids), type_=ARRAY(Uuid))
    new = select(func.unnest(wanted).label("id"), literal(0), literal(0)).order_by("id")
    rows = insert(work_table).from_select(["id", "open", "version"], new)
    shared.connection.execute(rows.on_conflict_do_nothing())
    WORK.lock(shared, case_ids)
    return [WORK.one(shared, case_id) for case_id in case_ids]


def wait_for(connection: Connection, blind: str) -> None:
    """Let nobody else deal with this code until the transaction ends.

    Else a complaint and the plan of its visit could pass each other unseen.
    """
    connection.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(blind, 0))))


def badge(connection: Connection, blind: str) -> tuple[UUID | None, UUID] | None:
    """The visit and the case of a code; of the latest visit, should two have the same.

    Of a code that a visit had before a swap, the case alone.
    """
    wait_for(connection, blind)
    table = badge_table.c
    query = select(table.id, table.case_id).where(table.blind == blind)
    row = connection.execute(query.order_by(table.not_before.desc()).limit(1)).first()
    if row is None:
        return None
    return (None if row.id == old_badge(blind) else row.id), row.case_id


def planned_badge(connection: Connection, visit_id: UUID) -> Row[Any] | None:
    """The code of a visit as it is known now, its case, and when the visit begins."""
    table = badge_table
    return connection.execute(select(table).where(table.c.id == visit_id)).first()


def by_unknown_code(shared: Shared, blind: str) -> list[Complaint]:
    """The open complaints that came by this code before we knew whose it is, locked."""
    wait_for(shared.connection, blind)
    table = complaint_table.c
    query = SHOWN.where(table.code_blind == blind, table.case_id.is_(None), OPEN)
    rows = shared.connection.execute(query.order_by(table.id).with_for_update())
    return [complaint_of(row) for row in rows]


def spoken_at(shared: Shared, visit_id: UUID) -> bool:
    """Whether a complaint spoken at this visit is open already, locked."""
    table = complaint_table.c
    spoken = table.visit_id == visit_id, table.channel == Channel.DOOR, OPEN
    query = select(table.id).where(*spoken).with_for_update()
    return shared.connection.execute(query).first() is not None


def one(connection: Connection, complaint_id: UUID) -> Complaint:
    """A complaint; not locked. Raises NotFound."""
    row = connection.execute(SHOWN.where(complaint_table.c.id == complaint_id)).first()
    if row is None:
        raise NotFound("complaint", complaint_id)
    return complaint_of(row)


def open_ones(connection: Connection, after: UUID | None, limit: int) -> list[Complaint]:
    """The open complaints, oldest first; not locked. `after` may be closed meanwhile."""
    table = complaint_table.c
    query = SHOWN.where(OPEN).order_by(table.since, table.id).limit(limit)
    if after:
        last = select(table.since, table.id).where(table.id == after).scalar_subquery()
        query = query.where(tuple_(table.since, table.id) > last)
    return [complaint_of(row) for row in connection.execute(query)]
