"""A talk is recorded by two phones, on sound and film: through a worker to the screen."""

import hashlib
from datetime import timedelta
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from tusclient.client import TusClient

from proto import ids
from proto.facts import Entered, Fact, Knocked, Left, MediaNoted, PersonMet, Recording
from proto.media import MEDIA_TYPES
from tests.journeys.hurting import until
from tests.media import movie, sound
from tests.world import Collector, Door, sent

ON = Recording(announced=True, running=True)
OFF = Recording(announced=True, running=False, reason="finished")
LASTS = 20
SUSPECTED = (
    "SELECT envelope->'data'->'clauses' FROM field_visit.outbox"
    " WHERE envelope->>'type' = 'field_visit.breach_suspected'"
    " AND envelope->'data'->>'visit_id' = %s"
)


class Talk:
    """A talk of twenty seconds that is just over, at a door whose pair has checked in."""

    def __init__(self, door: Door) -> None:
        self.door = door
        checked_in = door.pair[0].http.post(door.path("/check-ins"), door.present())
        assert checked_in.ok, checked_in
        self.grant = door.pair[0].http.get(door.path("/grant")).body["grant"]
        self.began = door.platform.now() - timedelta(seconds=LASTS)

    def notes(self, who: Collector, *facts: tuple[float, Fact]) -> None:
        """Write facts down, each so many seconds after it began, and send them."""
        for seconds, fact in facts:
            at = self.began + timedelta(seconds=seconds)
            who.phone.note(self.door.visit_id, fact, at)
        sent(who.http, self.door.path("/journal"), who.notes(self.door.visit_id))
        who.confirm()

    def made(self, who: Collector, media_type: str, data: bytes) -> dict[str, Any]:
        """A file that its phone has noted; what it says of it when it sends it."""
        sha256, media_id = hashlib.sha256(data).hexdigest(), ids.new()
        noted = MediaNoted(media_id=media_id, media=MEDIA_TYPES[media_type], sha256=sha256)
        self.notes(who, (LASTS, noted))
        return {
            "media_id": str(media_id),
            "visit_id": str(self.door.visit_id),
            "device_id": str(who.phone.device_id),
            "filetype": media_type,
            "sha256": sha256,
            "captured_at": self.began.isoformat(),
        }

    def sends(self, who: Collector, metadata: dict[str, Any], data: bytes) -> None:
        headers = {"Authorization": who.http.headers["Authorization"]}
        headers |= {"Visit-Grant": self.grant}  # the visit is over by then
        client = TusClient(f"{self.door.platform.url}/v1/uploads", headers=headers)
        client.uploader(file_stream=BytesIO(data), metadata=metadata).upload()

    def shown(self) -> dict[str, Any]:
        answer = self.door.boss.get(self.door.path("/coverage"))
        assert answer.ok, answer
        return answer.body

    def suspected(self) -> list[list[str]]:
        self.door.platform.settle()
        visit: UUID = self.door.visit_id
        return [row[0] for row in self.door.platform.rows(SUSPECTED, str(visit))]


@pytest.fixture
def talk(door: Door) -> Talk:
    return Talk(door)


def test_a_talk_on_sound_and_film_is_recorded_whole(talk: Talk) -> None:
    one, other = talk.door.pair
    met = (0, PersonMet(relation="debtor"))
    talk.notes(one, (0, Knocked(times=1)), (0, ON), met, (LASTS, OFF))
    talk.notes(other, (0, ON), (LASTS, OFF))
    heard, seen = sound(seconds=LASTS), movie(seconds=4)
    spoken, filmed = (
        talk.made(one, "audio/mp4", heard),
        talk.made(other, "video/mp4", seen),
    )
    over = {"ending": "talked"}
    assert one.http.post(talk.door.path("/check-out"), over).ok
    before = talk.shown()
    assert (before["judged_at"], before["recorded_s"]) == (None, 0)

    talk.sends(one, spoken, heard)
    talk.sends(other, filmed, seen)

    until(lambda: talk.shown()["judged_at"] is not None)
    told = talk.shown()
    assert (told["not_proven"], told["gaps"], told["left_out"]) == ([], [], [])
    assert told["share"] > 0.95
    assert told["filmed_s"] == pytest.approx(4, abs=0.5)
    assert talk.suspected() == []


def test_film_from_inside_is_kept_and_suspected(talk: Talk) -> None:
    one, other = talk.door.pair
    facts = ((0, Knocked(times=1)), (0, ON), (0, PersonMet(relation="debtor")))
    talk.notes(one, *facts, (1, Entered()), (LASTS - 1, Left()), (LASTS, OFF))
    talk.notes(other, (0, ON), (LASTS, OFF))
    heard, seen = sound(seconds=LASTS), movie(seconds=LASTS)
    spoken, filmed = (
        talk.made(one, "audio/mp4", heard),
        talk.made(other, "video/mp4", seen),
    )
    assert one.http.post(talk.door.path("/check-out"), {"ending": "talked"}).ok
    talk.sends(one, spoken, heard)
    talk.sends(other, filmed, seen)

    until(lambda: talk.shown()["judged_at"] is not None)
    (inside,) = talk.shown()["filmed_inside"]
    assert inside["media_id"] == filmed["media_id"]
    assert ["C.54"] in talk.suspected()
