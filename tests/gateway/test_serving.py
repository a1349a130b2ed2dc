"""Photos and sound are looked at: by whom, which copy, and in which parts."""

import hashlib
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic_core import to_jsonable_python

from chassis.errors import NotFound
from gateway.parts import Parts
from proto import ids
from proto.base import Role
from proto.looking import LookAtMedia, LookReason
from proto.media import Inspection, MediaKind, MediaShown, ShowMedia
from tests.gateway.stand_in import Bearer, Hands, StandIn, asker
from tests.gateway.uploading import kind, photo

pytestmark = pytest.mark.anyio

MEDIA_ID = UUID(int=77)
PATH = f"/v1/media/{MEDIA_ID}"
HEAR = f"{PATH}?reason=audit"
SOUND = b"OggS" + bytes(range(256)) * 4


@pytest.fixture
def compliance(bearer: Bearer) -> dict[str, str]:
    return bearer(Role.COMPLIANCE)


def stored(parts: Parts, content: bytes) -> str:
    """Put a file into the store; its digest."""
    digest = hashlib.sha256(content).hexdigest()
    file = parts.uploads.folder.partial(digest)
    file.write_bytes(content)
    parts.uploads.folder.keep(file, digest)
    return digest


def shown(hands: Hands, content: bytes, **but: Any) -> dict[str, Any]:
    found = MediaShown(
        media_id=MEDIA_ID,
        **{name: ids.new() for name in ("visit_id", "case_id", "agency_id", "device_id")},
        kind=but.pop("kind", MediaKind.PHOTO),
        media_type=but.pop("media_type", "image/png"),
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        captured_at=hands.now(),
        received_at=hands.now(),
        **but,
    )
    return to_jsonable_python(found)


@dataclass(frozen=True)
class Copies:
    """A photo in the store, and its copies."""

    original: bytes
    blurred: bytes
    small: bytes
    stripped: bytes


@pytest.fixture
def copies(parts: Parts, hands: Hands, services: StandIn) -> Copies:
    copies = Copies(*(photo(seed=each) for each in range(4)))
    stored(parts, copies.original)
    found = Inspection(
        blurred=stored(parts, copies.blurred),
        thumbnail=stored(parts, copies.small),
        stripped=stored(parts, copies.stripped),
    )
    services.reply = shown(hands, copies.original, found=found)
    return copies


async def test_a_photo_is_shown_blurred(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    services: StandIn,
    copies: Copies,
) -> None:
    whole = await client.get(PATH, headers=compliance)
    thumbnail = await client.get(f"{PATH}/thumbnail", headers=compliance)

    assert (whole.content, thumbnail.content) == (copies.blurred, copies.small)
    assert services.asked[0] == (
        "field_visit",
        ShowMedia(media_id=MEDIA_ID),
        asker(Role.COMPLIANCE),
    )
    told = {name: whole.headers.get(name) for name in (
        "content-type", "content-disposition", "x-content-type-options", "cache-control",
        "accept-ranges", "content-length",
    )}  # fmt: skip
    assert told == {
        "content-type": "image/jpeg",  # by what is in it
        "content-disposition": "inline",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
        "accept-ranges": "bytes",
        "content-length": str(len(copies.blurred)),
    }


@pytest.mark.parametrize(
    ("query", "original", "which"),
    [
        ("?reason=audit", False, "stripped"),
        ("?reason=audit&original=false", False, "stripped"),
        ("?reason=audit&original=true", True, "original"),
    ],
)
async def test_whoever_says_why_sees_it_sharp(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    services: StandIn,
    copies: Copies,
    query: str,
    original: bool,
    which: str,
) -> None:
    response = await client.get(PATH + query, headers=compliance)

    assert response.content == getattr(copies, which)
    command = LookAtMedia(media_id=MEDIA_ID, reason=LookReason.AUDIT, original=original)
    assert services.asked == [("field_visit", command, asker(Role.COMPLIANCE))]


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("?reason=curiosity", "/reason"),
        ("?reason=", "/reason"),
        ("?original=true", "/reason"),
        ("?reason=audit&original=perhaps", "/original"),
        ("?reason=audit&why=not", "/why"),
        ("?reason=audit&reason=court", ""),
    ],
)
async def test_what_is_no_reason_of_ours_shows_nothing(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    services: StandIn,
    copies: Copies,
    query: str,
    pointer: str,
) -> None:
    response = await client.get(PATH + query, headers=compliance)

    assert kind(response) == (422, "malformed")
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]
    assert services.asked == []


async def test_a_photo_of_before_is_never_shown_sharp_instead(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    parts: Parts,
    hands: Hands,
    services: StandIn,
) -> None:
    sharp = stored(parts, photo(seed=1))
    found = Inspection(stripped=sharp, thumbnail=stored(parts, photo(seed=2)))
    services.reply = shown(hands, photo(), found=found)

    for path in (PATH, f"{PATH}/thumbnail"):
        response = await client.get(path, headers=compliance)
        assert kind(response) == (404, "media-not-blurred")
    looked = await client.get(f"{PATH}?reason=audit", headers=compliance)
    assert looked.content == photo(seed=1)


async def test_sound_is_not_heard_without_a_reason(
    client: httpx.AsyncClient, compliance: dict[str, str], sound: None
) -> None:
    response = await client.get(PATH, headers=compliance)

    assert kind(response) == (422, "reason-missing")
    assert "audit, complaint, court, supervision" in response.json()["detail"]


async def test_a_photo_that_nobody_has_looked_at_is_not_shown(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    parts: Parts,
    hands: Hands,
    services: StandIn,
) -> None:
    stored(parts, photo())
    services.reply = shown(hands, photo())
    for path in (PATH, f"{PATH}/thumbnail"):
        response = await client.get(path, headers=compliance)
        assert kind(response) == (404, "media-not-looked-at")
    services.reply = shown(hands, photo(), found=Inspection(fault="unreadable"))
    assert kind(await client.get(PATH, headers=compliance)) == (404, "media-without-copy")
    services.reply = shown(hands, photo(), found=Inspection(blurred="0" * 64))
    assert kind(await client.get(PATH, headers=compliance)) == (503, "media-not-in-store")


async def test_who_may_not_see_it_sees_nothing(
    client: httpx.AsyncClient, bearer: Bearer, parts: Parts, services: StandIn
) -> None:
    stored(parts, photo())
    services.error = NotFound("media", MEDIA_ID)
    response = await client.get(PATH, headers=bearer(Role.SUPERVISOR))
    assert kind(response) == (404, "not-found")


@pytest.fixture
def sound(parts: Parts, hands: Hands, services: StandIn) -> None:
    stored(parts, SOUND)
    services.reply = shown(hands, SOUND, kind=MediaKind.AUDIO, media_type="audio/ogg")


LAST = len(SOUND) - 1
PARTS = {
    None: (200, 0, LAST),
    "bytes=0-3": (206, 0, 3),
    "bytes=4-": (206, 4, LAST),
    "bytes=-5": (206, LAST - 4, LAST),
    f"bytes={LAST}-{LAST + 999}": (206, LAST, LAST),
    "bytes=-99999": (206, 0, LAST),
    "bytes=0-0,5-9": (200, 0, LAST),  # several: the whole
    "bytes=9-3": (200, 0, LAST),  # none at all
    "bytes=-": (200, 0, LAST),
    "lines=1-2": (200, 0, LAST),
}


async def test_sound_is_heard_in_parts_as_it_was_received(
    client: httpx.AsyncClient, compliance: dict[str, str], sound: None
) -> None:
    for said, (status, first, last) in PARTS.items():
        headers = compliance | ({"Range": said} if said else {})
        response = await client.get(HEAR, headers=headers)
        assert (said, response.status_code) == (said, status)
        assert response.content == SOUND[first : last + 1]
        assert response.headers["content-type"] == "audio/ogg"
        range_said = f"bytes {first}-{last}/{len(SOUND)}" if status == 206 else None
        assert response.headers.get("content-range") == range_said


async def test_a_part_beyond_the_end_is_refused(
    client: httpx.AsyncClient, compliance: dict[str, str], sound: None
) -> None:
    for said in (f"bytes={len(SOUND)}-", "bytes=-0"):
        response = await client.get(HEAR, headers=compliance | {"Range": said})
        assert kind(response) == (416, "range-outside")
        assert response.headers["content-range"] == f"bytes */{len(SOUND)}"


async def test_a_part_of_another_version_is_the_whole(
    client: httpx.AsyncClient, compliance: dict[str, str], sound: None
) -> None:
    headers = compliance | {"Range": "bytes=0-3", "If-Range": '"an-etag"'}
    response = await client.get(HEAR, headers=headers)
    assert (response.status_code, response.content) == (200, SOUND)


async def test_sound_has_no_thumbnail(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    hands: Hands,
    services: StandIn,
    sound: None,
) -> None:
    services.reply["found"] = to_jsonable_python(Inspection(seconds=3.0))
    response = await client.get(f"{PATH}/thumbnail", headers=compliance)
    assert kind(response) == (404, "media-without-copy")


async def test_film_is_given_as_it_was_received(
    client: httpx.AsyncClient,
    compliance: dict[str, str],
    parts: Parts,
    hands: Hands,
    services: StandIn,
) -> None:
    content = b"\0\0\0\x20ftypisom" + bytes(500)
    stored(parts, content)
    services.reply = shown(hands, content, kind=MediaKind.VIDEO, media_type="video/mp4")
    assert (await client.get(PATH, headers=compliance)).status_code == 422
    response = await client.get(f"{PATH}?reason=audit", headers=compliance)
    assert (response.status_code, response.content) == (200, content)
    assert response.headers["content-type"] == "video/mp4"
