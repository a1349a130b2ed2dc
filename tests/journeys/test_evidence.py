"""A visit from the door to a bundle that somebody checks without us."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from chassis import clock, rounds
from chassis.database import engine
from proto import ids
from proto.base import Command
from proto.evidence import LookAtLog
from proto.facts import DebtorSigned, MediaNoted, PositionNoted
from proto.field_visit import LookAround
from tests.acting import AT_THE_DOOR
from tests.journeys.hurting import WAITING, kill, revive, until
from tests.journeys.test_keys import doorstep
from tests.journeys.test_media import AAC, JPEG, found, sends
from tests.media import photo, sound
from tests.services.pairs import THE_DEBTOR
from tests.services.test_sealing import sha256
from tests.world import AtADoor, Door, Platform, clauses, plain

PARTS = "SELECT part, grade, reasons FROM field_visit.seal WHERE visit_id = %s ORDER BY 1"
REMARKS = "他们没有出示证件，电话13800000000"
LEASE_ENDS = (
    "UPDATE field_visit.job SET leased_until = leased_until - interval '1 minute'"
    " WHERE kind = 'seal_visit' AND task->>'visit_id' = %s AND done_at IS NULL"
)
PUT_ASIDE = (
    "SELECT count(*) FROM field_visit.disclosure d WHERE visit_id = %s"
    " AND NOT EXISTS (SELECT FROM field_visit.seal s WHERE s.id = d.seal_id)"
)


@pytest.fixture
def says(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let a look of this minute come now."""
    its = engine(platform.settings["DATABASE_URL"], "field_visit", pool=0)

    def say(command: Command) -> None:
        monkeypatch.setattr(clock, "now", platform.now)
        rounds.say(its, "field_visit", command, f"evidence-{ids.new()}")
        platform.settle()

    yield say
    its.dispose()


@pytest.fixture
def here(door: Door) -> AtADoor:
    """A pair that has spoken with a debtor."""
    here = AtADoor(door, door.visit_id)
    answer = here.checks_in()
    assert (answer.status, clauses(answer)) == (200, [])
    here.notes(*THE_DEBTOR)
    here.notes(PositionNoted(position=AT_THE_DOOR), DebtorSigned(remarks=REMARKS))
    return here


def both_leave(here: AtADoor) -> None:
    for each in here.door.pair:
        answer = here.posts("/check-out", {"ending": "talked"}, each)
        assert answer.ok, answer


def looks(here: AtADoor, says: Any) -> None:
    """Look at the visit for its seal, as if its time had come."""
    platform = here.door.platform
    ago = platform.now() - timedelta(seconds=1)
    platform.do(
        "UPDATE field_visit.visit SET look_at = %s,"
        " due = due || jsonb_build_object('seal', %s::text) WHERE id = %s",
        *(ago, ago.isoformat(), here.visit_id),
    )
    says(LookAround())


def parts(here: AtADoor) -> list[tuple[Any, ...]]:
    """Each part, and what it lacks but the recording of the talk: there is none."""
    return [
        (part, grade, [each for each in reasons if not each.startswith("recording_")])
        for part, grade, reasons in here.door.platform.rows(PARTS, here.visit_id)
    ]


def has(here: AtADoor, count: int) -> Callable[[], bool]:
    return lambda: len(parts(here)) == count


def asks(here: AtADoor, by: Any = None, **query: str) -> httpx.Response:
    http = by or here.door.boss
    address = f"{here.door.platform.url}/v1/visits/{here.visit_id}/evidence"
    headers = {"Authorization": http.headers["Authorization"], "Accept-Language": "en"}
    return httpx.get(address, params=query, headers=headers, trust_env=False, timeout=60)


def bundle(here: AtADoor, folder: Path, by: Any = None) -> Path:
    answer = asks(here, by, reason="audit")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/zip")
    path = folder / f"{ids.new()}.zip"
    path.write_bytes(answer.content)
    return path


def checked(here: AtADoor, path: Path, with_key: bool = True) -> tuple[int, str]:
    """What the verifier says that travels inside, where nothing else of ours is."""
    inside = path.parent / path.stem
    with zipfile.ZipFile(path) as archive:
        archive.extractall(inside)
    (top,) = inside.iterdir()
    keys = Path(here.door.platform.settings["DOORSTEP_KEYS"])
    words = ["--key", str(keys / "seal-signing.pub")] if with_key else []
    done = subprocess.run(
        [sys.executable, "-m", "evidence", str(path), *words],
        cwd=top,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout + done.stderr


def test_a_visit_becomes_a_bundle_that_verifies(
    here: AtADoor, says: Any, tmp_path: Path
) -> None:
    door = here.door
    files = [sends(door, JPEG, photo()), sends(door, AAC, sound())]
    for each in files:
        until(found(door, each))
    refused = asks(here, reason="audit")
    assert (refused.status_code, refused.json()["type"]) == (
        409,
        "/problems/visit-not-over",
    )
    both_leave(here)
    says(LookAround())
    until(has(here, 1))

    assert parts(here) == [(1, "kept", [])]
    path = bundle(here, tmp_path)
    code, said = checked(here, path)
    assert (code, said.splitlines()[0].startswith("VERIFIED")) == (0, True), said
    assert checked(here, path, with_key=False)[0] == 3
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        text = archive.read(next(n for n in names if n.endswith("records.jsonl"))).decode()
        shown = archive.read(next(n for n in names if n.endswith("disclosures.jsonl")))
    assert sum("/data/media/" in name for name in names) == 1  # no photo of a camera's
    assert any(name.endswith("/data/withheld.json") for name in names)
    assert "13800000000" not in text
    assert "13800000000" not in shown.decode()  # what was said is the bank's to know
    whole = bundle(here, tmp_path, door.platform.account("compliance"))
    assert checked(here, whole)[0] == 0
    with zipfile.ZipFile(whole) as archive:
        assert sum("/data/media/" in name for name in archive.namelist()) == 2
        shown = archive.read(next(n for n in names if n.endswith("disclosures.jsonl")))
    assert "13800000000" in shown.decode()


def test_who_asks_says_why_and_strangers_get_nothing(here: AtADoor, says: Any) -> None:
    platform = here.door.platform
    both_leave(here)
    says(LookAround())
    until(has(here, 1))

    assert asks(here).status_code == 422
    assert asks(here, reason="curious").status_code == 422
    stranger = platform.account("supervisor", agency_id=ids.new())
    assert asks(here, stranger, reason="audit").status_code == 404
    assert asks(here, here.door.pair[0].http, reason="audit").status_code == 403
    compliance = platform.account("compliance")
    assert asks(here, compliance, reason="court").status_code == 200
    looked = "SELECT what, role, reason FROM field_visit.access WHERE visit_id = %s"
    assert platform.rows(looked, here.visit_id) == [("bundle", "compliance", "court")]


def test_a_worker_killed_while_it_seals_is_followed_by_one_that_seals_once(
    here: AtADoor, says: Any, tmp_path: Path
) -> None:
    platform = here.door.platform
    both_leave(here)
    with psycopg.connect(platform.settings["DATABASE_URL"]) as holds:
        holds.execute("LOCK TABLE field_visit.disclosure IN SHARE MODE")
        says(LookAround())
        until(lambda: platform.rows(WAITING)[0][0] > 0)
        kill(platform, "worker")
        holds.rollback()
    assert parts(here) == []
    platform.do(LEASE_ENDS, str(here.visit_id))

    revive(platform)

    until(has(here, 1))
    platform.settle()
    assert platform.rows(PUT_ASIDE, here.visit_id) == [(0,)]
    assert checked(here, bundle(here, tmp_path))[0] == 0


def test_what_is_missing_at_the_deadline_is_named_and_follows_in_a_further_part(
    here: AtADoor, says: Any, tmp_path: Path
) -> None:
    door, platform = here.door, here.door.platform
    late, media_id = photo(), ids.new()
    grant = here.door.pair[0].http.get(door.path("/grant")).body["grant"]
    here.notes(MediaNoted(media_id=media_id, media="photo", sha256=sha256(late)))
    both_leave(here)
    says(LookAround())
    refused = asks(here, reason="audit")
    assert refused.status_code == 409
    assert "a file that was noted" in refused.json()["detail"]

    earlier = "UPDATE field_visit.visit SET closed_at = closed_at - interval '1 day'"
    platform.do(f"{earlier} WHERE id = %s", here.visit_id)
    looks(here, says)
    until(has(here, 1))
    assert parts(here) == [(1, "kept", ["file_missing"])]
    assert checked(here, bundle(here, tmp_path))[0] == 0

    sends(door, JPEG, late, media_id, **{"Visit-Grant": grant})
    until(found(door, str(media_id)))
    here.notes(PositionNoted(position=AT_THE_DOOR))
    looks(here, says)
    until(has(here, 2))
    assert parts(here)[1] == (2, "kept", [])
    code, said = checked(here, bundle(here, tmp_path))
    assert code == 0, said
    compliance = platform.account("compliance")
    corrected = compliance.post(
        f"/v1/visits/{here.visit_id}/corrections",
        plain({"correction_id": ids.new(), "text": "三单元"}),
    )
    assert corrected.ok, corrected
    looks(here, says)
    until(has(here, 3))
    assert checked(here, bundle(here, tmp_path))[0] == 0


def test_after_its_case_was_shredded_a_bundle_still_verifies(
    here: AtADoor, says: Any, tmp_path: Path
) -> None:
    platform, case_id = here.door.platform, here.case_id
    both_leave(here)
    says(LookAround())
    until(has(here, 1))
    shredded = doorstep(platform, "shred", "case", case_id, "--reason", "person-asked")
    assert shredded.code == 0, shredded.err

    says(LookAtLog())
    looks(here, says)
    until(has(here, 2))

    path = bundle(here, tmp_path, platform.account("compliance"))
    code, said = checked(here, path)
    assert code == 0, said
    with zipfile.ZipFile(path) as archive:
        read = {
            Path(n).name: archive.read(n).decode()
            for n in archive.namelist()
            if "data/" in n and n.endswith("jsonl")
        }
    assert read["disclosures.jsonl"] == ""
    assert '"kind":"erased"' in read["records.jsonl"]
    scan = doorstep(platform, "shred", "scan", case_id)
    assert scan.code == 0, scan.out


def test_the_heads_of_the_log_are_anybodys_to_know(here: AtADoor, says: Any) -> None:
    platform = here.door.platform
    both_leave(here)
    says(LookAround())
    until(has(here, 1))
    platform.do("UPDATE field_visit.tree_head SET given_away = false")
    says(LookAtLog())
    given = "SELECT count(*) FROM field_visit.tree_head WHERE given_away"
    until(lambda: platform.rows(given) == [(1,)])

    shown = platform.nobody().get("/v1/log/heads")

    assert shown.ok, shown
    (head,) = shown.body["heads"]
    assert head["size"] >= 1
    kids = {each["kid"] for each in platform.nobody().get("/v1/keys").body["keys"]}
    assert head["key"] in kids
