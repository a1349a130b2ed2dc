"""The photos and sound of visits."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, or_, select, text

from chassis.keyring_tables import shredded_table
from chassis.prepared import ask, written
from chassis.shared import Shared
from proto.media import DeletionReason, Inspection, MediaKind
from services.field_visit.model import COPIES, Media, media_table, visit_table
from services.field_visit.store.doors import THESE

#: An upload of these bytes that goes on, or is done and not handed on to us yet.
COMES = text(
    "SELECT EXISTS (SELECT FROM gateway.upload u WHERE u.sha256 = :digest"
    " AND u.state <> 'ended' AND u.case_id IS DISTINCT FROM CAST(:but_for AS uuid)"
    " AND NOT EXISTS (SELECT FROM media m WHERE m.id = u.id))"
)

#: Uploads of visits that we were told of no file from: they grow, have landed, or ended.
UNTOLD = text(
    "SELECT u.id, u.sha256, u.done_at FROM gateway.upload u WHERE u.visit_id = ANY(:visits)"
    " AND NOT EXISTS (SELECT FROM media m WHERE m.id = u.id) ORDER BY u.id"
)
END = text(
    "UPDATE gateway.upload SET state = 'ended', why = 'key-shredded', received = 0,"
    " receipt = NULL WHERE id = ANY(:uploads) AND state <> 'ended'"
)
#: What is asked of files that come in, of all in a message at once.
KNOWN = written(select(media_table).where(media_table.c.id == THESE.any_()))
SHREDDED = written(
    select(shredded_table.c.key_id, shredded_table.c.by).where(
        shredded_table.c.key_id == THESE.any_()
    )
)


class Coming(NamedTuple):
    """A file that comes in: what was told of it before, and who has shredded its case."""

    known: Media | None
    shredded_by: str | None


def look_up(shared: Shared, cases: Mapping[UUID, UUID]) -> None:
    """Read what is known of files that come in, each of a case whose visit is locked."""
    if not cases:
        return
    rows = ask(shared.connection, KNOWN, {"ids": sorted(cases)})
    gone = ask(shared.connection, SHREDDED, {"ids": sorted({*cases.values()})})
    known, by = (
        {row.id: media_of(row) for row in rows},
        {row.key_id: row.by for row in gone},
    )
    for media_id, case_id in cases.items():
        shared.put(media_id, Coming(known.get(media_id), by.get(case_id)))


def coming(shared: Shared, media_id: UUID, case_id: UUID) -> Coming:
    """A file that comes in, with those it came with."""
    if shared.thing(Coming, media_id) is None:
        look_up(shared, {media_id: case_id})
    found = shared.thing(Coming, media_id)
    assert found is not None, "it was looked up"
    return found


def media(connection: Connection, media_id: UUID) -> Media | None:
    """One file; not locked: what changes it locks its visit."""
    query = select(media_table).where(media_table.c.id == media_id)
    row = connection.execute(query).first()
    return media_of(row) if row else None


def media_of_visit(connection: Connection, visit_id: UUID) -> list[Media]:
    """The files of a visit in the order in which they were captured."""
    table = media_table
    mine = select(table).where(table.c.visit_id == visit_id)
    rows = connection.execute(mine.order_by(table.c.captured_at, table.c.id))
    return [media_of(row) for row in rows]


def visits_of_case(connection: Connection, case_id: UUID) -> list[UUID]:
    """Every visit of a case that there was."""
    table = visit_table.c
    return list(connection.scalars(select(table.id).where(table.case_id == case_id)))


def untold_of(connection: Connection, visits: Sequence[UUID]) -> list[Row[Any]]:
    """Uploads to these visits without a file of ours: id, digest, and when it was done."""
    return list(connection.execute(UNTOLD, {"visits": list(visits)}))


def end_uploads(connection: Connection, uploads: Sequence[UUID]) -> None:
    """End uploads of a shredded case, also those that are done."""
    connection.execute(END, {"uploads": list(uploads)})


def is_needed(connection: Connection, digest: str, but_for: UUID | None = None) -> bool:
    """Whether any file that is not deleted has these bytes, or copies that are the same;
    or somebody is sending them, or has and we were not told yet.

    `but_for` a case, whose own files do not count.
    """
    table = media_table.c
    copies = [table.found[name].astext == digest for name in COPIES]
    its = or_(table.sha256 == digest, *copies), table.deleted_at.is_(None)
    rows = select(table.id).where(*its)
    if but_for is not None:
        others = media_table.join(visit_table, visit_table.c.id == table.visit_id)
        rows = rows.select_from(others).where(visit_table.c.case_id != but_for)
    if connection.scalar(rows.limit(1)) is not None:
        return True
    values = {"digest": digest, "but_for": but_for}
    return bool(connection.scalar(COMES, values))


def media_of(row: Row[Any]) -> Media:
    found = row.found and Inspection.model_validate(row.found)
    why = row.deleted_why and DeletionReason(row.deleted_why)
    values = {"kind": MediaKind(row.kind), "found": found, "deleted_why": why}
    return Media(**row._asdict() | values)
