"""The end of an upload: one statement where nothing speaks against it, or the long way."""

import hashlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import psycopg
import pytest

from chassis import masters, rotation, shredding
from chassis.errors import Unavailable
from chassis.keyring import Keyring
from gateway.landing import at_once
from gateway.landing.handing import UNORDERED, HandOver
from gateway.landing.rows import MOST_WAITING
from gateway.landing.taking import Landing
from gateway.parts import Parts
from gateway.uploads import rows
from proto.base import Answer, Role
from proto.media import ReceiveMedia
from tests.gateway.stand_in import Bearer, Hands, StandIn
from tests.gateway.uploading import File, Sender, kind, photo

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sender(
    parts: Parts,
    hands: Hands,
    client: httpx.AsyncClient,
    bearer: Bearer,
    services: StandIn,
) -> Sender:
    """A collector whose gateway is alone, and whose case has a key."""
    await parts.landing.hand_over.stop()
    services.error, me = Unavailable("broker-away"), bearer(Role.FIELD_COLLECTOR)
    made = Sender(client, parts.landing.grants, hands.now(), me)
    await parts.database.run(lambda each: Keyring(each).make([made.case_id]))
    return made


@pytest.fixture
def long_way(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Which files were landed the long way."""
    taken, land = [], Landing.land

    def noted(self: Landing, connection: Any, item: Any) -> Any:
        taken.append(str(item.key))
        return land(self, connection, item)

    monkeypatch.setattr(Landing, "land", noted)
    return taken


def stored(parts: Parts, query: str) -> list[tuple[Any, ...]]:
    with parts.database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


def kept(parts: Parts, file: File) -> bool:
    digest = hashlib.sha256(file.content).hexdigest()
    return parts.uploads.folder.path(digest).exists()


async def sent_while(
    sender: Sender, file: File, happens: Callable[[], object]
) -> httpx.Response:
    """Send a file; something happens when half of it has come."""

    async def body() -> AsyncIterator[bytes]:
        yield file.content[:1000]
        happens()
        yield file.content[1000:]

    assert (await sender.announce(file)).status_code == 201
    return await sender.send(file, 0, body())


async def test_what_lies_there_is_the_same_either_way(
    sender: Sender, parts: Parts, long_way: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    quick, slow = sender.file(photo(seed=1)), sender.file(photo(seed=2))
    assert (await sender.whole(quick)).status_code == 204
    with monkeypatch.context() as here:
        here.setattr(at_once, "land", lambda *_: None)
        assert (await sender.whole(slow)).status_code == 204
    assert long_way == [str(slow.media_id)]
    for table, different in (
        ("landed", {"number", "key", "command"}),
        ("landing_receipt", {"key", "digest", "receipt"}),
        ("upload", {"id", "sha256", "receipt", "length", "received"}),
    ):
        one, other = (
            {name: value for name, value in row.items() if name not in different}
            for (row,) in stored(parts, f"SELECT to_jsonb(it) FROM {table} it")
        )
        assert one == other
    found = await parts.database.run(parts.landing.hand_over.claimed)
    assert {each.key for each in found} == {quick.media_id, slow.media_id}
    files = sorted((quick, slow), key=lambda it: it.media_id)  # of one instant, perhaps
    for each, file in zip(sorted(found, key=lambda it: it.key), files, strict=True):
        assert isinstance(each.command, ReceiveMedia)
        assert each.command.sha256 == hashlib.sha256(file.content).hexdigest()


async def test_a_case_that_is_shredded_while_its_photo_comes_in_keeps_nothing(
    sender: Sender, parts: Parts
) -> None:
    file, why = sender.file(photo(3000)), shredding.Reason.ASKED

    def shred() -> None:
        with parts.database.engine.begin() as connection:
            shredding.shred(connection, sender.case_id, "an operator", why)

    response = await sent_while(sender, file, shred)
    assert kind(response) == (409, "key-shredded")
    assert not kept(parts, file)
    assert stored(parts, "SELECT 1 FROM landed") == []
    assert stored(parts, "SELECT 1 FROM landing_receipt") == []


async def test_a_key_that_is_wrapped_anew_while_a_photo_comes_in_seals_it(
    sender: Sender, parts: Parts, long_way: list[str]
) -> None:
    """Its old master key is gone, and the key in its row another than the one we saw."""
    file, old = sender.file(photo(3000)), masters.first()

    def turn() -> None:
        rotation.rotate(parts.settings.database_url)
        assert old not in masters.files()

    assert (await sent_while(sender, file, turn)).status_code == 204
    assert long_way == [str(file.media_id)]
    (found,) = await parts.database.run(parts.landing.hand_over.claimed)
    assert found.key == file.media_id


async def test_of_one_phone_only_so_many_files_may_wait(
    sender: Sender, parts: Parts
) -> None:
    first, file = sender.file(photo(seed=1)), sender.file(photo(seed=2))
    await sender.whole(first)
    columns = "operation, visit_id, case_id, device_id, asker, command, landed_at, state,"
    with parts.database.engine.begin() as connection:
        connection.exec_driver_sql(
            f"INSERT INTO landed (key, {columns} attempts, next_at) SELECT"
            f" gen_random_uuid(), {columns} attempts, next_at FROM landed,"
            f" generate_series(2, {MOST_WAITING})"
        )
    assert kind(await sender.whole(file)) == (503, "landing-full")
    with parts.database.engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM landed WHERE mod(number, 2) = 0")
    looked = await sender.look(file)  # all of it is on disk: nothing is sent again
    assert looked.headers["doorstep-receipt"]
    assert kept(parts, file)


async def test_a_row_that_is_no_longer_open_lands_nothing(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are stored or neither: a fact without its row would be a second one."""
    monkeypatch.setattr(rows, "finish_open", lambda *_: False)
    monkeypatch.setattr(Landing, "land", refuses)
    file = sender.file(photo())
    assert (await sender.whole(file)).status_code == 503
    assert stored(parts, "SELECT 1 FROM landed") == []
    assert stored(parts, "SELECT 1 FROM landing_receipt") == []
    assert not kept(parts, file)


def refuses(*_: object) -> None:
    raise Unavailable("database-does-not-answer")


async def test_a_disk_that_fails_at_the_very_end_loses_nothing(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name in the store is there, and nobody knows whether it is on disk."""
    file, link = sender.file(photo(3000)), parts.uploads.folder.link

    def fails(*said: Any) -> None:
        link(*said)
        raise OSError(5, "Input/output error")

    with monkeypatch.context() as here:
        here.setattr(parts.uploads.folder, "link", fails)
        assert kind(await sender.whole(file)) == (503, "media-store-fails")
    assert stored(parts, "SELECT 1 FROM landed") == []
    digest = hashlib.sha256(file.content).hexdigest()
    assert parts.uploads.folder.path(digest).read_bytes() == file.content
    assert (await sender.look(file)).headers["doorstep-receipt"]
    assert parts.uploads.folder.path(digest).read_bytes() == file.content


async def test_a_connection_that_the_database_ended_is_not_used_again(
    sender: Sender, parts: Parts
) -> None:
    await sender.whole(sender.file(photo(seed=1)))
    end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> "
    end += "pg_backend_pid() AND application_name = 'doorstep-gateway'"
    with psycopg.connect(parts.settings.database_url, autocommit=True) as connection:
        connection.execute(end)
    file, statuses = sender.file(photo(seed=2)), []
    while 204 not in statuses:
        announced = await sender.announce(file)
        if announced.status_code == 201:
            statuses.append((await sender.send(file, 0, file.content)).status_code)
        else:
            assert kind(announced) == (503, "database-does-not-answer")
    assert set(statuses) <= {204, 503}
    assert kept(parts, file)


async def test_files_go_together_and_none_waits_behind_another(
    sender: Sender, parts: Parts, services: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [sender.file(photo(seed=each)) for each in range(UNORDERED + 3)]
    for file in files:
        await sender.whole(file)
    services.error, ask, stuck = None, services.ask, files[0].media_id

    async def stands(service: str, command: Any, asker: Any, **more: Any) -> Answer:
        if command.media_id == stuck:
            raise Unavailable("service-too-slow")
        return await ask(service, command, asker, **more)

    monkeypatch.setattr(services, "ask", stands)
    hand_over = HandOver(parts.database, services)
    assert (await hand_over.hand_on(), hand_over.more) == (UNORDERED - 1, True)
    assert (await hand_over.hand_on(), hand_over.more) == (3, False)
    assert stored(parts, "SELECT key, attempts FROM landed") == [(stuck, 1)]


async def test_a_file_wakes_who_hands_on_once_for_all_that_follow(
    sender: Sender, parts: Parts
) -> None:
    hand_over = parts.landing.hand_over
    assert (await sender.whole(sender.file(photo()))).status_code == 204
    assert hand_over.company or hand_over.woken.is_set()
    await hand_over.woken.wait()
    hand_over.woken.clear()

    hand_over.wake_for_media()
    timer = hand_over.company
    hand_over.wake_for_media()
    assert (hand_over.company, hand_over.woken.is_set()) == (timer, False)
    await hand_over.woken.wait()
    assert hand_over.company is None


def test_the_driver_and_the_long_way_read_the_same_columns() -> None:
    names = [each.split()[0] for each in rows.LOOK.split("SELECT ")[1].split(", ")]
    fields = [f"upload.{name}" for name in rows.Upload.__dataclass_fields__]
    assert names == ["keyring.key.wrapped", "keyring.key.master", *fields]
