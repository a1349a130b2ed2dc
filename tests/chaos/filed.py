"""Photos and sound of a small history in which all is well, for tests to break."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from chaos.crews.gallery import Made
from chaos.crews.ledger import Operation, Told, Try
from chaos.crews.steps import Step
from chaos.remains.files import Files, Kept, Stop, Upload

VISIT, OTHER, PERSON = "visit-1", "visit-9", "person-1"
ONE, TWO = "device-1", "device-2"
PHOTO, SOUND, DROWNED = "photo-1", "sound-1", "sound-2"
DIGESTS = {PHOTO: "a1", SOUND: "a2", DROWNED: "a3"}
BEGAN = datetime(2026, 3, 2, 7, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return BEGAN + timedelta(seconds=seconds)


def spans(begins: float, ends: float, **more: Any) -> dict[str, Any]:
    bounds = {"begins_at": at(begins).isoformat(), "ends_at": at(ends).isoformat()}
    return bounds | more


def receipt(sha256: str, visit: str = VISIT) -> str:
    said = json.dumps({"sha256": sha256, "visit_id": visit}).encode()
    return f"h.{base64.urlsafe_b64encode(said).rstrip(b'=').decode()}.s"


def sent(file: str, *, visit: str = VISIT, status: int | None = 204) -> Told:
    """An upload that was answered so; 204 with its receipt."""
    sha256, forbidden = DIGESTS.get(file, "a9"), status == 404
    expects = ("404 not-found",) if forbidden else ("204",)
    name = "receive_media"
    operation = Operation(file, PERSON, name, visit, sha256, expects, forbidden)
    done = Try("first", 50.0, 60.0, status, "not-found" if forbidden else "")
    if status == 204:
        done.reply = {"receipt": receipt(sha256, visit)}
    return Told(operation, [done])


def told() -> list[Told]:
    """A photo, a recording, one whose phone drowned, and one for a stranger's visit."""
    drowned = sent(DROWNED, status=None)
    drowned.tries[0].ended = None
    strange = sent("strange-1", visit=OTHER, status=404)
    return [sent(PHOTO), sent(SOUND), drowned, strange]


def made(file: str, device: str, kind: str, begins: float, ends: float) -> Made:
    whole = file != DROWNED
    return Made(
        file, VISIT, device, kind, DIGESTS[file], 900, at(begins), at(ends), sent=whole
    )


def steps() -> list[Step]:
    """The photo in two pieces, the second one twice since its answer was lost."""
    first = Step(PHOTO, 0, "PATCH", 51.0, 0, 500, "", 52.0, 204, "", 500)
    lost = Step(PHOTO, 0, "PATCH", 52.5, 500, 400, "lost")
    look = Step(PHOTO, 0, "HEAD", 53.0, ended=53.1, status=200, said=900)
    wrong = Step(SOUND, 0, "PATCH", 54.0, 0, 900, "wrong-checksum", 54.5, 460)
    return [first, lost, look, wrong]


def files() -> Files:
    """Half a minute of talk of which one phone recorded ten seconds, then had no battery,
    and the other fourteen of which nothing came.
    """
    shown = spans(
        0,
        30,
        segments=[spans(0, 10, media_id=SOUND, device_id=ONE)],
        gaps=[spans(10, 30, reason="battery")],
        judged_at=None,
    )
    done = (
        Upload(each, DIGESTS[each], 900, 900, "done", None, "r") for each in (PHOTO, SOUND)
    )
    open_ = Upload(DROWNED, DIGESTS[DROWNED], 900, 300, "open", None, None)
    return Files(
        made=[
            made(PHOTO, ONE, "image", 5, 5),
            made(SOUND, ONE, "audio", 0, 10),
            made(DROWNED, TWO, "audio", 0, 11),
        ],
        steps=steps(),
        uploads=[*done, open_],
        kept=[
            Kept(PHOTO, VISIT, ONE, DIGESTS[PHOTO], 900, copies=("c1", "c2")),
            Kept(SOUND, VISIT, ONE, DIGESTS[SOUND], 900),
        ],
        noted={
            (VISIT, TWO if each == DROWNED else ONE, each, sha256)
            for each, sha256 in DIGESTS.items()
        },
        stored={each: each for each in ("a1", "a2", "c1", "c2")},
        partial=[DROWNED],
        served={PHOTO: "a1", SOUND: "a2"},
        stops=[Stop(VISIT, ONE, at(10), "battery"), Stop(VISIT, TWO, at(11), "broken")],
        coverage={VISIT: shown},
    )
