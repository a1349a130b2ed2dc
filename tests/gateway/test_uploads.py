"""Uploads by tus 1.0.0: what is taken, what is not, and what is kept of it."""

import hashlib
import os
from collections.abc import AsyncIterator
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic_core import to_jsonable_python

from chassis import shredding
from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.parts import Parts
from gateway.uploads import intake, quotas, sweeping
from gateway.uploads.growing import Growing
from proto import ids
from proto.base import Problem, Role
from proto.grants import GrantVisit, LandingReceipt
from tests.gateway.stand_in import Bearer, Hands, StandIn
from tests.gateway.uploading import ME, STREAM, Sender, checksum, kind, metadata, photo

pytestmark = pytest.mark.anyio


@pytest.fixture
def sender(
    parts: Parts,
    hands: Hands,
    client: httpx.AsyncClient,
    bearer: Bearer,
    services: StandIn,
) -> Sender:
    """A collector whose gateway is alone: nothing that lands is handed on."""
    services.error, me = Unavailable("broker-away"), bearer(Role.FIELD_COLLECTOR)
    return Sender(client, parts.landing.grants, hands.now(), me)


def in_store(parts: Parts, content: bytes) -> bool:
    """Whether the very bytes are there."""
    path = parts.uploads.folder.path(hashlib.sha256(content).hexdigest())
    return path.exists() and path.read_bytes() == content


def partials(parts: Parts) -> list[str]:
    return os.listdir(parts.uploads.folder.partial("x").parent)


def rows(parts: Parts, query: str) -> list[tuple[Any, ...]]:
    with parts.database.engine.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


async def test_what_is_spoken_is_said_to_anyone(client: httpx.AsyncClient) -> None:
    response = await client.options("/v1/uploads")
    found = {name: text for name, text in response.headers.items() if "tus" in name}
    assert (response.status_code, found) == (
        204,
        {
            "tus-resumable": "1.0.0",
            "tus-version": "1.0.0",
            "tus-extension": "creation,checksum,termination,expiration",
            "tus-max-size": str(2 << 30),
            "tus-checksum-algorithm": "sha1,sha256",
        },
    )


async def test_a_photo_arrives_in_pieces_and_is_receipted(
    sender: Sender, parts: Parts, hands: Hands
) -> None:
    file = sender.file(photo(3000))
    made = await sender.announce(file)
    assert (made.status_code, made.headers["location"]) == (201, file.path)
    until = parsedate_to_datetime(made.headers["upload-expires"])
    assert until == hands.now().replace(microsecond=0) + timedelta(days=7)

    first = await sender.send(file, 0, file.content[:1000])
    assert (first.status_code, first.headers["upload-offset"]) == (204, "1000")
    looked = await sender.look(file)
    assert (looked.status_code, looked.content) == (200, b"")
    assert looked.headers["upload-offset"] == "1000"
    assert looked.headers["upload-length"] == str(len(file.content))
    assert looked.headers["cache-control"] == "no-store"

    last = await sender.send(
        file, 1000, file.content[1000:], Upload_Checksum=checksum(file.content[1000:])
    )
    assert (last.status_code, last.headers["upload-offset"]) == (
        204,
        str(len(file.content)),
    )
    receipt = last.headers["doorstep-receipt"]
    assert (await sender.look(file)).headers["doorstep-receipt"] == receipt
    assert in_store(parts, file.content)
    assert partials(parts) == []
    landed = "SELECT key, operation, state FROM landed"
    assert rows(parts, landed) == [(file.media_id, "receive_media", "waiting")]


async def test_the_receipt_says_what_the_phone_can_check(
    sender: Sender, parts: Parts, hands: Hands
) -> None:
    file = sender.file(photo())
    receipt = (await sender.whole(file)).headers["doorstep-receipt"]
    said = parts.landing.receipts.read(LandingReceipt, receipt)
    assert said == LandingReceipt(
        kind="media",
        visit_id=file.visit_id,
        device_id=file.phone.device_id,
        sha256=hashlib.sha256(file.content).hexdigest(),
        received_at=hands.now(),
    )


async def test_without_a_grant_field_visit_is_asked(
    sender: Sender, services: StandIn
) -> None:
    file = sender.file(photo())
    headers = sender.headers(Upload_Length=len(file.content))
    headers["Upload-Metadata"] = metadata(**file.said())
    services.error = Unavailable("service-absent")
    refused = await sender.client.post("/v1/uploads", headers=headers)
    assert kind(refused) == (503, "service-absent")

    services.error, services.reply = None, to_jsonable_python(sender.grant())
    assert (await sender.client.post("/v1/uploads", headers=headers)).status_code == 201
    service, command, asked_for = services.asked[-1]
    assert (service, command) == ("field_visit", GrantVisit(visit_id=sender.visit_id))
    assert asked_for == ME


async def test_a_grant_of_before_a_swap_is_worth_nothing_while_it_can_be_asked(
    sender: Sender, services: StandIn
) -> None:
    services.error = Answered(Problem(kind="not-found", status=404))
    refused = await sender.announce(sender.file(photo()))
    assert kind(refused) == (404, "not-found")
    assert services.asked == [("field_visit", GrantVisit(visit_id=sender.visit_id), ME)]


@pytest.mark.parametrize("status", [200, 409, 503])
async def test_a_grant_is_enough_for_a_phone_revoked_since_and_after_the_visit(
    sender: Sender, services: StandIn, status: int
) -> None:
    """Who is still of the pair, or cannot be asked about; 409: the visit is over."""
    services.reply = to_jsonable_python(sender.grant()) | {"phones": []}
    said = Answered(Problem(kind="visit-closed", status=status))
    services.error = None if status == 200 else said
    assert (await sender.announce(sender.file(photo()))).status_code == 201


async def test_announced_again_it_is_the_same_upload(
    sender: Sender, services: StandIn
) -> None:
    file = sender.file(photo(2000))
    first = await sender.announce(file)
    assert (await sender.send(file, 0, file.content[:500])).status_code == 204
    # the answer was lost; the grant is over by now and field_visit away
    services.error = Unavailable("service-absent")
    headers = sender.headers(Upload_Length=len(file.content))
    headers["Upload-Metadata"] = metadata(**file.said())
    again = await sender.client.post("/v1/uploads", headers=headers)
    for name in ("location", "upload-expires"):
        assert again.headers[name] == first.headers[name]
    assert (await sender.look(file)).headers["upload-offset"] == "500"
    other = await sender.announce(file, length=1999)
    assert kind(other) == (409, "upload-of-another-content")
    for but in (
        {"visit_id": sender.visit_id, "sha256": "0" * 64},
        {"filetype": "image/png"},
    ):
        assert kind(await sender.announce(file, **but)) == (
            409,
            "upload-of-another-content",
        )


async def test_nobody_else_knows_of_it(
    sender: Sender, parts: Parts, client: httpx.AsyncClient
) -> None:
    file = sender.file(photo(2000))
    assert (await sender.announce(file)).status_code == 201
    claims = ME.model_copy(update={"person_id": UUID(int=4)})
    token = parts.accounts.tokens.sign(claims, ids.new())
    peeking = Sender(
        client, sender.grants, sender.now, {"Authorization": f"Bearer {token}"}
    )
    for method in ("PATCH", "DELETE"):
        headers = peeking.headers(Upload_Offset=0, Content_Type=STREAM)
        response = await client.request(method, file.path, headers=headers)
        assert kind(response) == (404, "not-found")
    assert (await peeking.look(file)).status_code == 404
    assert (await sender.look(file)).status_code == 200


async def test_only_ones_own_phone_of_the_visit_may_send(sender: Sender) -> None:
    file = sender.file(photo())
    response = await sender.announce(file, device_id=ids.new())
    assert kind(response) == (403, "upload-other-phone")
    other_visit = await sender.announce(file, visit_id=ids.new())
    assert kind(other_visit) == (403, "grant-of-another-visit")


BAD_METADATA = {
    "": "malformed",
    "media_id": "malformed",
    "media_id !!!": "upload-metadata",
    "media_id AAAA,media_id AAAA": "upload-metadata",
    "x" * 5000: "upload-metadata",
}


async def test_metadata_that_cannot_be_read_is_refused(sender: Sender) -> None:
    for text, expected in BAD_METADATA.items():
        headers = sender.headers(Upload_Length=5) | {"Upload-Metadata": text}
        response = await sender.client.post("/v1/uploads", headers=headers)
        assert (text, kind(response)[1]) == (text, expected)


async def test_each_wrong_field_is_named_and_never_repeated(sender: Sender) -> None:
    said = {"media_id": "x", "sha256": "A" * 64, "filetype": "text/html", "who": "王小明"}
    headers = sender.headers(Upload_Length=5) | {"Upload-Metadata": metadata(**said)}
    response = await sender.client.post("/v1/uploads", headers=headers)
    pointers = {each["pointer"] for each in response.json()["errors"]}
    assert response.status_code == 422
    assert pointers >= {"/media_id", "/sha256", "/filetype", "/who", "/captured_at"}
    assert "王小明" not in response.text


async def test_a_length_has_to_be_a_number(sender: Sender) -> None:
    said = {"Upload-Metadata": metadata(**sender.file(b"x").said())}
    for length in ("", "-1", "1e3", "\xb3", "9" * 16):
        headers = sender.headers() | said | {"Upload-Length": length.encode("latin-1")}
        response = await sender.client.post("/v1/uploads", headers=headers)
        assert (length, *kind(response)) == (length, 400, "header-not-a-number")


async def test_only_tus_1_0_0_is_spoken(sender: Sender) -> None:
    for method in ("POST", "HEAD", "PATCH", "DELETE"):
        path = "/v1/uploads" if method == "POST" else sender.file(b"").path
        for said in ({}, {"Tus-Resumable": "0.2.2"}):
            headers = sender.bearer | said
            response = await sender.client.request(method, path, headers=headers)
            assert (method, response.status_code) == (method, 412)
            assert response.headers["tus-version"] == "1.0.0"


async def test_bytes_have_their_own_media_type(sender: Sender) -> None:
    file = sender.file(photo())
    await sender.announce(file)
    headers = sender.headers(Upload_Offset=0, Content_Type="application/json")
    response = await sender.client.patch(file.path, headers=headers, content=b"{}")
    assert kind(response) == (415, "upload-content-type")


async def test_bytes_have_to_follow_what_is_here(sender: Sender) -> None:
    file = sender.file(photo(2000))
    await sender.announce(file)
    await sender.send(file, 0, file.content[:100])
    for offset in (0, 99, 101, 5000):
        response = await sender.send(file, offset, file.content[offset : offset + 10])
        assert kind(response) == (409, "upload-offset")
    assert "Send on from byte 100" in response.json()["detail"]
    assert (await sender.send(file, 100, file.content[100:])).status_code == 204


async def chunked(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


@pytest.mark.parametrize("size", [3000, 3 << 20])
async def test_more_bytes_than_were_announced_are_not_kept(
    sender: Sender, parts: Parts, size: int
) -> None:
    file = sender.file(photo(size))
    await sender.announce(file)
    await sender.send(file, 0, file.content[:1000])
    too_long = file.content[1000:] + b"x"
    for content in (too_long, chunked(too_long[:-1], too_long[-1:])):
        response = await sender.send(file, 1000, content)
        assert kind(response) == (413, "upload-longer")
        assert (await sender.look(file)).headers["upload-offset"] == "1000"
    assert (await sender.send(file, 1000, file.content[1000:])).status_code == 204
    assert in_store(parts, file.content)


@pytest.mark.parametrize("algorithm", ["sha1", "sha256"])
async def test_bytes_changed_on_their_way_are_taken_back(
    sender: Sender, parts: Parts, algorithm: str
) -> None:
    """Also its first bytes, which are then no sign of another type."""
    file = sender.file(photo(2 << 20))
    await sender.announce(file)
    rest = file.content
    flipped = bytes([rest[0] ^ 1]) + rest[1:]
    said = checksum(rest, algorithm)
    response = await sender.send(file, 0, flipped, Upload_Checksum=said)
    assert kind(response) == (460, "upload-checksum-wrong")
    assert (await sender.look(file)).headers["upload-offset"] == "0"
    again = await sender.send(file, 0, rest, Upload_Checksum=said)
    assert again.status_code == 204
    assert in_store(parts, file.content)


async def test_a_checksum_has_to_be_one(sender: Sender) -> None:
    file = sender.file(photo())
    await sender.announce(file)
    for said in ("md5 AAAA", "sha1", "sha1 !!", "sha256 AAAA", ""):
        response = await sender.send(file, 0, file.content, Upload_Checksum=said)
        assert (said, *kind(response)) == (said, 400, "upload-checksum")


async def test_another_file_than_announced_is_not_kept(
    sender: Sender, parts: Parts
) -> None:
    file, other = sender.file(photo(2000)), photo(2000, seed=2)
    await sender.announce(file)
    response = await sender.send(file, 0, other[: len(file.content)])
    assert kind(response) == (460, "upload-other-bytes")
    for content in (file.content, other[: len(file.content)]):
        assert hashlib.sha256(content).hexdigest() in response.json()["detail"]
        assert not in_store(parts, content)
    assert partials(parts) == []
    assert kind(await sender.send(file, 0, b"")) == (410, "upload-other-bytes")
    assert rows(parts, "SELECT * FROM landed") == []
    assert (await sender.whole(file)).status_code == 204  # announced anew, and sent whole
    assert in_store(parts, file.content)


HEADS = {
    "image/png": b"\x89PNG\r\n\x1a\n",
    "image/webp": b"RIFF\0\0\0\0WEBP",
    "audio/wav": b"RIFF\0\0\0\0WAVE",
    "audio/mp4": b"\0\0\0\x20ftypM4A ",
    "audio/ogg": b"OggS",
    "audio/mpeg": b"\xff\xfb\x90",
    "video/webm": b"\x1a\x45\xdf\xa3",
}


async def test_a_file_has_to_begin_like_what_it_is_said_to_be(sender: Sender) -> None:
    for filetype, head in HEADS.items():
        content = head.ljust(20, b"\0")
        honest = sender.file(content, filetype=filetype)
        assert (await sender.whole(honest)).status_code == 204
        await lie(sender, content, filetype)


async def lie(sender: Sender, content: bytes, filetype: str) -> None:
    """Announce it as a JPEG: the sixteenth byte tells."""
    lying = sender.file(content)
    await sender.announce(lying)
    assert (await sender.send(lying, 0, content[:7])).status_code == 204
    assert (await sender.send(lying, 7, content[7:15])).status_code == 204
    response = await sender.send(lying, 15, content[15:16])
    assert kind(response) == (415, "upload-other-type")
    detail = response.json()["detail"]
    assert f"announced as image/jpeg. It begins like {filetype}." in detail
    assert kind(await sender.send(lying, 16, b"")) == (410, "upload-other-type")


async def test_a_film_begins_like_sound_of_its_container(sender: Sender) -> None:
    """Whether there are pictures in it, a worker finds out."""
    film = sender.file(b"\0\0\0\x20ftypisom".ljust(20, b"\0"), filetype="video/mp4")
    assert (await sender.whole(film)).status_code == 204
    other = sender.file(HEADS["video/webm"].ljust(20, b"\0"), filetype="video/mp4")
    assert kind(await sender.whole(other)) == (415, "upload-other-type")


async def test_a_script_is_no_photo_however_short(sender: Sender) -> None:
    file = sender.file(b"<script>")
    await sender.announce(file)
    assert kind(await sender.send(file, 0, file.content)) == (415, "upload-other-type")


async def test_an_upload_can_be_ended(sender: Sender, parts: Parts) -> None:
    file = sender.file(photo(2000))
    await sender.announce(file)
    await sender.send(file, 0, file.content[:500])
    ended = await sender.client.delete(file.path, headers=sender.headers())
    assert (ended.status_code, partials(parts)) == (204, [])
    assert (await sender.look(file)).status_code == 410
    assert kind(await sender.send(file, 500, b"x")) == (410, "upload-terminated")


async def test_what_is_on_record_cannot_be_ended(sender: Sender, parts: Parts) -> None:
    file = sender.file(photo())
    await sender.whole(file)
    response = await sender.client.delete(file.path, headers=sender.headers())
    assert kind(response) == (409, "upload-done")
    assert in_store(parts, file.content)


async def test_nothing_comes_after_a_case_was_shredded(
    sender: Sender, parts: Parts
) -> None:
    file = sender.file(photo())
    await sender.announce(file)
    why = shredding.Reason.ASKED
    with parts.database.engine.begin() as connection:
        shredding.shred(connection, sender.case_id, "an operator", why)
    response = await sender.send(file, 0, file.content)
    assert kind(response) == (409, "key-shredded")
    assert not in_store(parts, file.content)
    assert partials(parts) == []
    assert kind(await sender.send(file, 0, b"")) == (410, "key-shredded")


async def test_the_same_bytes_of_two_photos_are_kept_once(
    sender: Sender, parts: Parts
) -> None:
    content = photo()
    for _ in range(2):
        assert (await sender.whole(sender.file(content))).status_code == 204
    assert len(rows(parts, "SELECT * FROM landed")) == 2
    assert (
        parts.uploads.folder.path(hashlib.sha256(content).hexdigest()).stat().st_nlink == 1
    )


async def test_unfinished_uploads_go_after_seven_days(
    sender: Sender, parts: Parts, hands: Hands
) -> None:
    old, done, young = (sender.file(photo(2000, seed=each)) for each in (1, 2, 3))
    await sender.announce(old)
    await sender.send(old, 0, old.content[:500])
    await sender.whole(done)
    hands.turn(days=6)
    sender.now = hands.now()
    sender.bearer = {"Authorization": f"Bearer {parts.accounts.tokens.sign(ME, ids.new())}"}
    await sender.announce(young)
    await sender.send(young, 0, young.content[:500])
    folder = parts.uploads.folder
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 0

    hands.turn(days=1)
    sender.bearer = {"Authorization": f"Bearer {parts.accounts.tokens.sign(ME, ids.new())}"}
    assert kind(await sender.send(old, 500, b"x")) == (410, "upload-expired")
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 1
    assert partials(parts) == [str(young.media_id)]
    assert kind(await sender.send(old, 500, b"x")) == (410, "upload-expired")
    assert (await sender.look(young)).headers["upload-offset"] == "500"
    assert in_store(parts, done.content)


async def test_files_that_nobody_is_about_are_swept(sender: Sender, parts: Parts) -> None:
    file, folder = sender.file(photo(2000)), parts.uploads.folder
    await sender.announce(file)
    await sender.send(file, 0, file.content[:500])
    left = [folder.partial(str(ids.new())), folder.partial("of-a-worker")]
    for each in left:
        each.write_bytes(b"half")
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 0
    for each in (*left, folder.partial(str(file.media_id))):
        os.utime(each, (0, 0))
    assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 2
    assert partials(parts) == [str(file.media_id)]


async def test_while_somebody_sweeps_nobody_else_does(parts: Parts) -> None:
    folder = parts.uploads.folder
    folder.partial("x").write_bytes(b"half")
    os.utime(folder.partial("x"), (0, 0))
    with parts.database.engine.begin() as first:
        assert sweeping.sweep(first, folder) == 1
        folder.partial("x").write_bytes(b"half")
        os.utime(folder.partial("x"), (0, 0))
        assert await parts.database.run(lambda each: sweeping.sweep(each, folder)) == 0


async def test_there_is_a_limit_to_everything(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sender.file(photo(1000))
    large = await sender.announce(file, length=(25 << 20) + 1)
    assert kind(large) == (413, "upload-too-large")
    assert kind(await sender.announce(file, length=0)) == (400, "upload-empty")
    assert (await sender.announce(file)).status_code == 201
    for name, most, expected in (
        ("OPEN_AT_ONCE", 1, (429, "upload-too-many-open")),
        ("PER_DAY", len(file.content), (429, "upload-day-full")),
        ("PER_VISIT", len(file.content), (413, "upload-visit-full")),
        ("KEPT_FREE", 1 << 60, (503, "media-store-full")),
    ):
        with monkeypatch.context() as here:
            here.setattr(quotas, name, most)
            response = await sender.announce(sender.file(photo()))
            assert kind(response) == expected
            assert ("retry-after" in response.headers) == (expected[0] != 413)
    assert (await sender.announce(sender.file(photo()))).status_code == 201


async def test_a_full_disk_loses_nothing_that_was_acknowledged(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sender.file(photo(3000))
    await sender.announce(file)
    await sender.send(file, 0, file.content[:1000])

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    for name in ("pwritev", "fsync"):
        with monkeypatch.context() as here:
            here.setattr(os, name, full)
            response = await sender.send(file, 1000, file.content[1000:])
        assert kind(response) == (503, "media-store-fails")
        assert (await sender.look(file)).headers["upload-offset"] == "1000"
    assert (await sender.send(file, 1000, file.content[1000:])).status_code == 204
    assert in_store(parts, file.content)


async def test_a_disk_that_takes_half_a_piece_gets_the_rest(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, pwritev = sender.file(photo(3000)), os.pwritev
    monkeypatch.setattr(
        os, "pwritev", lambda fd, parts, at: pwritev(fd, [b"".join(parts)[:7]], at)
    )
    assert (await sender.whole(file)).status_code == 204
    assert in_store(parts, file.content)


@pytest.mark.parametrize("left", [b"half a piece", b"of a longer file of before" * 500])
async def test_bytes_beyond_what_was_noted_are_cut_off(
    sender: Sender, parts: Parts, left: bytes
) -> None:
    """Written by a gateway that was killed before it could say so, or could remove them."""
    for looks in (True, False):
        file = sender.file(photo(3000, seed=looks))
        await sender.announce(file)
        await sender.send(file, 0, file.content[:1000])
        with parts.uploads.folder.partial(str(file.media_id)).open("ab") as partial:
            partial.write(left)
        if looks:
            assert (await sender.look(file)).headers["upload-offset"] == "1000"
        last = await sender.send(file, 1000, file.content[1000:])
        assert last.status_code == 204
        assert in_store(parts, file.content)


async def test_a_file_that_became_shorter_is_gone_on_from_there(
    sender: Sender, parts: Parts
) -> None:
    """A disk that lost what it had synced, or a folder from a backup."""
    file = sender.file(photo(3000))
    await sender.announce(file)
    await sender.send(file, 0, file.content[:1000])
    os.truncate(parts.uploads.folder.partial(str(file.media_id)), 700)
    assert (await sender.look(file)).headers["upload-offset"] == "700"
    assert (await sender.send(file, 700, file.content[700:])).status_code == 204
    assert in_store(parts, file.content)


async def test_far_into_a_long_body_the_row_knows_of_it(
    sender: Sender, parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "NOTED", 1 << 20)
    file, seen = sender.file(photo(5 << 20)), []
    await sender.announce(file)

    async def body() -> AsyncIterator[bytes]:
        for start in range(0, len(file.content), 1 << 19):
            yield file.content[start : start + (1 << 19)]
            seen.extend(rows(parts, "SELECT received FROM upload"))

    assert (await sender.send(file, 0, body())).status_code == 204
    noted = {each[0] for each in seen} - {0}
    assert len(noted) >= 3
    assert in_store(parts, file.content)


def test_a_lock_is_for_one_and_ends_with_its_file(tmp_path: Any) -> None:
    first = Growing.seize(tmp_path / "one")
    assert first
    assert Growing.seize(tmp_path / "one") is None
    first.remove()
    second = Growing.seize(tmp_path / "one")  # a file of its own: the first is nameless
    assert second
    first.close()
    second.close()
    again = Growing.seize(tmp_path / "one")
    assert again
    again.close()
