"""Files that are deleted: by whom, what stays, and that nobody else's bytes go."""

import hashlib
import json

import pytest
from sqlalchemy import Engine, text

from chassis import legal_hold, tables
from chassis.database import engine
from chassis.errors import Forbidden, NotFound
from chassis.jobs import Job
from chassis.legal_hold import Held
from chassis.operations import only
from chassis.shredding import Reason, shred
from doorstep.shredding import files
from proto import ids
from proto.base import Role
from proto.field_visit import MediaDeleted
from proto.media import (
    DeleteMedia,
    DeletionReason,
    Inspection,
    ListMedia,
    NoteInspection,
)
from services.field_visit import handlers
from services.field_visit.handlers.deleting import copies
from services.field_visit.jobs import deleting
from services.field_visit.model import DELETE
from tests.services.inspecting import folder, keep
from tests.services.test_media import SEEN, Sending

MISTAKE = DeletionReason.MISTAKE


class Deleting(Sending):
    """A pair whose photos compliance deletes."""

    def deletes(self, media_id, why=MISTAKE):
        its = self.open("field_visit", Role.COMPLIANCE)
        told = handlers.delete_media(DeleteMedia(media_id=media_id, reason=why), its)
        self.work = list(its.rows.get(tables.job, []))
        its.settle()
        self.events = its.said
        return told, its

    def inspects(self, sent, found):
        """A worker has looked at a file; return what is to be removed by that."""
        its = self.open("field_visit")
        told = NoteInspection(media_id=sent.media_id, visit_id=self.visit, found=found)
        handlers.note_inspection(told, its)
        jobs = [e["task"] for e in its.rows.get(tables.job, []) if e["kind"] == DELETE]
        its.settle()
        return jobs

    @property
    def digests(self) -> list[str]:
        return [digest for each in self.work for digest in each["task"]["digests"]]


@pytest.fixture
def pair(unit, watch) -> Deleting:
    return Deleting(unit, watch)


def test_a_file_goes_with_its_copies_and_its_row_says_so(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)
    pair.is_told(sent)

    told, its = pair.deletes(sent.media_id)

    shown = pair.shown(sent.media_id)
    assert shown.deleted_at == told.deleted_at == pair.watch.now
    assert (shown.deleted_why, shown.sha256) == (MISTAKE, sent.sha256)
    listed = handlers.list_media(
        ListMedia(visit_id=pair.visit), pair.asks(Role.BANK_OFFICER)
    )
    assert [each.deleted_why for each in listed.media] == [MISTAKE]
    assert [each["kind"] for each in pair.work] == [DELETE]
    assert pair.digests == [sent.sha256, SEEN.thumbnail, SEEN.stripped]
    (said,) = pair.events
    assert MediaDeleted.model_validate(said.data).reason is MISTAKE
    assert "deleted_by" not in shown.model_dump()
    row = its.connection.execute(
        text("SELECT deleted_by FROM media WHERE id = :id"), {"id": sent.media_id}
    )
    assert row.scalar() == its.by


def test_again_is_harmless_and_looks_for_the_bytes_once_more(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)
    first, _ = pair.deletes(sent.media_id)
    pair.watch.goes(hours=1)

    assert pair.deletes(sent.media_id, DeletionReason.ORDERED)[0] == first
    assert (pair.events, pair.digests) == ([], [sent.sha256])
    assert pair.shown(sent.media_id).deleted_why is MISTAKE


def test_what_is_copied_meanwhile_goes_as_well(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)
    pair.deletes(sent.media_id)

    assert pair.inspects(sent, SEEN) == [{"digests": [SEEN.thumbnail, SEEN.stripped]}]


@pytest.mark.parametrize("found", [SEEN, SEEN.model_copy(update={"blurred": "3" * 64})])
def test_what_a_second_inspector_copies_goes_too(pair, found) -> None:
    """It was found before, and its copies went with it: they are in the store again."""
    sent = pair.photo()
    pair.sends(sent)
    pair.is_told(sent)
    pair.deletes(sent.media_id)

    again = pair.inspects(sent, found)
    assert [set(each["digests"]) for each in again] == [set(copies(found))]


def test_copies_that_another_look_replaced_go(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)
    other = Inspection(width=640, height=480, thumbnail="4" * 64, stripped="2" * 64)

    assert pair.inspects(sent, SEEN) == []
    assert pair.inspects(sent, other) == [{"digests": [other.thumbnail]}]
    blurred = other.model_copy(update={"blurred": "3" * 64})
    assert pair.inspects(sent, blurred) == [{"digests": [SEEN.thumbnail]}]
    assert pair.inspects(sent, blurred) == []
    assert pair.shown(sent.media_id).found == blurred


def test_under_a_legal_hold_nothing_is_deleted(pair) -> None:
    sent = pair.photo()
    pair.sends(sent)
    its = pair.open("field_visit")
    sealed = its.keyring.seal(pair.case, "case.legal_hold", "x")
    hold = ids.new()
    legal_hold.put(its.connection, hold, pair.case, "court", sealed, "compliance:test")

    with pytest.raises(Held, match="legal-hold"):
        pair.deletes(sent.media_id)
    assert pair.shown(sent.media_id).deleted_at is None

    legal_hold.lift(its.connection, hold, "order_ended", "compliance:test")
    assert pair.deletes(sent.media_id)[0].deleted_at


def test_what_is_not_there_is_not_found(pair) -> None:
    with pytest.raises(NotFound):
        pair.deletes(ids.new())


@pytest.mark.parametrize("role", [each for each in Role if each is not Role.COMPLIANCE])
def test_nobody_else_may(unit, role) -> None:
    order = DeleteMedia(media_id=ids.new(), reason=MISTAKE)
    with pytest.raises(Forbidden):
        only(Role.COMPLIANCE)(order, unit("field_visit", role))


def test_with_a_case_all_files_of_its_visits_go(pair) -> None:
    one, two = pair.photo(), pair.photo(phone=pair.b, sha256="b" * 64)
    pair.sends(one)
    pair.sends(two, pair.b)
    its = pair.open("field_visit")

    assert handlers.erase_all(pair.case, its) == 2
    its.settle()

    for each in (one, two):
        assert pair.shown(each.media_id).deleted_why is DeletionReason.SHREDDED
    assert files.left(its.connection, settings_of(pair), pair.case) == (2, 0, 0)


def announced(pair, media_id, digest: str, state: str) -> None:
    """An upload to the visit, as the gateway has it."""
    row = {"id": media_id, "v": pair.visit, "c": pair.case, "sha256": digest}
    row |= {name: ids.new() for name in ("a", "p", "d")}
    done = state == "done"
    row |= {"state": state, "receipt": "r" if done else None}
    row |= {"done_at": pair.watch.now if done else None}
    pair.open("field_visit").connection.execute(
        text(
            "INSERT INTO gateway.upload (id, visit_id, case_id, agency_id, person_id,"
            " device_id, media_type, sha256, captured_at, length, received, state,"
            " wanted, made_at, expires_at, receipt, done_at) VALUES (:id, :v, :c, :a, :p,"
            " :d, 'image/jpeg', :sha256, now(), 3, 0, :state, 0, now(), now(), :receipt,"
            " :done_at)"
        ),
        row,
    )


def state_of(pair, media_id) -> str | None:
    query = text("SELECT state FROM gateway.upload WHERE id = :id")
    connection = pair.open("field_visit").connection
    return connection.scalar(query, {"id": media_id})


@pytest.fixture
def shredded(pair, store) -> Deleting:
    """A pair whose case is shredded in a moment."""

    def shred_it() -> int:
        its = pair.open("field_visit")
        shred(its.connection, pair.case, "desk:test", Reason.ASKED)
        count = handlers.erase_all(pair.case, its)
        pair.work = list(its.rows.get(tables.job, []))
        its.settle()
        return count

    pair.is_shredded = shred_it
    return pair


def test_what_has_landed_and_was_not_handed_on_goes_too(shredded, its) -> None:
    landed, growing = ids.new(), ids.new()
    kept, coming = keep(b"landed"), folder().partial(str(growing))
    coming.write_bytes(b"com")
    announced(shredded, landed, kept, "done")
    announced(shredded, growing, "e" * 64, "open")
    connection = shredded.open("field_visit").connection

    assert files.left(connection, settings_of(shredded), shredded.case) == (1, 2, 0)
    for count in (1, 1):  # once more is harmless
        assert shredded.is_shredded() == count
        (work,) = shredded.work
        assert set(work["task"]["digests"]) == {kept, "e" * 64}
    assert [state_of(shredded, each) for each in (landed, growing)] == ["ended"] * 2

    task = json.loads(json.dumps(work["task"], default=str))
    told = Job(work["id"], "field_visit", DELETE, task, "s", "test", "t", 1)
    deleting.delete(told, its, lambda: None)

    assert (is_kept(kept), coming.exists()) == (False, False)
    assert files.left(connection, settings_of(shredded), shredded.case) == (1, 0, 0)


def test_what_others_send_too_stays_when_a_landed_one_goes(shredded, its) -> None:
    kept = keep(b"of both")
    announced(shredded, ids.new(), kept, "done")
    shredded.sends(shredded.photo(sha256=kept))
    other = Deleting(shredded.open, shredded.watch)
    other.sends(other.photo(sha256=kept))
    shredded.is_shredded()

    connection = shredded.open("field_visit").connection
    assert files.left(connection, settings_of(shredded), shredded.case) == (2, 0, 1)


def test_a_file_in_flight_behind_the_shredding_is_noted_and_deleted(shredded) -> None:
    sent = shredded.photo()
    shredded.is_shredded()

    assert shredded.sends(sent).new

    shown = shredded.shown(sent.media_id)
    assert (shown.deleted_at, shown.deleted_why) == (
        shredded.watch.now,
        DeletionReason.SHREDDED,
    )
    (work,) = [each for each in shredded.work if each["kind"] == DELETE]
    assert work["task"] == {"digests": [sent.sha256]}
    assert "field_visit.media_deleted" in shredded.said
    by = text("SELECT deleted_by FROM media WHERE id = :id")
    connection = shredded.open("field_visit").connection
    assert connection.scalar(by, {"id": sent.media_id}) == "desk:test"


def settings_of(_: Deleting):
    from chassis.settings import settings

    return settings()


# What a worker does with the bytes.


@pytest.fixture
def its(environment: None, database_url: str) -> Engine:
    return engine(database_url, "field_visit", pool=0)


def job(*digests: str) -> Job:
    task = {"digests": list(digests)}
    return Job(ids.new(), "field_visit", DELETE, task, "s", "test", "t", 1)


def aside() -> list[str]:
    place = folder().root / deleting.ASIDE
    return [each.name for each in place.iterdir()] if place.exists() else []


def is_kept(digest: str) -> bool:
    return folder().size(digest) is not None


def needed(monkeypatch: pytest.MonkeyPatch, *digests: str) -> None:
    monkeypatch.setattr(deleting, "is_needed", lambda _, digest: digest in digests)


def test_bytes_are_removed_and_being_told_again_is_harmless(its, monkeypatch) -> None:
    one, two = keep(b"one"), keep(b"two")
    work = job(one, two, "c" * 64)

    for _ in range(2):
        deleting.delete(work, its, lambda: None)
        assert (is_kept(one), is_kept(two), aside()) == (False, False, [])


def test_what_somebody_else_sent_too_stays(its, monkeypatch) -> None:
    one, two = keep(b"one"), keep(b"two")
    needed(monkeypatch, two)

    deleting.delete(job(one, two), its, lambda: None)

    assert (is_kept(one), is_kept(two), aside()) == (False, True, [])
    assert folder().path(two).read_bytes() == b"two"


@pytest.mark.parametrize("stays", [True, False])
def test_killed_between_two_steps_it_is_done_again(its, monkeypatch, stays) -> None:
    one = keep(b"one")
    work = job(one)
    deleting.move_aside(folder(), one, str(work.id))
    assert (is_kept(one), len(aside())) == (False, 1)
    needed(monkeypatch, *[one] * stays)

    deleting.delete(work, its, lambda: None)

    assert (is_kept(one), aside()) == (stays, [])


def test_what_comes_in_while_it_is_moved_aside_is_kept(its, monkeypatch) -> None:
    one = keep(b"one")

    def comes_in(_, digest: str) -> bool:
        keep(b"one")
        return True

    monkeypatch.setattr(deleting, "is_needed", comes_in)
    deleting.delete(job(one), its, lambda: None)

    assert (is_kept(one), aside()) == (True, [])


def test_one_job_does_not_remove_what_another_has_in_hand(its, monkeypatch) -> None:
    """Both move the name aside, each to a place of its own."""
    one = keep(b"one")
    deleting.move_aside(folder(), one, "another")
    keep(b"one")
    deleting.delete(job(one), its, lambda: None)

    assert aside() == [f"{one}.another"]


def test_bytes_are_needed_as_long_as_any_file_has_them(pair, unit) -> None:
    from services.field_visit.store import is_needed

    connection = pair.open("field_visit").connection
    digest = hashlib.sha256(b"this test's own").hexdigest()
    first, second = pair.photo(sha256=digest), pair.photo(sha256=digest)
    pair.sends(first)
    pair.sends(second)
    pair.deletes(first.media_id)
    assert is_needed(connection, digest)
    pair.deletes(second.media_id)
    assert not is_needed(connection, digest)

    copied = pair.photo(sha256="d" * 64)
    pair.sends(copied)
    pair.is_told(copied, SEEN.model_copy(update={"stripped": digest}))
    assert is_needed(connection, digest)
    assert not is_needed(connection, digest, but_for=pair.case)


def test_bytes_are_needed_while_somebody_sends_them(pair) -> None:
    from services.field_visit.store import is_needed

    connection = pair.open("field_visit").connection
    digest = hashlib.sha256(b"on its way").hexdigest()
    row = {"id": ids.new()}
    announced(pair, row["id"], digest, "open")
    assert is_needed(connection, digest)
    connection.execute(
        text("UPDATE gateway.upload SET state = 'ended' WHERE id = :id"), row
    )
    assert not is_needed(connection, digest)
