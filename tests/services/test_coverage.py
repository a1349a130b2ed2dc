"""How much of a talk is recorded, as the pure core reckons it (21.079 21.088 18.03)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proto.facts import DebtDiscussed, Knocked, LetterGiven, Recording, Stopped
from proto.media import Inspection, MediaKind
from services.field_visit.model.coverage import (
    Gap,
    LeftOut,
    is_whole,
    proven,
    record,
    talk,
)
from tests.services.recorded import (
    MET,
    ON,
    TALK,
    TERMS,
    A,
    B,
    at,
    between,
    covered,
    file,
    mark,
    noted,
    off,
)

SOME = st.integers(0, 24).map(lambda halves: halves / 2)
FILES = st.lists(
    st.builds(
        lambda begins, lasts, device_id, fault, away: file(
            begins, begins + lasts, device_id, fault, captured_at=at(begins + away)
        ),
        SOME,
        st.floats(0, 15),
        st.sampled_from([A, B]),
        st.sampled_from([None, None, None, "unreadable", "no_sound"]),
        st.floats(-60, 60),
    ),
    max_size=6,
)
RECORDERS = st.lists(
    st.tuples(
        SOME,
        st.sampled_from([ON, off(), off("battery"), off("objected"), off(None)]),
        st.sampled_from([A, B]),
    ),
    max_size=8,
).map(lambda some: tuple(mark(*each) for each in sorted(some, key=lambda s: s[0])))


def test_a_talk_that_both_phones_recorded_is_recorded_whole() -> None:
    one, other = file(0, 10), file(0, 10, B)

    found = covered(one, other)

    assert (found.talk, found.talk_s) == (between(0, 10), 600)
    assert (found.recorded_s, found.share, found.gaps) == (600, 1, ())
    assert [(each.device_id, each.when) for each in found.segments] == [
        (device_id, between(0, 10)) for device_id in sorted([A, B])
    ]
    assert proven(found, TERMS) == ()


def test_one_phone_may_have_what_the_other_lacks() -> None:
    found = covered(file(0, 6), file(5, 10, B, captured_at=at(5)))

    assert (found.recorded_s, found.gaps) == (600, ())
    assert (found.of(A), found.of(B)) == (360, 300)


def test_a_phone_s_word_alone_is_no_recording() -> None:
    found = covered()

    assert (found.recorded_s, found.gaps) == (0, (Gap(between(0, 10), None),))
    assert proven(found, TERMS) == ("recording_short", "recording_gap")


@pytest.mark.parametrize(
    ("but", "why"),
    [
        ({"fault": "unreadable"}, "unreadable"),
        ({"fault": "no_sound"}, "no_sound"),
        ({"found": None}, "waiting"),
        ({"counts": False}, "revoked"),
        ({"found": Inspection(seconds=600, silent=1)}, "no_sound"),
    ],
)
def test_a_file_in_which_nobody_can_be_heard_is_none(but, why) -> None:
    bad = file(0, 10, **but)

    found = covered(bad)

    assert (found.recorded_s, found.left_out) == (0, (LeftOut(bad.id, why),))


def test_a_file_lies_where_the_recorder_ran_whatever_it_claims() -> None:
    """An hour off: by its journal it can have been then and then alone."""
    for claimed in (-60, 60):
        found = covered(file(0, 10, captured_at=at(claimed)))
        assert found.recorded_s == pytest.approx(600, abs=3)


def test_a_phone_whose_clock_is_wrong_is_wrong_by_the_same_in_both() -> None:
    marks = (
        *(mark(0, Knocked(times=1)), mark(0.5, MET)),
        *(mark(0, ON, ahead_min=60), mark(10, off(), ahead_min=60)),
    )
    early, late = file(0, 4, captured_at=at(60)), file(4, 10, captured_at=at(64))

    found = covered(early, late, marks=marks)

    assert (found.recorded_s, found.gaps) == (600, ())


def test_a_recording_was_over_when_it_was_noted() -> None:
    marks = (mark(0, ON), mark(0.5, MET), mark(10, off()))
    late = file(2, 6, captured_at=at(5))

    found = covered(late, marks=(*marks, noted(6, late)))

    (segment,) = found.segments
    assert segment.when.ends <= at(6) + timedelta(seconds=TERMS.tolerance_s)


def test_a_file_that_no_journal_knows_counts_for_nothing() -> None:
    marks = (mark(0, ON), mark(0.5, MET), mark(10, off()))
    stray = file(0, 10, B)

    found = covered(stray, marks=marks)

    assert (found.recorded_s, found.left_out) == (0, (LeftOut(stray.id, "not_noted"),))


def test_a_file_of_another_time_is_outside() -> None:
    marks = (*TALK, mark(60, ON), mark(70, off()))
    other = file(60, 70)

    found = covered(other, marks=(*TALK, mark(30, ON), mark(40, off())), ends=12)

    assert found.talk == between(0, 40), "a recorder that ran says that there was a talk"
    assert covered(other, marks=marks).recorded_s == 600


@pytest.mark.parametrize("reason", ["battery", "broken", "interrupted", "objected"])
def test_a_gap_is_declared_where_both_said_why(reason) -> None:
    marks = (
        *(mark(0, ON), mark(0, ON, B), mark(0, MET)),
        *(mark(2, off("battery"), B), mark(4, off(reason)), mark(6, ON), mark(10, off())),
    )
    files = file(0, 4), file(6, 10), file(0, 2, B)

    found = covered(*files, marks=marks, ends=10)

    assert found.gaps == (Gap(between(4, 6), Stopped(reason)),)
    assert proven(found, TERMS) == ("recording_short",)


def test_a_gap_on_one_phone_is_none() -> None:
    marks = (*TALK[:4], mark(2, off("battery"), B), mark(10, off()))

    found = covered(file(0, 10), file(0, 2, B), marks=marks, ends=10)

    assert (found.share, found.gaps) == (1, ())


def test_what_lacks_a_file_is_undeclared_whatever_the_other_said() -> None:
    marks = (*TALK[:4], mark(2, off("battery"), B), mark(10, off()))

    found = covered(file(0, 4), file(0, 2, B), marks=marks, ends=10)

    assert found.gaps == (Gap(between(4, 10), None),)


def test_what_goes_on_longer_than_was_declared_is_a_gap_of_its_own() -> None:
    marks = (
        *(mark(0, ON), mark(0, MET)),
        *(mark(2, off("interrupted")), mark(3, ON), mark(10, off())),
    )

    found = covered(file(0, 2), file(6, 10, captured_at=at(6)), marks=marks)

    assert found.gaps == (
        Gap(between(2, 3.05), Stopped.INTERRUPTED),
        Gap(between(3.05, 6), None),
    )


def test_that_it_was_over_is_no_reason_for_what_was_said_afterwards() -> None:
    marks = (mark(0, ON), mark(0, MET), mark(4, off()), mark(9, DebtDiscussed()))

    found = covered(file(0, 4), marks=marks)

    assert (found.talk, found.gaps) == (between(0, 9), (Gap(between(4, 9), None),))


def test_a_gap_that_is_too_short_is_none_and_not_recorded_either() -> None:
    found = covered(file(0, 5), file(5.1, 10, captured_at=at(5.1)))

    assert (found.recorded_s, found.gaps) == (594, ())


@pytest.mark.parametrize(
    ("marks", "whole"),
    [
        ((mark(0, Knocked(times=2)), mark(3, Knocked(times=1))), None),
        ((mark(1, LetterGiven(how="letterbox")),), None),
        ((mark(1, ON), mark(2, MET), mark(5, off())), (2, 5)),
        ((mark(0, Knocked(times=1)), mark(1, Knocked(times=1)), mark(2, MET)), (1, 12)),
        ((mark(0, ON), mark(2, MET), mark(5, off("battery"))), (2, 12)),
        ((mark(0, ON), mark(2, MET), mark(5, off("objected"))), (2, 5)),
        ((*TALK, mark(11, LetterGiven(how="in_person"))), (0, 11)),
    ],
    ids=(
        *("nobody opened", "letterbox", "until it was over", "last knock, check-out"),
        *("died", "objected", "a letter afterwards"),
    ),
)
def test_a_talk_goes_from_the_knock_until_it_is_over(marks, whole) -> None:
    assert talk(marks, at(12)) == (whole and between(*whole))


def test_where_nobody_was_spoken_with_there_is_nothing_to_record() -> None:
    found = covered(marks=(mark(0, Knocked(times=2)),))

    assert (found.share, found.gaps, proven(found, TERMS)) == (None, (), ())


def test_of_what_no_book_sets_nothing_is_proven() -> None:
    assert proven(covered(file(0, 10)), None) == ("recording_unset",)


def test_film_is_heard_where_it_has_sound_and_is_told_apart() -> None:
    film = {"kind": MediaKind.VIDEO}
    mute = file(0, 10, **film, found=Inspection(seconds=600, sound_s=0))
    loud = file(0, 10, B, **film, found=Inspection(seconds=600, sound_s=240, silent=0))

    found = covered(mute, loud)

    assert (found.recorded_s, found.filmed_s) == (240, 240)
    assert found.left_out == (LeftOut(mute.id, "no_sound"),)


def test_a_photo_is_no_matter_of_it() -> None:
    photo = file(0, 10, kind=MediaKind.PHOTO)

    assert (covered(photo).segments, covered(photo).left_out) == ((), ())


def test_more_is_to_come_until_every_recorder_has_its_file() -> None:
    one, other = file(0, 10), file(0, 10, B)
    told = (*TALK, noted(10, one), noted(10, other))

    assert is_whole(told, [one, other])
    assert not is_whole(told, [one]), "a file is on its way"
    assert not is_whole(told, [one, replace(other, found=None)]), "nobody has looked yet"
    assert not is_whole((*TALK, noted(10, one)), [one]), "the other has noted none"
    assert not is_whole((*TALK[:5], noted(10, one), noted(10, other)), [one, other])
    assert not is_whole((mark(0, MET),), [])


def test_its_record_is_of_moments_and_numbers_alone() -> None:
    one = file(0, 5.0001)

    told = record(covered(one))

    assert told == {
        "talk": {
            "begins_at": "2026-03-02T04:00:00+00:00",
            "ends_at": "2026-03-02T04:10:00+00:00",
            "seconds": 600,
        },
        "talk_s": 600,
        "recorded_s": 300.006,
        "filmed_s": 0,
        "phones": [
            {
                "device_id": str(A),
                "recorded_s": 300.006,
                "segments": [
                    {
                        "media_id": str(one.id),
                        "media": "audio",
                        "begins_at": "2026-03-02T04:00:00+00:00",
                        "ends_at": "2026-03-02T04:05:00.006000+00:00",
                        "seconds": 300.006,
                    }
                ],
            }
        ],
        "gaps": [
            {
                "begins_at": "2026-03-02T04:05:00.006000+00:00",
                "ends_at": "2026-03-02T04:10:00+00:00",
                "seconds": 299.994,
                "reason": None,
            }
        ],
        "left_out": [],
    }


@given(marks=RECORDERS, files=FILES)
def test_no_more_is_recorded_than_was_said(marks, files) -> None:
    found = covered(*files, marks=(mark(2, MET), *marks))

    assert 0 <= (found.share or 0) <= 1
    assert max(found.of(A), found.of(B)) <= found.recorded_s <= found.talk_s
    assert found.recorded_s <= found.of(A) + found.of(B) + 0.002
    whole = found.talk
    assert whole
    assert all(each.when.within(whole) == each.when for each in found.segments)
    open_s = sum(gap.when.seconds for gap in found.gaps)
    assert open_s + found.recorded_s <= found.talk_s + 0.01


@given(marks=RECORDERS, files=FILES, more=FILES)
def test_one_more_file_never_makes_it_less(marks, files, more) -> None:
    told = (mark(2, MET), *marks)

    assert (
        covered(*files, marks=told).recorded_s
        <= covered(*files, *more, marks=told).recorded_s
    )


@given(marks=RECORDERS, files=FILES, data=st.data())
def test_the_order_of_the_files_does_not_matter(marks, files, data) -> None:
    mixed = data.draw(st.permutations(files))

    told = (mark(2, MET), *marks)
    assert covered(*files, marks=told) == covered(*mixed, marks=told)


@given(marks=RECORDERS, files=FILES)
def test_gaps_are_apart_and_in_order(marks, files) -> None:
    gaps = covered(*files, marks=(mark(2, MET), *marks)).gaps

    assert all(
        one.when.ends <= other.when.begins
        for one, other in zip(gaps, gaps[1:], strict=False)
    )
    assert isinstance(ON, Recording)
