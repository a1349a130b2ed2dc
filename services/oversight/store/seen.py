"""What people may see of the board and of timelines, page by page, without a lock.

A supervisor sees what names their own agency and is told to agencies; the bank's officers
and compliance see all visits, and each what they are told of, see `proto.audience`.
"""

from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Uuid,
    and_,
    bindparam,
    false,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import distinct_on

from chassis.errors import Forbidden
from chassis.streams import START
from proto.base import Asker, Role
from proto.dispatch import CaseHeld, HoldReason
from services.oversight.model import (
    HOLDING,
    Happened,
    Place,
    board_visit_table,
    hidden_from,
    projection_table,
    timeline_table,
    told_to_agencies,
)
from services.oversight.store.made import SHOWN, happened


class Seen(NamedTuple):
    """A visit on the board as the asker may see it."""

    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    not_before: Any
    shown: dict[str, Any]


def is_bank(asker: Asker) -> bool:
    """Tell whether all may be shown; False for a supervisor. Raises Forbidden."""
    match asker.role:
        case Role.BANK_OFFICER | Role.COMPLIANCE:
            return True
        case Role.SUPERVISOR:
            return False
    raise Forbidden("role-may-not", role=asker.role.value)


def position(connection: Connection) -> str | None:
    """How far the stream was read; None when nothing of it was."""
    found = connection.execute(select(projection_table.c.position)).scalar_one()
    return None if found == str(START) else str(found)


def board(
    connection: Connection, asker: Asker, day: date, after: Place | None, limit: int
) -> list[Seen]:
    """The visits of a day that the asker may see, soonest first."""
    table = board_visit_table.c
    view, mine = table.for_bank, all_of_it()
    if not is_bank(asker):
        view = table.for_agency
        mine = and_(of_agency(table.agency_id, asker), view.is_not(None))
    query = select(
        table.visit_id, table.case_id, table.agency_id, table.not_before, view
    ).where(mine, table.day == day)
    if after:
        place = tuple_(after.at, after.key)
        query = query.where(tuple_(table.not_before, table.visit_id) > place)
    query = query.order_by(table.not_before, table.visit_id).limit(limit)
    return [Seen(*row) for row in connection.execute(query)]


def all_of_it() -> ColumnElement[bool]:
    return true()


def of_agency(column: ColumnElement[Any], asker: Asker) -> ColumnElement[bool]:
    return column == asker.agency_id if asker.agency_id else false()


def timeline(
    connection: Connection,
    asker: Asker,
    about: ColumnElement[bool],
    after: Place | None,
    limit: int,
) -> list[Happened]:
    """What the asker may see of what happened there, oldest first."""
    table = timeline_table.c
    query = SHOWN.where(about, may_see(asker))
    order = (table.at, table.sequence, table.event_id)
    if after:
        number = select(table.sequence).where(table.event_id == after.key)
        last = tuple_(after.at, number.scalar_subquery(), after.key)
        query = query.where(tuple_(*order) > last)
    query = query.order_by(*order).limit(limit)
    return [happened(row) for row in connection.execute(query)]


def is_known(connection: Connection, asker: Asker, about: ColumnElement[bool]) -> bool:
    """Tell whether anything happened there that the asker may see."""
    query = select(timeline_table.c.event_id).where(about, may_see(asker)).limit(1)
    return connection.execute(query).first() is not None


def may_see(asker: Asker) -> ColumnElement[bool]:
    """Of the events of a visit or a case, those that the asker is told of."""
    table = timeline_table.c
    if is_bank(asker):
        return table.topic.not_in(hidden_from(asker.role))
    return and_(of_agency(table.agency_id, asker), table.topic.in_(told_to_agencies()))


def holds(connection: Connection, cases: Iterable[UUID]) -> dict[UUID, list[HoldReason]]:
    """The reasons that these cases are held for now: what was said last of each."""
    table = timeline_table.c
    wanted = bindparam("cases", sorted(cases), type_=ARRAY(Uuid))
    reason = table.data["reason"].as_string()
    newest = (
        select(table.case_id, reason.label("reason"), table.topic)
        .where(table.case_id == wanted.any_(), HOLDING)
        .ext(distinct_on(table.case_id, reason))
        .order_by(table.case_id, reason, table.sequence.desc(), table.said_at.desc())
    )
    found: dict[UUID, list[HoldReason]] = {}
    for case_id, why, topic in connection.execute(newest):
        if topic == CaseHeld.topic():
            found.setdefault(case_id, []).append(HoldReason(why))
    return found
