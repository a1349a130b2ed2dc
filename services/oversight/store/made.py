"""What the projector writes. There is one at a time, so that it waits for nobody."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Connection,
    Row,
    Uuid,
    bindparam,
    delete,
    func,
    select,
    tuple_,
    update,
)

from chassis import writing
from chassis.writing import Part
from proto.base import Standing
from proto.dispatch import VisitPlanned
from services.oversight.model import (
    MEDIA_ID,
    OF_FILES,
    Happened,
    board_visit_table,
    projection_table,
    timeline_table,
)

#: Every column of the timeline but its place in the stream, which is nobody's to see.
SHOWN = select(*(timeline_table.c[name] for name in Happened.__dataclass_fields__))


class Projection(NamedTuple):
    """How far the stream was read, and by which code the board was made."""

    position: str
    generation: int
    made_by: str


def projection(connection: Connection, *, waits: bool = False) -> Projection | None:
    """How far the stream was read, locked; None while somebody else holds it."""
    table = projection_table.c
    query = select(table.position, table.generation, table.made_by).with_for_update(
        skip_locked=not waits
    )
    row = connection.execute(query).first()
    return Projection(*row) if row else None


def move(connection: Connection, to: Projection) -> None:
    connection.execute(update(projection_table).values(**to._asdict()))


def add(
    connection: Connection, generation: int, said: Iterable[tuple[int, Happened]]
) -> None:
    """Add events with their places in the stream; one that is there already stays."""
    rows = [
        asdict(event) | {"generation": generation, "place": place} for place, event in said
    ]
    if rows:
        sql = writing.insertion(timeline_table, tuple(rows[0])) + " ON CONFLICT DO NOTHING"
        writing.execute(connection, [Part(sql, rows)])


def keep(connection: Connection, standings: Iterable[Standing]) -> None:
    """Keep standings, each unless a newer one is kept already."""
    kept = [
        {"topic": s.topic(), "key": s.key(), "version": s.version, "body": s}
        for s in standings
    ]
    writing.write(connection, {}, {}, kept, [])


def courses(connection: Connection, visits: Iterable[UUID]) -> dict[UUID, list[Happened]]:
    """All that is known of these visits."""
    wanted = bindparam("visits", sorted(visits), type_=ARRAY(Uuid))
    found: dict[UUID, list[Happened]] = {}
    for row in connection.execute(SHOWN.where(timeline_table.c.visit_id == wanted.any_())):
        event = happened(row)
        assert event.visit_id is not None
        found.setdefault(event.visit_id, []).append(event)
    return found


def known(connection: Connection, events: Iterable[UUID]) -> set[UUID]:
    """Which of these events stand on the timeline already."""
    its, wanted = timeline_table.c.event_id, bindparam("events", list(events), ARRAY(Uuid))
    return set(connection.scalars(select(its).where(its == wanted.any_())))


def told_of_files(
    connection: Connection, files: Iterable[tuple[UUID, str]]
) -> dict[UUID, list[Happened]]:
    """All that is known of these files of visits, by the visit."""
    found: dict[UUID, list[Happened]] = {}
    mine = tuple_(timeline_table.c.visit_id, MEDIA_ID).in_(sorted(files))
    for row in connection.execute(SHOWN.where(OF_FILES, mine)):
        found.setdefault(row.visit_id, []).append(happened(row))
    return found


def shown_now(connection: Connection, visits: Iterable[UUID]) -> list[dict[str, Any]]:
    """The rows of these visits on the board, of those that are there."""
    table = board_visit_table
    query = select(table).where(table.c.visit_id.in_(sorted(visits)))
    return [dict(row._mapping) for row in connection.execute(query)]


def happened(row: Row[Any]) -> Happened:
    return Happened(**dict(row._mapping) | {"clauses": tuple(row.clauses)})


def show(connection: Connection, rows: list[dict[str, Any]]) -> None:
    """Put these visits on the board as they are now."""
    if rows:
        columns = tuple(rows[0])
        changed = ", ".join(f"{name} = excluded.{name}" for name in columns[1:])
        sql = writing.insertion(board_visit_table, columns)
        sql += f" ON CONFLICT (visit_id) DO UPDATE SET {changed}"
        writing.execute(connection, [Part(sql, rows)])


def planned(connection: Connection, after: UUID | None, limit: int) -> list[UUID]:
    """The visits on the timeline that were planned, by their ids, page by page."""
    table = timeline_table.c
    query = select(table.visit_id).where(table.topic == VisitPlanned.topic()).distinct()
    if after:
        query = query.where(table.visit_id > after)
    found = connection.execute(query.order_by(table.visit_id).limit(limit)).scalars()
    return [each for each in found if each is not None]


def forget_unplanned(connection: Connection) -> None:
    """Take off the board what no event of the timeline has planned."""
    table = timeline_table.c
    said = (table.visit_id == board_visit_table.c.visit_id) & (
        table.topic == VisitPlanned.topic()
    )
    connection.execute(delete(board_visit_table).where(~select(1).where(said).exists()))


def entries(connection: Connection) -> int:
    """How many events stand on the timeline."""
    return connection.execute(select(func.count()).select_from(timeline_table)).scalar_one()
