"""A case under a legal hold, its photos, and what becomes of both when it is lifted."""

from pathlib import Path
from uuid import UUID

import pytest

from chassis.media import Folder
from proto import ids
from services.field_visit.model import COPIES
from tests.journeys.hurting import kill, revive, until
from tests.journeys.test_keys import doorstep
from tests.journeys.test_media import JPEG, found, listed, sends
from tests.media import photo, picture
from tests.world import Door, Platform

REMOVED = (
    "SELECT count(*) FILTER (WHERE done_at IS NULL) FROM field_visit.job"
    " WHERE kind = 'delete_media' AND subject = %s"
)


@pytest.fixture
def case(door: Door) -> UUID:
    query = "SELECT case_id FROM field_visit.visit WHERE id = %s"
    door.platform.settle()
    found_case: UUID = door.platform.rows(query, door.visit_id)[0][0]
    return found_case


def of_its_own() -> bytes:
    """A photo that no other test has sent, to its copies: what somebody else has stays."""
    image, chance = picture(), ids.new().bytes[-3:]
    image.paste((chance[0], chance[1], chance[2]), (0, 0, 320, 320))
    return photo(image=image)


def digests(door: Door, media_id: str) -> list[str]:
    (row,) = door.platform.rows(
        "SELECT sha256, found FROM field_visit.media WHERE id = %s", media_id
    )
    return [row[0], *(row[1][name] for name in COPIES)]


def kept(platform: Platform, wanted: list[str]) -> list[bool]:
    folder = Folder(Path(platform.settings["DOORSTEP_MEDIA"]))
    return [folder.size(each) is not None for each in wanted]


def test_a_held_case_is_kept_whole_and_goes_whole_afterwards(
    door: Door, platform: Platform, case: UUID
) -> None:
    media_id = sends(door, JPEG, of_its_own())
    until(found(door, media_id))
    files = digests(door, media_id)
    compliance, hold = platform.account("compliance"), str(ids.new())
    path = f"/v1/cases/{case}/legal-hold"
    order = {"hold_id": hold, "reason": "court", "reference": "（2026）沪01执保12号"}
    assert platform.officer.post(path, order).status == 403
    put = compliance.post(path, order)
    assert (put.status, put.body["case_held"]) == (200, True)

    refused = doorstep(platform, "shred", "case", str(case), "--reason", "person-asked")
    assert refused.code == 1
    assert "under a legal hold (court) that compliance:" in refused.err
    delete = f"/v1/media/{media_id}/deletion"
    no = compliance.post(delete, {"reason": "person_asked"})
    assert (no.status, no.kind) == (409, "legal-hold")
    shown = compliance.get(path).body["holds"]
    assert [each["reference"] for each in shown] == ["（2026）沪01执保12号"]
    assert kept(platform, files) == [True] * 4

    lifted = compliance.post(f"{path}/{hold}/lifting", {"reason": "order_ended"})
    assert (lifted.status, lifted.body["case_held"]) == (200, False)
    kill(platform, "worker")
    try:
        done = doorstep(platform, "shred", "case", str(case), "--reason", "person-asked")
        left = doorstep(platform, "shred", "scan", str(case))
    finally:
        revive(platform)  # others need it, whatever is wrong here
    assert (done.code, done.err) == (0, "")
    assert (left.code, "1 photos and recordings, 4 files" in left.out) == (1, True)
    until(lambda: platform.rows(REMOVED, str(case)) == [(0,)])

    assert kept(platform, files) == [False] * 4
    after = doorstep(platform, "shred", "scan", str(case))
    assert (after.code, "1 photos and recordings, 0 files" in after.out) == (0, True)


def test_a_deleted_photo_is_gone_for_everybody_and_its_row_says_so(door: Door) -> None:
    platform = door.platform
    media_id = sends(door, JPEG, of_its_own())
    until(found(door, media_id))
    files = digests(door, media_id)
    path = f"/v1/media/{media_id}"
    body = {"reason": "taken_by_mistake"}
    for who in (door.pair[0].http, door.boss, platform.officer):
        assert who.post(f"{path}/deletion", body).status == 403
    compliance = platform.account("compliance")

    assert compliance.post(f"{path}/deletion", body).status == 200

    for who in (door.boss, platform.officer, compliance):
        gone = who.get(f"{path}/thumbnail")
        assert (gone.status, gone.kind) == (410, "media-deleted")
    assert media_id in listed(door)
    until(lambda: not any(kept(platform, files)))
