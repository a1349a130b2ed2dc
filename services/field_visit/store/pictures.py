"""What photos say of themselves: which look alike, what is usual for a phone, and where."""

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    cast,
    delete,
    exists,
    func,
    null,
    select,
    union_all,
    update,
)
from sqlalchemy.dialects.postgresql import BIT

from services.field_visit.model import (
    PLACED,
    bands,
    grey_table,
    picture_table,
    signed,
)
from services.field_visit.model.plausibility import ALIKE_BITS

PICTURE, GREY = picture_table.c, grey_table.c
#: Pictures that look alike, of one look-up in each band, and photos of a phone that say
#: what is usual for it.
MOST_ALIKE, MOST_USUAL = 20, 50
#: Bits of 64 that a picture loses at the most when it is saved anew, and pictures of a case
#: that one is compared with, the newest (bench/likeness.py).
SAVED_BITS, MOST_OF_CASE = 12, 200
#: Places that are let go in one look.
MOST_PLACES = 500


def has_picture(connection: Connection, media_id: UUID) -> bool:
    return bool(connection.scalar(select(exists().where(PICTURE.id == media_id))))


def has_greys(connection: Connection, media_id: UUID) -> bool:
    return bool(connection.scalar(select(exists().where(GREY.id == media_id))))


def alike(
    connection: Connection, likeness: int, before: datetime, case_id: UUID
) -> list[Row[Any]]:
    """Photos of before a moment that look like this one, of other cases, the oldest first.

    Each differs in three bits at most, so that one of its four bands is equal: each is
    looked up, and ends after some: of a picture that everybody sends there is enough.
    """
    parts = [
        in_band(at, each, likeness, before, case_id)
        for at, each in enumerate(bands(likeness))
    ]
    rows = {row.id: row for row in connection.execute(union_all(*parts))}
    return sorted(rows.values(), key=lambda row: (row.captured_at, row.id))


def in_band(
    at: int, value: int, likeness: int, before: datetime, case_id: UUID
) -> Select[Any]:
    columns = PICTURE.id, PICTURE.case_id, PICTURE.captured_at, PICTURE.likeness
    mine = PICTURE[f"band{at}"] == value, PICTURE.captured_at < before
    query = select(*columns).where(*mine, PICTURE.case_id != case_id)
    query = query.where(bits_apart(PICTURE.likeness, likeness) <= ALIKE_BITS)
    oldest = query.order_by(PICTURE.captured_at).limit(MOST_ALIKE)
    return select(oldest.subquery())


def bits_apart(kept: ColumnElement[int], likeness: int) -> ColumnElement[int]:
    other = kept.op("#")(signed(likeness))
    return func.bit_count(cast(other, BIT(length=64)), type_=None)


def alike_of_case(
    connection: Connection, likeness: int, before: datetime, visit: tuple[UUID, UUID]
) -> list[Row[Any]]:
    """Photos of before a moment that may be this one, of other visits to the same case.

    `visit` is a case and one of its visits.
    """
    mine = GREY.case_id == visit[0], GREY.visit_id != visit[1], GREY.captured_at < before
    query = select(GREY.captured_at, GREY.likeness, GREY.cells).where(*mine)
    query = query.where(bits_apart(GREY.likeness, likeness) <= SAVED_BITS)
    newest = query.order_by(GREY.captured_at.desc()).limit(MOST_OF_CASE)
    return list(connection.execute(newest))


def places_long(connection: Connection, before: datetime) -> list[Row[Any]]:
    """Photos that came before a moment, of whose place nobody decided yet, locked."""
    query = select(PICTURE.id, PICTURE.visit_id).where(PLACED, PICTURE.received_at < before)
    oldest = query.order_by(PICTURE.received_at).limit(MOST_PLACES)
    return list(connection.execute(oldest.with_for_update(skip_locked=True)))


def keep_places(connection: Connection, photos: Collection[UUID], why: str) -> None:
    mine = update(picture_table).where(PICTURE.id.in_(photos))
    connection.execute(mine.values(evidence=why))


def forget_places(connection: Connection, photos: Collection[UUID]) -> None:
    """Forget where photos were taken; what they look like is no place."""
    mine = update(picture_table).where(PICTURE.id.in_(photos))
    connection.execute(mine.values(place=null()))


def forget_picture(connection: Connection, media_id: UUID) -> None:
    """Forget all that a photo said of itself, with what it looked like."""
    connection.execute(delete(picture_table).where(PICTURE.id == media_id))
    connection.execute(delete(grey_table).where(GREY.id == media_id))


def usual(connection: Connection, device_id: UUID, before: datetime) -> list[Row[Any]]:
    """What the newest photos of a phone before a moment say of their camera."""
    columns = PICTURE.exif, PICTURE.camera, PICTURE.editor, PICTURE.screen
    mine = PICTURE.device_id == device_id, PICTURE.captured_at < before
    newest = select(*columns).where(*mine).order_by(PICTURE.captured_at.desc())
    return list(connection.execute(newest.limit(MOST_USUAL)))
