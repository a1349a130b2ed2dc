"""How much comes in at once, and what is kept free for it."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import Connection

from chassis import clock
from chassis.errors import Unavailable
from gateway.errors import TooMany
from gateway.parts import Parts
from gateway.uploads import crowd, quotas, rows, sweeping
from gateway.uploads.crowd import Crowd
from proto import ids
from proto.base import Role
from tests.gateway.stand_in import Bearer, Hands, StandIn, asker
from tests.gateway.uploading import ME, File, Sender, kind, photo

pytestmark = pytest.mark.anyio

SOMEBODY = asker(Role.FIELD_COLLECTOR).model_copy(update={"person_id": UUID(int=99)})


@pytest.fixture
def sender(
    parts: Parts,
    hands: Hands,
    client: httpx.AsyncClient,
    bearer: Bearer,
    services: StandIn,
) -> Sender:
    services.error, me = Unavailable("broker-away"), bearer(Role.FIELD_COLLECTOR)
    return Sender(client, parts.landing.grants, hands.now(), me)


class Slow:
    """A file that comes in for as long as a test likes."""

    def __init__(self, sender: Sender, file: File) -> None:
        self.sender, self.file = sender, file
        self.begun, self.goes_on = asyncio.Event(), asyncio.Event()

    async def body(self) -> AsyncIterator[bytes]:
        yield self.file.content[:100]
        self.begun.set()
        await self.goes_on.wait()
        yield self.file.content[100:]

    async def send(self) -> httpx.Response:
        assert (await self.sender.announce(self.file)).status_code == 201
        return await self.sender.send(self.file, 0, self.body())


@pytest.mark.parametrize(
    ("limit", "expected"),
    [("OF_ONE", (429, "upload-too-many-at-once")), ("AT_ONCE", (503, "upload-crowd"))],
)
async def test_so_many_files_come_in_at_once_and_no_more(
    sender: Sender,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    expected: tuple[int, str],
) -> None:
    monkeypatch.setattr(crowd, limit, 2)
    slow = [Slow(sender, sender.file(photo(500, each))) for each in range(2)]
    under_way = [asyncio.create_task(each.send()) for each in slow]
    await asyncio.gather(*(each.begun.wait() for each in slow))
    third = sender.file(photo(500, 3))
    refused = await sender.whole(third)
    assert (kind(refused), refused.headers["retry-after"]) == (expected, "1")

    newer = asyncio.create_task(sender.send(slow[0].file, 0, slow[0].file.content))
    taken_over = await under_way[0]  # it is the same file, and no third one
    assert kind(taken_over) == (409, "upload-taken-over")
    await newer
    slow[1].goes_on.set()
    assert (await under_way[1]).status_code == 204
    assert (await sender.send(third, 0, third.content)).status_code == 204


def test_a_place_is_free_again_however_it_was_left() -> None:
    here, ours = Crowd(), ids.new()
    with pytest.raises(KeyError), here.place(ME, ours):
        raise KeyError
    assert here.coming == {}


def test_one_file_has_so_many_connections_and_others_their_own() -> None:
    here, ours = Crowd(), ids.new()
    with ExitStack() as stack:
        for _ in range(crowd.CONNECTIONS):
            stack.enter_context(here.place(ME, ours))
        with pytest.raises(Unavailable, match="upload-busy"):
            stack.enter_context(here.place(ME, ours))
        for _ in range(crowd.OF_ONE - 1):
            stack.enter_context(here.place(ME, ids.new()))
        with pytest.raises(TooMany, match="upload-too-many-at-once"):
            stack.enter_context(here.place(ME, ids.new()))
        stack.enter_context(here.place(SOMEBODY, ours))
    assert here.coming == {}


async def test_what_others_have_announced_is_kept_free(
    sender: Sender, parts: Parts, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    large, small = (25 << 20), sender.file(photo())
    assert (await sender.announce(sender.file(photo()), length=large)).status_code == 201
    free = shutil.disk_usage(parts.uploads.folder.root.parent).free
    monkeypatch.setattr(quotas, "KEPT_FREE", free - (large // 2))
    assert kind(await sender.announce(small)) == (503, "media-store-full")

    hands.turn(days=1)  # nobody is kept away for ever by what nobody sends
    sender.bearer = {"Authorization": f"Bearer {parts.accounts.tokens.sign(ME, ids.new())}"}
    sender.now = hands.now()
    assert (await sender.announce(small)).status_code == 201


async def test_one_person_does_not_announce_the_whole_disk_away(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    most, each = 1 << 20, 700 << 10
    monkeypatch.setattr(rows, "MOST_PROMISED", most)
    for size in (2000, 2001, 2002):
        file = sender.file(photo(size))
        assert (await sender.announce(file, length=each)).status_code == 201

    since = sender.now - quotas.PROMISED_FOR
    with parts.database.engine.connect() as connection:
        assert rows.promised(connection, since) == most


async def test_what_was_made_anew_is_not_swept(
    sender: Sender, parts: Parts, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look at all and the lock of one, its time was made longer."""
    file, folder = sender.file(photo(2000)), parts.uploads.folder
    await sender.announce(file)
    await sender.send(file, 0, file.content[:500])
    seen = rows.expired

    def seen_before(connection: Connection, *said: object) -> list[UUID]:
        return [file.media_id]

    monkeypatch.setattr(rows, "expired", seen_before)
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 0
    assert (await sender.look(file)).headers["upload-offset"] == "500"
    assert folder.partial(str(file.media_id)).read_bytes() == file.content[:500]

    hands.turn(days=7)
    monkeypatch.setattr(rows, "expired", seen)
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 1
    assert not folder.partial(str(file.media_id)).exists()
    assert clock.now() - sender.now == timedelta(days=7)
