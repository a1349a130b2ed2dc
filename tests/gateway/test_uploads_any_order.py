"""Whatever happens in whatever order, the file in the store is the file on the phone.

Pieces of any size, lines that drop, gateways that are killed with bytes half written,
checksums right and wrong, others that look: drawn by hypothesis.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as tried
from hypothesis import strategies as st
from sqlalchemy import Connection
from starlette.requests import ClientDisconnect

from chassis import clock
from chassis.errors import Refused
from chassis.media import Folder
from gateway.landing.item import Item
from gateway.store import Database
from gateway.uploads import intake, rows
from gateway.uploads.headers import Checksum, Wish
from gateway.uploads.making import Announced
from gateway.uploads.reception import Sent, Uploads
from proto import ids
from proto.base import Asker
from proto.grants import Landed, VisitGrant
from tests.gateway.uploading import ME

CONTENT = b"\xff\xd8\xff" + bytes(range(256)) * 16
DIGEST = hashlib.sha256(CONTENT).hexdigest()
#: What a gateway that was killed may have left beyond what its row says.
LEFT = b"\x00" * 40


class Lands:
    """Takes whatever lands, and counts."""

    def __init__(self) -> None:
        self.items: list[Item] = []

    def read_grant(self, header: str, asker: Asker, visit_id: UUID) -> VisitGrant:
        raise NotImplementedError

    def land(self, _: Connection, item: Item) -> Landed:
        self.items.append(item)
        return Landed(visit_id=item.receipt.visit_id, receipt="a.b.c")

    def land_at_once(self, *_: object) -> None:
        """Have everything landed by `land`."""

    def wake(self) -> None: ...

    def wake_for_media(self) -> None: ...


@dataclass(frozen=True)
class Step:
    """Send so many bytes; the line drops after `drops_after` of them, if at all."""

    count: int
    drops_after: int | None
    checksum: str | None
    killed: bool
    looks: bool


STEPS = st.builds(
    Step,
    count=st.integers(0, 1500),
    drops_after=st.none() | st.integers(0, 1500),
    checksum=st.sampled_from([None, None, "sha1", "sha256", "wrong"]),
    killed=st.booleans(),
    looks=st.booleans(),
)


@pytest.fixture
def database(database_url: str, environment: None) -> Iterator[Database]:
    found = Database(database_url)
    yield found
    found.close()


@tried(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(STEPS, max_size=12), st.sampled_from([300, 1 << 20]))
def test_the_file_is_the_same_to_the_byte(
    database: Database, steps: list[Step], noted: int
) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        patched.setattr(intake, "NOTED", noted)
        patched.setattr(intake, "PIECE", 250)
        asyncio.run(walk(database, Path(folder), steps))


async def walk(database: Database, folder: Path, steps: list[Step]) -> None:
    lands, media_id = Lands(), ids.new()
    uploads = Uploads(Folder(folder), database, lands)
    await database.run(lambda connection: rows.add(connection, row(media_id)))
    acknowledged = 0
    for step in steps:
        if step.looks:
            upload = await uploads.look(media_id, ME)
            assert acknowledged <= upload.received <= len(CONTENT)
        received = await taken(database, media_id)
        assert received >= acknowledged
        acknowledged = max(acknowledged, await send(uploads, media_id, received, step))
        if step.killed:
            await uploads.stop()
            leave(uploads, media_id)
            uploads = Uploads(Folder(folder), database, lands)
    received = (await uploads.look(media_id, ME)).received
    end = Step(len(CONTENT), None, None, killed=False, looks=False)
    await send(uploads, media_id, received, end)
    assert (await uploads.look(media_id, ME)).receipt == "a.b.c"
    await uploads.stop()
    assert uploads.folder.path(DIGEST).read_bytes() == CONTENT
    assert [item.key for item in lands.items] == [media_id]


def row(media_id: UUID) -> dict[str, object]:
    wish = Wish(
        media_id=media_id,
        visit_id=ids.new(),
        device_id=ids.new(),
        filetype="image/jpeg",
        sha256=DIGEST,
        captured_at=clock.now(),
    )
    grant = VisitGrant(
        visit_id=wish.visit_id,
        case_id=ids.new(),
        agency_id=ids.new(),
        collectors=(ids.new(), ids.new()),
        phones=(),
        granted_at=clock.now(),
        good_until=clock.now(),
    )
    return Announced(wish, len(CONTENT), ME).row(grant)


async def taken(database: Database, media_id: UUID) -> int:
    found = await database.run(lambda connection: rows.find(connection, media_id))
    assert found
    return found.received


async def send(uploads: Uploads, media_id: UUID, offset: int, step: Step) -> int:
    """Send as the step says; return how far an answer said that it has come."""
    piece = CONTENT[offset : offset + step.count]
    algorithm = "sha256" if step.checksum == "wrong" else step.checksum
    checksum = None
    if algorithm:
        checksum = Checksum(algorithm, hashlib.new(algorithm, piece).digest())
    if step.checksum == "wrong":  # flipped on their way
        piece = bytes(each ^ 0xFF for each in piece)
    sent = Sent(offset, len(piece), checksum, body(piece, step.drops_after))
    try:
        return (await uploads.receive(media_id, sent, ME)).received
    except (ClientDisconnect, Refused):
        return 0


async def body(piece: bytes, drops_after: int | None) -> AsyncIterator[bytes]:
    for at in range(0, len(piece), 97):
        if drops_after is not None and at >= drops_after:
            raise ClientDisconnect
        yield piece[at : at + 97]


def leave(uploads: Uploads, media_id: UUID) -> None:
    """Leave bytes that were written and never noted."""
    partial = uploads.folder.partial(str(media_id))
    if partial.exists() and partial.stat().st_size + len(LEFT) < len(CONTENT):
        with partial.open("ab") as file:
            file.write(LEFT)
