"""What a seal waits for, for how long, and what is said again when it is so again."""

import pytest

from proto.facts import Knocked
from proto.field_visit import Ending
from tests.media import photo
from tests.services import sealing
from tests.services.pairs import Pair
from tests.services.sealing import Worker, of_kind
from tests.services.test_sealing import seals


@pytest.fixture
def pair(unit, watch, store) -> Pair:
    pair = Pair(unit, watch)
    pair.check_in(pair.a, pair.b)
    pair.record(Knocked(times=2))
    return pair


@pytest.fixture
def worker(pair) -> Worker:
    return Worker(pair)


def both_leave(pair: Pair, ending: Ending = Ending.NOBODY_HOME) -> None:
    pair.check_out(ending, pair.a)
    pair.check_out(ending, pair.b)


def said_of(pair: Pair) -> list[tuple]:
    return [(each.part, each.grade, list(each.reasons)) for each in seals(pair)]


def test_a_late_file_is_waited_for_until_somebody_has_looked_at_it(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    media_id = sealing.receives(pair, photo())
    pair.watch.goes(minutes=5)
    assert worker.looks() == []

    sealing.inspected(pair, media_id, width=640, height=480)
    pair.watch.goes(minutes=1)
    worker.looks()

    assert said_of(pair) == [(1, "proven", []), (2, "proven", [])]


def test_a_file_that_nobody_looks_at_holds_no_part_back_for_long(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    sealing.receives(pair, photo())
    pair.watch.goes(minutes=1)
    assert worker.looks() == []
    pair.watch.goes(minutes=10)
    worker.looks()

    assert said_of(pair)[-1] == (2, "kept", ["file_not_inspected"])


def test_an_ending_that_is_again_what_it_was_is_said_again(pair, worker) -> None:
    both_leave(pair)
    worker.looks()
    media_id = sealing.receives(pair, photo())
    for _ in range(2):
        pair.watch.goes(minutes=11)
        worker.looks()
    sealing.inspected(pair, media_id, width=640, height=480)
    pair.watch.goes(minutes=1)
    worker.looks()

    endings = [(each["by"], each["lacks"]) for each in of_kind(pair, "ending")]
    lacking = ("both_left", ["file_not_inspected"])
    assert endings == [("both_left", []), lacking, ("both_left", [])]
    assert [each.part for each in seals(pair)] == [1, 2, 3]
