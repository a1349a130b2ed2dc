"""The projector's tables: each event takes effect once, with how far was read, or not."""

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from chassis import clock
from chassis.streams import START, Batch, Position
from proto import ids
from proto.base import Envelope
from proto.complaints import ComplaintOpened
from proto.field_visit import (
    CollectorsArrived,
    CollectorsLeft,
    MediaInspected,
    MediaReceived,
)
from proto.media import Fault, MediaKind
from services.oversight import handlers, store
from services.oversight.model import EDITION
from services.oversight.projector.numbers import PROJECTED, UNREADABLE, Behind
from services.oversight.projector.views import Held, Moved, Views
from services.oversight.store import Projection
from tests.services.conftest import NOON
from tests.services.telling import Story, batch, raw


@pytest.fixture
def views(environment: None, database_url: str) -> Iterator[Views]:
    """The views, empty and at the beginning, of a projector of their own."""
    found = Views(database_url)
    found.open()
    clean(found)
    yield found
    clean(found)
    found.close()


def clean(views: Views) -> None:
    with views.connection.begin():
        views.connection.execute(text("TRUNCATE timeline, board_visit, kept"))
        store.move(views.connection, Projection(str(START), 1, EDITION))


@pytest.fixture
def other(views: Views, database_url: str) -> Iterator[Views]:
    """Another projector beside it."""
    found = Views(database_url)
    found.open()
    yield found
    found.close()


def rows(views: Views, query: str) -> list[Any]:
    with views.connection.begin():
        return list(views.connection.execute(text(query)))


def whole(views: Views) -> list[Any]:
    """Every row of the views, and how far they are."""
    return [
        rows(views, f"SELECT t::text FROM {table} t ORDER BY 1")
        for table in ("timeline", "board_visit", "kept", "projection")
    ]


def state(views: Views, visit_id: UUID) -> str | None:
    query = f"SELECT for_bank->>'state' FROM board_visit WHERE visit_id = '{visit_id}'"
    return next((found for (found,) in rows(views, query)), None)


def unreadable() -> float:
    return UNREADABLE._value.get()


def test_a_batch_takes_effect_with_how_far_was_read(views: Views) -> None:
    story = Story().whole()
    some = batch(story.said, 40)

    at = views.take(views.begin(), some)

    assert at == views.begin() == Projection(str(some.said[-1].position), 1, EDITION)
    assert rows(views, "SELECT count(*) FROM timeline") == [(len(story.said) - 6,)]
    assert rows(views, "SELECT min(place), max(place) FROM timeline") == [
        (46, 40 + len(story.said) - 1)
    ]
    assert state(views, story.visit_id) == "left"


def test_what_fails_on_its_way_leaves_neither_rows_nor_position(
    views: Views, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, begun = whole(views), views.begin()

    def fails(*_: object) -> None:
        raise KeyboardInterrupt  # as a process that is killed: nobody looks at it

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(store, "move", fails)
        views.take(begun, batch(Story().whole().said))

    assert whole(views) == before


def test_what_is_told_again_changes_nothing(views: Views) -> None:
    story = Story().whole()
    at = views.take(views.begin(), batch(story.said))
    before = whole(views)[:3]

    views.take(at, batch(story.said, len(story.said)))

    assert whole(views)[:3] == before


def test_a_projector_whose_views_somebody_else_has_moved_reads_again_from_there(
    views: Views, other: Views
) -> None:
    story = Story().whole()
    mine = theirs = views.begin()
    other.take(theirs, batch(story.said[:20]))
    before = whole(views)

    with pytest.raises(Moved):
        views.take(mine, batch(story.said[:5]))

    assert whole(views) == before
    views.take(views.begin(), batch(story.said[20:], 20))
    assert rows(views, "SELECT count(*) FROM timeline") == [(len(story.said) - 6,)]


def test_while_somebody_makes_them_anew_a_projector_waits(
    views: Views, other: Views
) -> None:
    at, some = views.begin(), batch(Story().whole().said)
    with other.connection.begin():
        assert store.projection(other.connection, waits=True) == at
        for waits in (lambda: views.take(at, some), views.begin):
            with pytest.raises(Held):
                waits()

    assert views.take(at, some) == views.begin()


def test_one_projector_is_active_until_its_session_ends(views: Views, other: Views) -> None:
    assert views.lock()
    assert not other.lock()

    views.close()
    views.open()

    assert other.lock()


def test_the_database_ends_a_session_that_has_frozen(views: Views) -> None:
    assert rows(views, "SHOW idle_session_timeout") == [("5s",)]


def test_what_nobody_can_read_is_counted_and_holds_nobody_up(views: Views) -> None:
    story = Story()
    story.plan()
    arrived, left = story.happens(CollectorsArrived), story.happens(CollectorsArrived)
    broken = left.model_dump_json().replace(str(story.visit_id), "nobody").encode()
    torn = story.said[0].model_dump_json()[:40].encode()
    before = unreadable()
    bodies = [b"", torn, broken, story.said[0].model_dump_json().encode()]
    bodies += [b"[]", arrived.model_dump_json().encode()]

    at = views.take(views.begin(), raw(bodies))

    assert unreadable() == before + 4
    assert state(views, story.visit_id) == "at_door"
    assert at.position == str(Position.of(5, bodies[5]))


def test_what_no_row_can_hold_is_counted_and_holds_nobody_up(views: Views) -> None:
    """PostgreSQL stores no NUL in a text; the event is whole otherwise."""
    story, poison = Story(), Story()
    story.plan()
    unstorable = poison.happens(CollectorsArrived).model_copy(
        update={"type": "field_visit.from_a_newer_version"}
    )
    unstorable.data["why"] = "\0"
    story.happens(CollectorsArrived)
    before = unreadable()

    views.take(views.begin(), batch([story.said[0], unstorable, story.said[1]]))

    assert unreadable() == before + 1
    assert state(views, story.visit_id) == "at_door"
    assert rows(views, "SELECT count(*) FROM timeline") == [(2,)]


def test_an_event_that_nobody_here_knows_is_on_the_timeline_all_the_same(
    views: Views,
) -> None:
    story = Story()
    newer = story.happens(CollectorsArrived)
    said = newer.model_copy(update={"type": "field_visit.from_a_newer_version"})

    views.take(views.begin(), batch([said]))

    assert rows(views, "SELECT topic FROM timeline") == [(said.type,)]


def test_what_is_about_no_case_is_nowhere(views: Views) -> None:
    story, complaint_id = Story(), ids.new()
    opened = ComplaintOpened(
        complaint_id=complaint_id, channel="hotline", about="threat", at=NOON
    )
    story.says(opened, complaint_id)

    views.take(views.begin(), batch(story.said))

    assert rows(views, "SELECT count(*) FROM timeline") == [(0,)]


def test_a_stream_that_begins_anew_is_another_one(views: Views) -> None:
    """Its numbers begin again; what the one before has told stays."""
    story = Story().whole()
    at = views.take(views.begin(), batch(story.said[:20], 100))

    again = views.take(at, batch(story.said[15:], 0, anew=True))

    assert (at.generation, again.generation) == (1, 2)
    assert views.take(again, batch([story.plan()], 40)).generation == 2
    found = rows(views, "SELECT generation, count(*) FROM timeline GROUP BY 1 ORDER BY 1")
    assert found == [(1, 14), (2, len(story.said) - 20)]


def test_a_stream_that_was_made_anew_and_is_still_empty_is_waited_for(views: Views) -> None:
    story = Story().whole()
    at = views.take(views.begin(), batch(story.said[:15], 100))

    empty = views.take(at, Batch([], anew=True))
    assert (empty.position, empty.generation) == (str(START), at.generation + 1)
    assert views.begin() == empty
    views.take(empty, batch(story.said[15:], 0))
    assert state(views, story.visit_id) == "left"


def test_other_code_makes_the_board_anew_before_it_goes_on(views: Views) -> None:
    stories = [Story() for _ in range(3)]
    said = [story.plan() for story in stories]
    at = views.take(views.begin(), batch(said))
    with views.connection.begin():
        views.connection.execute(text("UPDATE board_visit SET for_bank = '{}'"))
        store.move(views.connection, at._replace(made_by="another one"))

    assert views.begin() == at

    assert {state(views, story.visit_id) for story in stories} == {"planned"}


def test_the_newest_word_of_a_person_counts_whichever_is_heard_last(views: Views) -> None:
    story = Story()
    story.staffs()

    views.take(views.begin(), batch(story.said[::-1]))

    kept = rows(
        views, "SELECT body->>'staff_no', version FROM kept WHERE topic LIKE '%person%'"
    )
    assert sorted(kept) == [("W12", 2), ("W22", 2)]


def test_each_event_is_counted_by_who_said_it(views: Views) -> None:
    counted = PROJECTED.labels("doorstep/field_visit")._value
    story, before = Story(), counted.get()
    story.happens(CollectorsLeft, ending="talked")

    views.take(views.begin(), batch(story.said))

    assert counted.get() == before + 1


def test_how_far_behind_the_board_is(monkeypatch: pytest.MonkeyPatch) -> None:
    now = NOON
    monkeypatch.setattr(clock, "now", lambda: now)
    behind = Behind()
    assert behind.seconds() == 0

    behind.applied(NOON - timedelta(seconds=30))
    behind.applied(NOON - timedelta(seconds=50))  # another service's: not the newest
    assert behind.seconds() == 30
    behind.read_all()
    assert behind.seconds() == 0
    now += timedelta(minutes=10)
    assert behind.seconds() == 0  # nobody has said anything
    behind.waits()
    assert behind.seconds() == 600  # who knows what was said
    behind.applied(now - timedelta(seconds=1))
    assert behind.seconds() == 1


def cost(views: Views, at: Projection, said: list[Envelope]) -> tuple[Projection, int, int]:
    """Take events in, each by itself; return the statements and the rows they read."""
    asked: list[int] = []

    def note(_: object, cursor: Any, *__: object) -> None:
        asked.append(max(cursor.rowcount, 0))

    event.listen(views.engine, "after_cursor_execute", note)
    for number, each in enumerate(said, Position.parse(at.position).offset + 1):
        at = views.take(at, batch([each], number))
    event.remove(views.engine, "after_cursor_execute", note)
    return at, len(asked), sum(asked)


def test_a_file_costs_the_same_however_many_its_visit_has(views: Views) -> None:
    story = Story()
    story.plan()
    story.happens(CollectorsArrived)
    at = views.take(views.begin(), batch(story.said))

    def files(count: int) -> list[Envelope]:
        before = len(story.said)
        for _ in range(count):
            its = {"media_id": ids.new(), "kind": MediaKind.PHOTO}
            story.happens(MediaReceived, **its, sha256="0" * 64, size=1)
            story.happens(MediaInspected, **its, fault=Fault.UNREADABLE)
        return story.said[before:]

    at, *first = cost(views, at, files(10))
    at, *_ = cost(views, at, files(80))
    at, *last = cost(views, at, files(10))

    assert first == last
    assert rows(
        views, "SELECT for_bank->>'media', for_agency->>'faulty_media' FROM board_visit"
    ) == [("100", "100")]
    with views.connection.begin():
        before = rows_of_board(views)
        handlers.refresh(views.connection, [story.visit_id])
        assert rows_of_board(views) == before


def test_files_of_one_moment_end_the_same_whichever_came_last(views: Views) -> None:
    story = Story()
    story.plan()
    for _ in range(4):
        its = {"media_id": ids.new(), "kind": MediaKind.PHOTO}
        story.happens(MediaReceived, **its, sha256="0" * 64, size=1)
        story.happens(MediaInspected, **its, fault=None)
    said = [each.model_copy(update={"time": NOON}) for each in story.said]
    at = views.take(views.begin(), batch(said))
    with views.connection.begin():
        together = rows_of_board(views)
    clean(views)

    at = views.begin()
    for number, each in enumerate([said[0], *said[:0:-1]], 1):
        at = views.take(at, batch([each], number))

    with views.connection.begin():
        assert rows_of_board(views) == together


def rows_of_board(views: Views) -> list[Any]:
    return list(views.connection.execute(text("SELECT t::text FROM board_visit t")))


def test_a_batch_is_one_transaction(views: Views, monkeypatch: pytest.MonkeyPatch) -> None:
    projected: list[int] = []
    project = handlers.project

    def noted(*given: Any) -> None:
        projected.append(len(given[2]))
        project(*given)

    monkeypatch.setattr(handlers, "project", noted)
    views.take(views.begin(), Batch(batch(Story().whole().said).said))

    assert projected == [len(Story().whole().said)]
