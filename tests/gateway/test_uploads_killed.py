"""A gateway is killed while a file comes in, or while it is finished, and comes back."""

import asyncio
import hashlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import httpx
import psycopg
import pytest

from chassis import clock
from chassis.database import engine
from chassis.keyring import Keyring
from chassis.settings import settings
from gateway.landing.grants import Grants
from gateway.tokens import Tokens
from proto import ids
from tests.gateway.serving import Gateways, Wire, free_socket, gateways
from tests.gateway.uploading import ME, File, Sender, photo

pytestmark = pytest.mark.anyio

MIB = 1 << 20


@pytest.fixture(scope="module")
def many() -> Iterator[Gateways]:
    with gateways() as found:
        yield found


@pytest.fixture
def alone(empty: None) -> Sender:
    """A sender whose gateway is a process, by the true clock and without a broker."""
    token = Tokens(settings()).sign(ME, ids.new())
    with free_socket() as probe:
        port = probe.getsockname()[1]
    client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", trust_env=False)
    me = {"Authorization": f"Bearer {token}"}
    return Sender(client, Grants(settings()), clock.now(), me)


def port_of(sender: Sender) -> int:
    assert sender.client.base_url.port
    return sender.client.base_url.port


def kept(file: File) -> Path:
    digest = hashlib.sha256(file.content).hexdigest()
    return settings().media / digest[:2] / digest


async def offset(sender: Sender, file: File) -> int:
    return int((await sender.look(file)).headers["upload-offset"])


async def until_size(path: Path, size: int) -> None:
    async with asyncio.timeout(20):
        while path.stat().st_size < size:
            await asyncio.sleep(0.001)


async def killed_in_the_middle(
    pid: int, sender: Sender, file: File, here: int, chance: Random
) -> None:
    """Send on, and kill the gateway when some of it has been written."""
    upto = min(here + chance.randint(4 * MIB, 40 * MIB), len(file.content) - 1)
    wire = await Wire.patch(str(sender.client.base_url), sender, file, here)
    sending = asyncio.create_task(wire.send(file.content[here:upto]))
    partial = settings().media / "partial" / str(file.media_id)
    await until_size(partial, chance.randint(here, upto - MIB))
    os.kill(pid, signal.SIGKILL)
    await asyncio.gather(sending, return_exceptions=True)
    await wire.drop()


async def test_killed_at_any_moment_it_goes_on_from_what_is_on_disk(
    alone: Sender, many: Gateways
) -> None:
    chance = Random(7)
    sound = b"OggS" + chance.randbytes(64 * MIB)
    file, received = alone.file(sound, filetype="audio/ogg"), 0
    for _ in range(4):
        with many.one(port_of(alone)) as pid:
            assert (await alone.announce(file)).status_code == 201
            here = await offset(alone, file)
            assert received <= here < len(sound)
            received = here
            partial = settings().media / "partial" / str(file.media_id)
            partial.touch()
            await killed_in_the_middle(pid, alone, file, here, chance)
            assert partial.read_bytes()[:received] == sound[:received]
    with many.one(port_of(alone)):
        here = await offset(alone, file)
        last = await alone.send(file, here, sound[here:])
        assert (last.status_code, "doorstep-receipt" in last.headers) == (204, True)
    await alone.client.aclose()
    assert here >= received > 0
    assert kept(file).read_bytes() == sound
    assert list((settings().media / "partial").iterdir()) == []


#: Places to die at between the last byte and the answer: T.N, before it or after.
DEATHS = {
    "before it is in the store": "from chassis.media import Folder as T; N = 'link'; A = 0",
    "before it is landed": "from chassis.media import Folder as T; N = 'link'; A = 1",
    "before the row is done": "from gateway.uploads import rows as T; N = '{row}'; A = 0",
    "before the commit": "from gateway.uploads import rows as T; N = '{row}'; A = 1",
    "before the partial file goes": (
        "from gateway.uploads.growing import Growing as T; N = 'remove'; A = 0"
    ),
}
DIE = """
import os, signal
{place}
was = getattr(T, N)
def dies(*args, was=was, after=A, **more):
    if after:
        was(*args, **more)
    os.kill(os.getpid(), signal.SIGKILL)
setattr(T, N, dies)
"""


#: By whether its case has a key: a file is landed in one statement, or the long way.
ROWS = {True: "finish_open", False: "finish"}


@pytest.mark.parametrize("has_key", [True, False])
async def test_killed_while_it_is_finished_it_is_finished_once(
    alone: Sender, many: Gateways, database_url: str, has_key: bool
) -> None:
    if has_key:
        with engine(database_url, "gateway", pool=0).begin() as connection:
            Keyring(connection).make([alone.case_id])
    files = [alone.file(photo(5000, seed)) for seed, _ in enumerate(DEATHS)]
    for file, death in zip(files, DEATHS.values(), strict=True):
        place = death.format(row=ROWS[has_key])
        with many.one(port_of(alone), DIE.format(place=place)):
            assert (await alone.announce(file)).status_code == 201
            with pytest.raises(httpx.TransportError):
                await alone.send(file, 0, file.content)
    with many.one(port_of(alone)):
        for file in files:
            other = await alone.send(
                file, 0, b"\xff\xd8\xff other bytes, sent again at once"
            )
            assert other.status_code == 409
            looked, again = await alone.look(file), await alone.look(file)
            assert looked.headers["upload-offset"] == str(len(file.content))
            receipts = {each.headers["doorstep-receipt"] for each in (looked, again)}
            assert len(receipts) == 1
    await alone.client.aclose()
    assert [kept(file).read_bytes() for file in files] == [each.content for each in files]
    # the name of the last is left for the sweep: the bytes are those in the store
    left = [each.stat().st_ino for each in (settings().media / "partial").iterdir()]
    assert left == [kept(files[-1]).stat().st_ino]
    assert keys_landed(database_url) == sorted(file.media_id for file in files)


def keys_landed(database_url: str) -> list[Any]:
    with psycopg.connect(database_url) as connection:
        query = "SELECT key FROM gateway.landing_receipt ORDER BY key"
        return [key for (key,) in connection.execute(query)]
