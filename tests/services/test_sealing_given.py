"""What comes of a seal outside: its head given away, its timestamp, and files that went."""

import hashlib
import json
from pathlib import Path
from typing import Any
from uuid import UUID
from zipfile import ZipFile

import pytest
from sqlalchemy import select

from chassis import evidence_keys, media, tables
from chassis.errors import Conflict
from chassis.jobs import Job
from chassis.settings import settings
from evidence.verifying import Anchors, verify
from proto.base import Role
from proto.evidence import LookAtLog
from proto.facts import PositionNoted
from proto.field_visit import Ending
from proto.media import DeleteMedia, DeletionReason, Fault
from services.field_visit import handlers
from services.field_visit import store as fields
from services.field_visit.jobs import JOBS
from services.field_visit.model import DELETE, GIVE, PUBLISH_HEAD, Opens
from tests.acting import AT_THE_DOOR
from tests.media import photo
from tests.services import sealing, stamping
from tests.services.pairs import Pair
from tests.services.sealing import Worker, bundle, inspected, receives
from tests.services.test_sealing import sha256


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    return pair


@pytest.fixture
def worker(pair) -> Worker:
    return Worker(pair)


@pytest.fixture
def sets(monkeypatch):
    """Set something of the environment, as the bank does."""

    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"DOORSTEP_{name.upper()}", value)
        settings.cache_clear()

    yield put
    settings.cache_clear()


def both_leave(pair: Pair) -> None:
    pair.check_out(Ending.TALKED, pair.a)
    pair.check_out(Ending.TALKED, pair.b)


def does(worker: Worker, kind: str) -> None:
    """Do the jobs of a kind that wait."""
    its = tables.job.c
    query = select(tables.job).where(its.kind == kind, its.done_at.is_(None))
    for row in list(worker.connection.execute(query)):
        worker.ends(row)
        job = Job(row.id, "field_visit", kind, row.task, row.subject, "w", "t", 1)
        JOBS[kind](job, worker.engine, lambda: None)


def anchors(**others) -> Anchors:
    key = evidence_keys.private(settings(), evidence_keys.SEAL)
    return Anchors(seals=(evidence_keys.public(settings(), key),), **others)


def test_a_log_that_is_looked_at_twice_at_once_gives_one_head_away(pair, worker) -> None:
    """As after a broker was away for minutes: both looks come before either head."""
    both_leave(pair)
    worker.looks()
    for _ in range(2):
        unit = pair.open("field_visit")
        handlers.look_at_log(LookAtLog(), unit)
        unit.settle()
    waiting = worker.waiting()
    signed = [(row.kind, worker.work(row)) for row in waiting]
    for row in waiting:
        worker.ends(row)

    said = [each for kind, told in signed for each in worker.tells(kind, told)]

    assert [told.size for _, told in signed] == [1, 1]
    assert said.count("field_visit.tree_head_signed") == 1
    assert len(fields.heads_given_away(worker.connection, None, 9)) == 1


def test_the_head_of_a_day_lies_where_the_bank_wants_it_and_confirms_a_bundle(
    pair, worker, sets, tmp_path: Path
) -> None:
    place = tmp_path / "heads"
    place.mkdir()
    sets(heads_to=f"file:{place}")
    both_leave(pair)
    worker.looks()
    worker.day_ends()
    does(worker, PUBLISH_HEAD)

    (given,) = place.iterdir()
    copy = bundle(pair, tmp_path / "b.zip")
    confirmed = verify(copy, anchors(tree_heads=((given.name, given.read_bytes()),)))
    assert (confirmed.grade, confirmed.reason) == ("VERIFIED", None)

    told = json.loads(given.read_text())
    other = json.loads(told["head"]) | {"root": "0" * 64}
    forged = json.dumps({"head": json.dumps(other), "signature": told["signature"]})
    against = verify(copy, anchors(tree_heads=(("forged", forged.encode()),)))
    assert against.grade == "FAILED"


@pytest.mark.parametrize("suite", ["international", "sm"])
def test_a_seal_is_stamped_and_its_bundle_brings_the_token(
    pair, worker, sets, tmp_path: Path, suite
) -> None:
    authority = stamping.Authority(tmp_path / "authority")
    sets(tsa_ca=str(authority.ca), keys=str(tmp_path / "keys"), seal_suite=suite)
    with stamping.behind_http(authority.stamps) as address:
        sets(tsa_url=address)
        both_leave(pair)
        worker.looks()
        assert sealing.plan(pair).parts[0].timestamp is None
        does(worker, GIVE)

    stamped = verify(bundle(pair, tmp_path / "b.zip"), anchors(authority=authority.ca))

    assert (stamped.grade, stamped.reason) == ("VERIFIED", None)
    assert sealing.plan(pair).parts[0].timestamp is not None
    other = stamping.Authority(tmp_path / "other")
    doubted = verify(bundle(pair, tmp_path / "c.zip"), anchors(authority=other.ca))
    assert doubted.grade == "FAILED"


def test_a_file_that_was_deleted_is_said_to_be_and_the_rest_verifies(
    pair, worker, tmp_path: Path
) -> None:
    media_id = receives(pair, photo())
    kept = receives(pair, photo(quality=40))
    for each in (media_id, kept):
        inspected(pair, each)
    both_leave(pair)
    worker.looks()
    before = bundle(pair, tmp_path / "before.zip")

    deletes(worker, media_id)

    (gone,) = sealing.of_kind(pair, "erased")
    assert (gone["what"], gone["why"]) == ("file", DeletionReason.MISTAKE)
    after = bundle(pair, tmp_path / "after.zip")
    assert [verify(each, anchors()).grade for each in (before, after)] == ["VERIFIED"] * 2
    assert after.stat().st_size < before.stat().st_size


def deletes(worker: Worker, media_id: UUID) -> None:
    """Compliance deletes a file, its bytes go, and a part says so."""
    unit = worker.pair.open("field_visit", Role.COMPLIANCE)
    command = DeleteMedia(media_id=media_id, reason=DeletionReason.MISTAKE)
    handlers.delete_media(command, unit)
    unit.settle()
    does(worker, DELETE)
    seal_more(worker)


def seal_more(worker: Worker) -> None:
    worker.pair.watch.goes(minutes=1)
    worker.looks()


def media_in(path: Path) -> list[str]:
    """The digests of the files of a bundle, which verifies."""
    assert verify(path, anchors()).grade == "VERIFIED"
    names = ZipFile(path).namelist()
    return [each.rpartition("/")[2] for each in names if "/data/media/" in each]


def test_a_deleted_file_whose_bytes_come_in_again_is_there_until_that_goes_too(
    pair, worker, tmp_path: Path
) -> None:
    first = receives(pair, photo())
    inspected(pair, first)
    both_leave(pair)
    worker.looks()
    deletes(worker, first)
    assert media_in(bundle(pair, tmp_path / "gone.zip")) == []

    again = receives(pair, data := photo())
    inspected(pair, again)
    seal_more(worker)
    assert media_in(bundle(pair, tmp_path / "again.zip")) == [sha256(data)]

    deletes(worker, again)
    assert media_in(bundle(pair, tmp_path / "over.zip")) == []
    assert [each.get("files") for each in sealing.of_kind(pair, "erased")] == [
        [sha256(data)]
    ] * 2


def test_of_two_files_of_the_same_bytes_the_last_takes_them_along(
    pair, worker, tmp_path: Path
) -> None:
    one, other = receives(pair, photo()), receives(pair, data := photo())
    for each in (one, other):
        inspected(pair, each)
    both_leave(pair)
    worker.looks()

    deletes(worker, one)
    assert media_in(bundle(pair, tmp_path / "one.zip")) == [sha256(data)]
    deletes(worker, other)
    assert media_in(bundle(pair, tmp_path / "none.zip")) == []
    gone = [each.get("files") for each in sealing.of_kind(pair, "erased")]
    assert gone == [None, [sha256(data)]]


def test_what_is_found_in_a_deleted_file_does_not_bring_it_back(
    pair, worker, tmp_path: Path
) -> None:
    late = receives(pair, photo())
    both_leave(pair)
    pair.watch.goes(days=2)
    worker.looks()
    deletes(worker, late)

    inspected(pair, late, width=640, height=480)
    seal_more(worker)

    assert media_in(bundle(pair, tmp_path / "b.zip")) == []
    assert [each["found"] for each in sealing.of_kind(pair, "file")] == [None]


def test_a_copy_that_is_begun_has_the_parts_of_then_and_no_more(
    pair, worker, tmp_path: Path, monkeypatch
) -> None:
    both_leave(pair)
    worker.looks()
    seals, seen = fields.seals, []

    def another_comes(connection: Any, visit_id: UUID) -> Any:
        found = seals(connection, visit_id)
        if not seen:
            seen.append(found)
            pair.record(PositionNoted(position=AT_THE_DOOR))
            pair.watch.goes(minutes=1)
            worker.looks()
        return found

    monkeypatch.setattr(fields, "seals", another_comes)
    copy = bundle(pair, tmp_path / "b.zip")

    verdict = verify(copy, anchors())
    assert (verdict.grade, verdict.finding.newest.part) == ("VERIFIED", 1)
    assert len(sealing.plan(pair).parts) == 2


def test_what_is_forgotten_since_a_copy_was_begun_is_not_shown_in_it(
    pair, worker, tmp_path: Path
) -> None:
    pair.record(PositionNoted(position=AT_THE_DOOR))
    both_leave(pair)
    worker.looks()
    begun = sealing.plan(pair)
    fields.forget_hidden(pair.hears.connection, pair.visit, *Opens)

    shown = sealing.disclosures(pair, begun, Role.COMPLIANCE)

    assert len(shown) > 0
    assert set(shown) == {""}


def test_between_a_deletion_and_its_part_one_asks_again_in_a_minute(
    pair, worker, tmp_path: Path
) -> None:
    media_id = receives(pair, photo())
    inspected(pair, media_id)
    both_leave(pair)
    worker.looks()
    pair.watch.goes(seconds=1)
    unit = pair.open("field_visit", Role.COMPLIANCE)
    command = DeleteMedia(media_id=media_id, reason=DeletionReason.MISTAKE)
    handlers.delete_media(command, unit)
    unit.settle()
    does(worker, DELETE)

    with pytest.raises(Conflict, match="deletion-not-sealed-yet"):
        sealing.plan(pair)
    receives(pair, photo(quality=40))  # which is not looked at: it holds nothing back
    pair.watch.goes(minutes=1)
    worker.looks()

    given = verify(bundle(pair, tmp_path / "b.zip", Role.SUPERVISOR), anchors())
    assert (given.grade, given.reason) == ("VERIFIED", None)


def test_a_file_that_the_store_has_lost_is_said_to_be_and_the_rest_is_given(
    pair, worker, tmp_path: Path
) -> None:
    lost, kept = receives(pair, photo()), receives(pair, photo(quality=40))
    inspected(pair, kept)
    folder = media.Folder(settings().media)
    folder.path(digest := hashlib.sha256(photo()).hexdigest()).unlink()
    inspected(pair, lost, fault=Fault.MISSING)
    both_leave(pair)
    worker.looks()

    (gone,) = sealing.of_kind(pair, "erased")
    assert (gone["what"], gone["files"], gone["by"]) == ("lost", [digest], "field_visit")
    given = verify(bundle(pair, tmp_path / "b.zip"), anchors())
    assert (given.grade, given.finding.files.there) == ("VERIFIED", 1)
