"""Which film was made inside, though it is for the shared side of the door (C.54)."""

from datetime import timedelta

import pytest

from proto.facts import Entered, FilmAgreed, Left
from proto.media import Inspection, MediaKind
from services.field_visit.model.filmed import Inside, filmed_inside
from tests.services.recorded import ON, A, B, at, between, file, mark, noted, off

TOLERANCE = timedelta(seconds=3)
FILM = {"kind": MediaKind.VIDEO, "device_id": A}
#: In from the second to the eighth minute; both recorders ran.
MARKS = (mark(0, ON), mark(2, Entered()), mark(8, Left()), mark(10, off()))
YES = FilmAgreed(answer="given", by="debtor")
NO = FilmAgreed(answer="refused", by="debtor")


def inside(film, *more):
    found = filmed_inside((*MARKS, *more), [film], at(12), TOLERANCE)
    return [each.when for each in found]


@pytest.mark.parametrize(
    ("begins", "ends", "when"),
    [(0, 2, []), (8.1, 10, []), (3, 4, [(3, 4)]), (0, 3, [(2, 3)]), (0, 2.04, [])],
    ids=["before", "after", "inside", "it went in", "as much as clocks differ"],
)
def test_what_lies_inside_is_marked(begins, ends, when) -> None:
    assert inside(file(begins, ends, **FILM)) == [between(*each) for each in when]


def test_the_debtor_s_own_yes_lets_it_go_on_until_there_is_a_no() -> None:
    film = file(3, 7, **FILM)

    assert inside(film, mark(2.5, YES)) == []
    assert inside(film, mark(5, YES)) == [between(3, 5)]
    assert inside(film, mark(2.5, YES), mark(6, NO)) == [between(6, 7)]


@pytest.mark.parametrize("by", ["spouse", "parent", "child", "unknown"])
def test_nobody_else_s_yes_does(by) -> None:
    word = mark(2.5, FilmAgreed(answer="given", by=by))

    assert inside(file(3, 7, **FILM), word) == [between(3, 7)]


def test_anybody_s_no_ends_it() -> None:
    no = mark(4, FilmAgreed(answer="refused", by="spouse"))

    assert inside(file(3, 7, **FILM), mark(2.5, YES), no) == [between(4, 7)]


def test_the_yes_of_a_phone_that_does_not_count_is_none() -> None:
    yes = mark(2.5, YES)._replace(counts=False)

    assert inside(file(3, 7, **FILM), yes) == [between(3, 7)]


def test_a_film_of_no_journal_is_where_it_says_itself() -> None:
    assert inside(file(3, 4, kind=MediaKind.VIDEO, device_id=B)) == [between(3, 4)]


def test_one_that_cannot_be_read_is_where_it_began() -> None:
    broken = {"found": Inspection(fault="unreadable"), **FILM}
    film = file(3, 4, **broken)

    found = filmed_inside((*MARKS, noted(4, film)), [film], at(12), TOLERANCE)
    assert [each.media_id for each in found] == [film.id]


def test_sound_is_never_marked() -> None:
    assert inside(file(3, 4)) == []


def test_who_never_left_was_inside_until_the_end() -> None:
    film = file(9, 10, **FILM)

    found = filmed_inside((MARKS[0], MARKS[1]), [film], at(12), TOLERANCE)
    assert found == (Inside(film.id, between(9, 10)),)
