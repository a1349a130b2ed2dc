"""Uploads over real sockets: lines that drop, phones that come back, gateways that die."""

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from functools import partial
from random import Random

import httpx
import pytest
from fastapi import FastAPI
from tusclient.client import TusClient

from chassis.errors import Unavailable
from chassis.settings import settings
from gateway.app import create_app
from gateway.parts import Parts
from gateway.passwords import Passwords
from gateway.uploads import taking, turns
from proto.base import Role
from tests.gateway.serving import Wire, served
from tests.gateway.stand_in import CHEAP, Bearer, Hands, StandIn
from tests.gateway.uploading import File, Sender, photo

pytestmark = pytest.mark.anyio

#: What is said of a file that is not on the disk of the test, but of a phone.
MIB = 1 << 20


@pytest.fixture
async def url(app: FastAPI) -> AsyncIterator[str]:
    async with served(app) as found:
        yield found


@pytest.fixture
async def sender(
    url: str, parts: Parts, hands: Hands, bearer: Bearer, services: StandIn
) -> AsyncIterator[Sender]:
    services.error, me = Unavailable("broker-away"), bearer(Role.FIELD_COLLECTOR)
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        yield Sender(client, parts.landing.grants, hands.now(), me)


def stored(parts: Parts, file: File) -> bool:
    """Whether the very bytes are in the store."""
    digest = hashlib.sha256(file.content).hexdigest()
    path = parts.uploads.folder.path(digest)
    return path.exists() and path.read_bytes() == file.content


async def offset(sender: Sender, file: File) -> int:
    return int((await sender.look(file)).headers["upload-offset"])


async def until_here(parts: Parts, file: File, size: int) -> None:
    """Return when so many bytes are in the partial file."""
    path = parts.uploads.folder.partial(str(file.media_id))
    async with asyncio.timeout(20):
        while not path.exists() or path.stat().st_size < size:
            await asyncio.sleep(0.01)


async def to_the_end(sender: Sender, file: File) -> None:
    """Go on from wherever it is until it is done, as a phone does."""
    for _ in range(20):
        here = await offset(sender, file)
        if here == len(file.content):
            return
        await sender.send(file, here, file.content[here:])
    raise AssertionError("not done after twenty tries")


async def test_tuspy_sends_a_file_in_pieces_and_resumes(
    url: str, sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo(2 * MIB + 17))
    stream = io.BytesIO(file.content)
    headers = sender.bearer | sender.with_grant()
    said = {name: str(text) for name, text in file.said().items()}

    def send() -> None:
        client = TusClient(f"{url}/v1/uploads", headers=headers)
        settings = {"file_stream": stream, "chunk_size": 400_000, "upload_checksum": True}
        send_with = partial(client.uploader, **settings)
        first = send_with(metadata=said)
        first.upload(stop_at=800_000)
        assert first.offset == 800_000
        second = send_with(url=first.url)
        assert second.offset == 800_000
        second.upload()

    await asyncio.to_thread(send)
    assert stored(parts, file)


async def test_a_connection_that_hangs_is_taken_over(
    url: str, sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo(3 * MIB))
    await sender.announce(file)
    hanging = await Wire.patch(url, sender, file, 0)
    await hanging.send(file.content[: 2 * MIB])
    await until_here(parts, file, MIB)

    here = await offset(sender, file)
    assert MIB <= here <= 2 * MIB
    assert await hanging.status() == 409
    again = await Wire.patch(url, sender, file, here)
    assert (await sender.send(file, here, file.content[here:])).status_code == 204
    assert await again.status() == 409
    assert stored(parts, file)
    await hanging.drop()
    await again.drop()


async def test_what_came_before_the_line_dropped_is_kept(
    url: str, sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo(3 * MIB))
    await sender.announce(file)
    dropped = await Wire.patch(url, sender, file, 0)
    await dropped.send(file.content[: 2 * MIB + 5])
    await until_here(parts, file, MIB)
    await dropped.drop()
    here = await offset(sender, file)
    assert MIB <= here <= 2 * MIB + 5
    await to_the_end(sender, file)
    assert stored(parts, file)


async def test_half_a_piece_with_a_checksum_is_not_kept(
    url: str, sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo(3 * MIB))
    await sender.announce(file)
    said = {"Upload_Checksum": "sha1 " + "A" * 27 + "="}
    dropped = await Wire.patch(url, sender, file, 0, **said)
    await dropped.send(file.content[: 2 * MIB])
    await until_here(parts, file, MIB)
    await dropped.drop()
    assert await offset(sender, file) == 0
    await to_the_end(sender, file)
    assert stored(parts, file)


async def test_two_at_once_never_mix(sender: Sender, parts: Parts) -> None:
    for seed in range(8):
        file, chance = sender.file(photo(MIB, seed)), Random(seed)
        await sender.announce(file)

        async def pieces(
            file: File = file, chance: Random = chance
        ) -> AsyncIterator[bytes]:
            at = 0
            while at < len(file.content):
                size = chance.randint(1, 300_000)
                yield file.content[at : at + size]
                at += size
                await asyncio.sleep(0)

        both = [sender.send(file, 0, pieces()) for _ in range(3)]
        codes = {each.status_code for each in await asyncio.gather(*both)}
        assert codes <= {204, 409, 503}
        await to_the_end(sender, file)
        assert stored(parts, file)


async def test_who_sends_nothing_is_not_waited_for(
    url: str, sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "IDLE_S", 0.3)
    file = sender.file(photo(MIB))
    await sender.announce(file)
    idle = await Wire.patch(url, sender, file, 0)
    await idle.send(file.content[:1000])
    assert await idle.status() == 503
    assert await offset(sender, file) == 1000
    await idle.drop()


async def test_a_gateway_that_ends_keeps_what_came(
    url: str, sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo(3 * MIB))
    await sender.announce(file)
    wire = await Wire.patch(url, sender, file, 0)
    await wire.send(file.content[: 2 * MIB])
    await until_here(parts, file, MIB)
    parts.uploads.end()
    assert await wire.status() == 503
    parts.uploads.turns.ending = False
    assert MIB <= await offset(sender, file) <= 2 * MIB
    await wire.drop()


async def test_another_gateway_takes_over(
    url: str,
    sender: Sender,
    parts: Parts,
    services: StandIn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(taking, "WATCH_S", 0.05)
    other = create_app(settings(), services=services, passwords=Passwords(CHEAP))
    file = sender.file(photo(3 * MIB))
    await sender.announce(file)
    hanging = await Wire.patch(url, sender, file, 0)
    await hanging.send(file.content[: 2 * MIB])
    await until_here(parts, file, MIB)
    async with (
        other.router.lifespan_context(other),
        served(other) as there,
        httpx.AsyncClient(base_url=there, trust_env=False) as client,
    ):
        elsewhere = Sender(client, sender.grants, sender.now, sender.bearer)
        here = await offset(elsewhere, file)
        assert MIB <= here <= 2 * MIB
        assert await hanging.status() == 409
        sent = await elsewhere.send(file, here, file.content[here:])
        assert sent.status_code == 204
    # and back again: each remembers a digest, and knows when it is of no use any more
    assert await offset(sender, file) == len(file.content)
    assert stored(parts, file)
    await hanging.drop()


async def test_a_digest_of_before_is_not_believed(
    sender: Sender, parts: Parts, services: StandIn
) -> None:
    """Sent in turns through two gateways, and a third."""
    file, apps = sender.file(photo(900)), []
    await sender.announce(file)
    for _ in range(2):
        apps.append(create_app(settings(), services=services, passwords=Passwords(CHEAP)))
    transports = [httpx.ASGITransport(app=each) for each in apps]
    clients = [
        httpx.AsyncClient(transport=each, base_url="http://other") for each in transports
    ]
    senders = [
        sender,
        *(Sender(c, sender.grants, sender.now, sender.bearer) for c in clients),
    ]
    for at in range(0, len(file.content), 100):
        each = senders[at // 100 % 3]
        response = await each.send(file, at, file.content[at : at + 100])
        assert response.status_code == 204
    assert stored(parts, file)
    for client, app in zip(clients, apps, strict=True):
        await client.aclose()
        await app.state.parts.uploads.stop()
        app.state.parts.database.close()
