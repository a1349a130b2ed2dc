"""The phones' journals: heads under their locks, what waits, what is odd, anchors."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from chassis.prepared import ask, written
from chassis.shared import Shared
from proto.base import Sealed
from services.field_visit.model import (
    Ahead,
    Anchored,
    Clock,
    Head,
    ahead_table,
    anchor_table,
    head_table,
    irregularity_table,
    journal_table,
)
from services.field_visit.store.doors import THESE

LAST = (
    select(journal_table.c.seq, journal_table.c.link)
    .where(journal_table.c.device_id == head_table.c.id)
    .order_by(journal_table.c.seq.desc())
    .limit(literal_column("1"))
    .lateral("newest")
)
#: Heads with the last entry that is kept: code of before heads wrote none.
HEADS = (
    select(head_table, LAST.c.seq.label("last_seq"), LAST.c.link.label("last_link"))
    .outerjoin(LAST, LAST.c.seq > head_table.c.seq)
    .where(head_table.c.id == THESE.any_())
    .order_by(head_table.c.id)
)
LOCKED = written(HEADS.with_for_update(of=head_table))
FREE = written(HEADS.with_for_update(of=head_table, skip_locked=True))
THERE = written(select(head_table.c.id).where(head_table.c.id == THESE.any_()))
VISITS_AHEAD = written(
    select(ahead_table.c.visit_id)
    .join_from(ahead_table, head_table, head_table.c.id == ahead_table.c.device_id)
    .where(ahead_table.c.device_id == THESE.any_(), ahead_table.c.joined_at.is_(None))
    .where(ahead_table.c.visit_id.is_not(None), ahead_table.c.seq > head_table.c.seq)
    .distinct()
)


def visits_ahead(connection: Connection, device_ids: Collection[UUID]) -> set[UUID]:
    """The visits of what waits of these phones: when it joins, they are locked as well."""
    if not device_ids:
        return set()
    rows = ask(connection, VISITS_AHEAD, {"ids": sorted(device_ids)})
    return {row.visit_id for row in rows}


def lock_heads(shared: Shared, device_ids: Iterable[UUID]) -> None:
    """Lock what is kept of these phones, after the visits; what others hold is noted."""
    wanted = sorted(set(device_ids))
    if not wanted:
        return
    rows = ask(shared.connection, LOCKED if shared.blocking else FREE, {"ids": wanted})
    for row in rows:
        shared.put(row.id, head_of(row))
    missing = set(wanted) - {row.id for row in rows}
    if missing and not shared.blocking:
        there = ask(shared.connection, THERE, {"ids": sorted(missing)})
        shared.elsewhere.update(row.id for row in there)


def head(shared: Shared, device_id: UUID, person_id: UUID) -> Head:
    """What is kept of a phone, locked; begun when it is the first time."""
    found = shared.thing(Head, device_id)
    if found is None:
        lock_heads(shared, [device_id])
        found = shared.thing(Head, device_id)
    if found is None:
        begin(shared.connection, device_id, person_id)
        lock_heads(shared, [device_id])
        found = shared.thing(Head, device_id)
    assert found is not None, "it was begun"
    return found


def begin(connection: Connection, device_id: UUID, person_id: UUID) -> None:
    """Have a head for a phone; nothing is said by one that no entry follows."""
    nothing = Head(device_id, person_id)
    row = nothing.row() | {"id": device_id, "person_id": person_id}
    connection.execute(insert(head_table).values(row).on_conflict_do_nothing())


def through(connection: Connection, device_id: UUID) -> int:
    """How far a phone's journal is kept."""
    its = journal_table.c
    query = select(func.max(its.seq)).where(its.device_id == device_id)
    return connection.scalar(query) or 0


def head_of(row: Row[Any]) -> Head:
    later = row.last_seq is not None
    return Head(
        id=row.id,
        person_id=row.person_id,
        seq=row.last_seq if later else row.seq,
        link=row.last_link if later else row.link,
        ahead=row.ahead,
        on_duty=row.on_duty,
        duty_at=row.duty_at,
        clock=Clock.of(row.clock),
    )


def links(connection: Connection, device_id: UUID, first: int, last: int) -> dict[int, str]:
    """The links of a phone's entries of these numbers."""
    its = journal_table.c
    query = select(its.seq, its.link).where(
        its.device_id == device_id, its.seq.between(first, last)
    )
    return {row.seq: row.link for row in connection.execute(query)}


def waiting_entries(connection: Connection, device_id: UUID, after: int) -> list[Ahead]:
    """What waits of a phone for what lies before it, behind what is kept, in its order.

    A no of another history stays for ever where it can join no more: it speaks on.
    """
    its = ahead_table.c
    query = select(
        its.id, its.seq, its.prev, its.link, its.doubt.is_not(None).label("told")
    )
    mine = query.where(its.device_id == device_id, its.joined_at.is_(None), its.seq > after)
    rows = connection.execute(mine.order_by(its.seq, its.id))
    return [Ahead(row.id, row.seq, row.prev, row.link, row.told) for row in rows]


def waited(
    connection: Connection, ids: Collection[UUID]
) -> dict[UUID, tuple[Sealed | None, Any]]:
    """What these are that waited, sealed, and the signature that stands with each.

    Of what could not be sealed only its place is left.
    """
    its = ahead_table.c
    rows = connection.execute(
        select(its.id, its.entry, its.signature).where(its.id.in_(ids))
    )
    return {
        row.id: (Sealed.model_validate(row.entry) if row.entry else None, row.signature)
        for row in rows
    }


def known_odd(connection: Connection, ids: Collection[UUID]) -> set[UUID]:
    """Which of these are told of already."""
    its = irregularity_table.c.id
    return set(connection.scalars(select(its).where(its.in_(ids))))


def odd_since(connection: Connection, device_id: UUID, since: datetime) -> dict[str, int]:
    """How much of each kind was odd of a phone since then."""
    its = irregularity_table.c
    query = select(its.kind, func.count().label("many")).where(
        its.device_id == device_id, its.at >= since
    )
    return {row.kind: row.many for row in connection.execute(query.group_by(its.kind))}


def anchors(
    connection: Connection, device_id: UUID, ids: Sequence[UUID]
) -> dict[UUID, Anchored]:
    """When these anchors of a phone were taken."""
    its = anchor_table.c
    query = select(its.id, its.at).where(its.id.in_(ids), its.device_id == device_id)
    return {row.id: Anchored(row.id, row.at) for row in connection.execute(query)}


def anchor(connection: Connection, anchor_id: UUID) -> tuple[UUID, datetime] | None:
    """Whose an anchor is, and when it was taken."""
    its = anchor_table.c
    row = connection.execute(
        select(its.device_id, its.at).where(its.id == anchor_id)
    ).first()
    return (row.device_id, row.at) if row else None
