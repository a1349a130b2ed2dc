"""Every query about uploads, under a name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, bindparam, delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert

from chassis.keyring import Fetched, key_table
from chassis.prepared import written
from gateway.model import upload
from gateway.store import Driver
from gateway.uploads.headers import Wish
from proto.media import MEDIA_TYPES, MediaKind

#: Bytes that the disk has room kept for, of what one person has announced.
MOST_PROMISED = 1 << 30
OPEN, DONE, ENDED = "open", "done", "ended"
#: Columns that a phone says of a file: the same again is the same upload.
SAID = ("visit_id", "device_id", "media_type", "sha256", "captured_at", "length")


@dataclass(frozen=True)
class Upload:
    """One upload as its row says.

    `received` bytes are on disk; `wanted` grows when another gateway waits for it; `why`
    it was ended is the kind of a problem; `receipt` is there once it is done.
    """

    id: UUID
    visit_id: UUID
    case_id: UUID
    agency_id: UUID
    person_id: UUID
    device_id: UUID
    media_type: str
    sha256: str
    captured_at: datetime
    length: int
    received: int
    state: str
    why: str | None
    wanted: int
    receipt: str | None
    expires_at: datetime

    @property
    def kind(self) -> MediaKind:
        return MEDIA_TYPES[self.media_type]

    @property
    def whole(self) -> bool:
        return self.received == self.length

    def same(self, wish: Wish, length: int, person_id: UUID) -> bool:
        """Tell whether this is what somebody wishes, who may not have heard our answer."""
        mine = tuple(getattr(self, name) for name in SAID)
        said = (wish.visit_id, wish.device_id, wish.filetype, wish.sha256)
        theirs = (*said, wish.captured_at, length)
        return (self.person_id, *mine) == (person_id, *theirs)


FIELDS = [upload.c[name] for name in Upload.__dataclass_fields__]
FIND = select(*FIELDS).where(upload.c.id == bindparam("upload_id"))
#: For the driver, beside the key of its case as that lies in the keyring.
LOOK = written(
    select(key_table.c.wrapped, key_table.c.master, *FIELDS)
    .outerjoin(key_table, key_table.c.key_id == upload.c.case_id)
    .where(upload.c.id == bindparam("upload_id"))
)
FINISH = (
    "UPDATE upload SET state = 'done', received = length, receipt = %(receipt)s,"
    " done_at = %(at)s WHERE id = %(upload_id)s AND state = 'open'"
)


def of(row: Row[Any]) -> Upload:
    return Upload(**row._mapping)


def find(connection: Connection, upload_id: UUID) -> Upload | None:
    found = connection.execute(FIND, {"upload_id": upload_id}).first()
    return of(found) if found else None


def look(connection: Driver, upload_id: UUID) -> tuple[Upload, Fetched | None] | None:
    """Return an upload, and the key of its case where there is one."""
    found = connection.execute(LOOK, {"upload_id": upload_id}).fetchone()
    if found is None:
        return None
    wrapped, master, *its = found
    upload = Upload(*its)
    return upload, None if wrapped is None else (upload.case_id, master, wrapped)


def add(connection: Connection, row: dict[str, Any]) -> bool:
    """Add an upload, also in place of one that was ended; False when there is one."""
    begun = {"received": 0, "state": OPEN, "why": None, "wanted": 0, "receipt": None}
    query = upsert(upload).values(row | begun)
    replaced = query.on_conflict_do_update(
        index_elements=["id"],
        set_=row | begun,
        where=(upload.c.state == ENDED) & (upload.c.person_id == row["person_id"]),
    )
    return connection.execute(replaced.returning(upload.c.id)).first() is not None


def record(connection: Connection, upload_id: UUID, received: int) -> None:
    """Note how many bytes are on disk."""
    query = update(upload).where(upload.c.id == upload_id, upload.c.state == OPEN)
    connection.execute(query.values(received=received))


def want(connection: Connection, upload_id: UUID) -> None:
    """Let whichever gateway has it give it up."""
    query = update(upload).where(upload.c.id == upload_id)
    connection.execute(query.values(wanted=upload.c.wanted + 1))


def wanted(connection: Connection, ids: list[UUID]) -> dict[UUID, int]:
    query = select(upload.c.id, upload.c.wanted).where(upload.c.id.in_(ids))
    return {row.id: row.wanted for row in connection.execute(query)}


def end(connection: Connection, upload_id: UUID, why: str) -> bool:
    """End one that is not done; False when it is not open any more."""
    query = update(upload).where(upload.c.id == upload_id, upload.c.state == OPEN)
    ended = query.values(state=ENDED, why=why, received=0)
    return connection.execute(ended.returning(upload.c.id)).first() is not None


def expire(connection: Connection, upload_id: UUID, now: datetime) -> bool:
    """End one that is still past its time; False when it is not, or was made anew."""
    over = (upload.c.state == OPEN) & (upload.c.expires_at <= now)
    query = update(upload).where(upload.c.id == upload_id, over)
    ended = query.values(state=ENDED, why="upload-expired", received=0)
    return connection.execute(ended.returning(upload.c.id)).first() is not None


def finish(connection: Connection, upload_id: UUID, receipt: str, at: datetime) -> None:
    query = update(upload).where(upload.c.id == upload_id)
    done = {"state": DONE, "received": upload.c.length, "receipt": receipt, "done_at": at}
    connection.execute(query.values(done))


def finish_open(connection: Driver, upload_id: UUID, receipt: str, at: datetime) -> bool:
    """Note that it is done, if it is open."""
    values = {"upload_id": upload_id, "receipt": receipt, "at": at}
    return connection.execute(FINISH, values).rowcount == 1


@dataclass(frozen=True)
class Used:
    """What a person and a visit have used of what they may."""

    open: int
    today: int
    visit: int


def used(connection: Connection, person_id: UUID, visit_id: UUID, now: datetime) -> Used:
    """Return what is used, in bytes but for `open`; no other upload of theirs is made
    meanwhile.
    """
    lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:one, 0))")
    for one in (f"upload of {person_id}", f"upload to {visit_id}"):
        connection.execute(lock, {"one": one})
    counts, length = upload.c.state != ENDED, func.sum(upload.c.length)
    a_day, alive = now - timedelta(days=1), now - timedelta(days=8)
    theirs = select(
        func.count().filter(upload.c.state == OPEN),
        func.coalesce(length.filter(counts & (upload.c.made_at > a_day)), 0),
    ).where(upload.c.person_id == person_id, upload.c.made_at > alive)
    at_visit = select(func.coalesce(length.filter(counts), 0))
    visit = connection.scalar(at_visit.where(upload.c.visit_id == visit_id))
    opened, today = connection.execute(theirs).one()
    return Used(opened, int(today), int(visit or 0))


def promised(connection: Connection, since: datetime) -> int:
    """Return how many bytes are missing of what was announced since then.

    Of one person so many at the most: else a few could announce the whole disk away.
    """
    missing = func.least(func.sum(upload.c.length - upload.c.received), MOST_PROMISED)
    open_ones = (upload.c.state == OPEN) & (upload.c.made_at > since)
    theirs = select(missing.label("bytes")).where(open_ones).group_by(upload.c.person_id)
    every = theirs.subquery()
    return int(connection.scalar(select(func.sum(every.c.bytes))) or 0)


def expired(connection: Connection, now: datetime, most: int) -> list[UUID]:
    """Return unfinished uploads whose time is over."""
    over = (upload.c.state == OPEN) & (upload.c.expires_at <= now)
    query = select(upload.c.id).where(over).order_by(upload.c.expires_at).limit(most)
    return list(connection.scalars(query))


def unfinished(connection: Connection, ids: list[UUID]) -> set[UUID]:
    """Return which of these are open."""
    query = select(upload.c.id).where(upload.c.id.in_(ids), upload.c.state == OPEN)
    return set(connection.scalars(query))


def forget(connection: Connection, before: datetime) -> None:
    """Remove rows of what is over since long."""
    old = (upload.c.made_at < before) & (upload.c.state != OPEN)
    connection.execute(delete(upload).where(old))
