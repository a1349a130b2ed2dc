"""Photos and sound on their way: from the store through a worker to people's screens."""

import asyncio
import hashlib
from collections.abc import Callable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from PIL import Image
from tusclient.client import TusClient

from chassis.rpc import Answered, Client
from chassis.settings import settings
from proto import ids
from proto.base import Answer, Asker, Command, Role
from proto.media import Inspection, NoteInspection
from services.field_visit.jobs.inspecting import LOOKING
from tests.conftest import forget
from tests.journeys.hurting import kill, revive, until
from tests.media import CAMERA, bomb, half, photo, sound
from tests.world import Door, Platform

JPEG, PNG, AAC = "image/jpeg", "image/png", "audio/mp4"
#: Takes a worker's child about a second.
LARGE = (8_000, 5_000)
#: The claim of a worker that was killed ends with its lease; here at once.
LEASE_ENDS = (
    "UPDATE field_visit.job SET leased_until = leased_until - interval '1 minute'"
    " WHERE task->>'media_id' = %s"
)
CLAIMED = (
    "SELECT claim FROM field_visit.job WHERE task->>'media_id' = %s"
    " AND leased_until IS NOT NULL"
)
SAID = (
    "SELECT envelope->'data'->'fault' FROM field_visit.outbox"
    " WHERE envelope->>'type' = 'field_visit.media_inspected'"
    " AND envelope->'data'->>'media_id' = %s"
)


Ask = Callable[[Command, Asker], Answer]


@pytest.fixture
def as_a_gateway(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Ask]:
    """Send orders as a gateway does that is a part of the platform."""
    for name, value in platform.settings.items():
        monkeypatch.setenv(name, value)
    forget()
    yield lambda command, asker: asyncio.run(asked(command, asker))
    forget()


async def asked(command: Command, asker: Asker) -> Answer:
    client = Client(settings())
    await client.start()
    try:
        async with asyncio.timeout(20):
            while not client.connected:
                await asyncio.sleep(0.02)
        return await client.ask("field_visit", command, asker, key=ids.new())
    finally:
        await client.stop()


def sends(
    door: Door,
    media_type: str,
    data: bytes,
    media_id: UUID | str | None = None,
    **headers: str,
) -> str:
    """Send a file as a phone does; return its id."""
    media_id, who = str(media_id or ids.new()), door.pair[0]
    headers |= {"Authorization": who.http.headers["Authorization"]}
    TusClient(f"{door.platform.url}/v1/uploads", headers=headers).uploader(
        file_stream=BytesIO(data),
        metadata={
            "media_id": media_id,
            "visit_id": str(door.visit_id),
            "device_id": str(who.phone.device_id),
            "filetype": media_type,
            "sha256": hashlib.sha256(data).hexdigest(),
            "captured_at": door.platform.now().isoformat(),
        },
    ).upload()
    return media_id


def listed(door: Door) -> dict[str, Any]:
    """What was found in each file of the visit, as its pair is told."""
    answer = door.pair[0].http.get(door.path("/media"))
    assert answer.ok, answer
    return {each["media_id"]: each["found"] for each in answer.body["media"]}


def found(door: Door, media_id: str) -> Callable[[], bool]:
    return lambda: listed(door).get(media_id) is not None


def test_what_a_pair_sends_is_looked_at_and_the_bad_is_told_with_its_reason(
    door: Door,
) -> None:
    good, bad = sends(door, JPEG, photo()), sends(door, JPEG, half(photo()))
    heard, silent = sends(door, AAC, sound()), sends(door, AAC, sound(gain=0))
    for media_id in (good, bad, heard, silent):
        until(found(door, media_id))

    told = listed(door)
    assert list(told) == [good, bad, heard, silent]
    faults = [each["fault"] for each in told.values()]
    assert faults == [None, "unreadable", None, "no_sound"]
    assert (told[good]["width"], told[good]["height"]) == (640, 480)
    assert told[good]["has_position"]
    assert told[heard]["seconds"] == pytest.approx(1, abs=0.15)
    door.platform.settle()
    assert [door.platform.rows(SAID, each) for each in told] == [
        [(None,)],
        [("unreadable",)],
        [(None,)],
        [("no_sound",)],
    ]


def test_people_are_shown_a_photo_without_what_its_camera_said(door: Door) -> None:
    media_id = sends(door, JPEG, photo())
    until(found(door, media_id))

    address = f"{door.platform.url}/v1/media/{media_id}"
    headers = {"Authorization": door.boss.headers["Authorization"]}
    shown = httpx.get(address, headers=headers, trust_env=False)

    assert (shown.status_code, shown.headers["content-type"]) == (200, JPEG)
    assert CAMERA.encode() not in shown.content
    assert not Image.open(BytesIO(shown.content)).getexif()


def test_another_agency_does_not_even_know(door: Door) -> None:
    media_id = sends(door, JPEG, photo())
    until(found(door, media_id))
    stranger = door.platform.account("supervisor", agency_id=ids.new())

    assert door.boss.get(door.path("/media")).ok
    assert stranger.get(door.path("/media")).status == 404


def test_nobody_says_for_a_worker_what_was_found(door: Door, as_a_gateway: Ask) -> None:
    media_id, me = sends(door, JPEG, half(photo())), door.pair[0]
    until(found(door, media_id))
    told = NoteInspection(
        media_id=UUID(media_id), visit_id=door.visit_id, found=Inspection()
    )
    asker = Asker(
        account_id=ids.new(),
        role=Role.FIELD_COLLECTOR,
        agency_id=door.agency_id,
        person_id=me.person_id,
    )

    with pytest.raises(Answered, match="role-may-not"):
        as_a_gateway(told, asker)

    assert listed(door)[media_id]["fault"] == "unreadable"


def test_a_worker_killed_while_it_looks_is_followed_by_one_that_tells_it_once(
    door: Door,
) -> None:
    platform = door.platform
    media_id = sends(door, PNG, bomb(*LARGE))
    until(lambda: platform.rows(CLAIMED, media_id) == [(1,)])
    kill(platform, "worker")
    assert listed(door)[media_id] is None
    platform.do(LEASE_ENDS, media_id)

    revive(platform)

    until(found(door, media_id))
    platform.settle()
    assert listed(door)[media_id]["width"] == LARGE[0]
    assert platform.rows(SAID, media_id) == [(None,)]
    claims = "SELECT claim FROM field_visit.job WHERE task->>'media_id' = %s"
    assert platform.rows(claims, media_id) == [(2,)]
    looking = Path(platform.settings["DOORSTEP_MEDIA"]) / LOOKING
    assert list(looking.iterdir()) == []
