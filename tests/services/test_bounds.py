"""When an entry can have been made, by what its phone was told and its monotonic clock."""

from datetime import timedelta
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proto import ids
from proto.journal import LARGEST
from services.field_visit.model.bounds import (
    DRIFT,
    Clock,
    Folded,
    Reading,
    Span,
    Told,
    timed,
    within,
)
from tests.services.conftest import NOON

A_BOOT, ANOTHER = ids.new(), ids.new()


def later(ms: float):
    return NOON + timedelta(milliseconds=ms)


def at(elapsed_ms: int, boot: UUID | None = A_BOOT, told: Told | None = None) -> Reading:
    return Reading(boot, elapsed_ms, told)


def test_an_anchor_and_the_milliseconds_since_say_when_it_was() -> None:
    told = Told(NOON, 1_000, 1_200)
    (found,) = timed(Clock(A_BOOT, 1_200, (told,)), [at(3_601_200)], later(9_999_999))

    earliest = later(3_600_000 * (1 - DRIFT) - 1)
    latest = later(3_600_200 * (1 + DRIFT) + 1)
    assert found.anchored
    assert found.span == Span(earliest, latest)
    assert latest - earliest < timedelta(seconds=1)


@pytest.mark.parametrize("elapsed_ms", [LARGEST, LARGEST // 1_000, LARGEST - 10_000])
def test_milliseconds_that_no_calendar_can_name_are_torn(elapsed_ms) -> None:
    told = Told(NOON, 0, 100)
    _, found, after = timed(
        Clock(), [at(200, told=told), at(elapsed_ms), at(5, ANOTHER)], later(60_000)
    )

    assert found.torn
    assert not after.torn
    assert found.span.latest == later(60_000)


def test_an_anchor_of_such_milliseconds_says_nothing_of_what_was_before() -> None:
    told = Told(NOON, LARGEST - 10, LARGEST)
    before, anchor = timed(Clock(), [at(5), at(LARGEST, told=told)], later(60_000))

    assert before.span.latest <= later(0)
    assert not anchor.torn


def test_an_anchor_also_says_when_it_was_before_it() -> None:
    told = Told(NOON, 10_000, 10_100)
    noted, anchored = timed(Clock(), [at(4_000), at(10_150, told=told)], later(60_000))

    assert noted.anchored
    assert noted.span.earliest == later(-6_100 * (1 + DRIFT) - 1)
    assert noted.span.latest == later(-6_000 * (1 - DRIFT) + 1)
    assert anchored.span.earliest > noted.span.latest


def test_without_an_anchor_it_lies_between_the_one_before_and_its_arrival() -> None:
    told = Told(NOON, 0, 10)
    first, rebooted = timed(Clock(), [at(20, told=told), at(5, ANOTHER)], later(60_000))

    assert (rebooted.anchored, rebooted.torn) == (False, False)
    assert rebooted.span == Span(first.span.earliest, later(60_000))


def test_a_phone_that_says_nothing_of_its_clock_is_bound_by_its_arrival() -> None:
    (found,) = timed(Clock(), [Reading(None, None)], NOON)

    assert (found.span, found.anchored) == (Span(None, NOON), False)


def test_a_monotonic_clock_that_went_back_is_told_of_and_believed_in_nothing() -> None:
    told = Told(NOON, 0, 10)
    before, back, after = timed(
        Clock(), [at(5_000, told=told), at(3_000), at(6_000)], later(60_000)
    )

    assert [each.back for each in (before, back, after)] == [False, True, False]
    assert back.span == Span(before.span.earliest, after.span.latest)
    assert not back.anchored


def test_what_contradicts_itself_is_believed_in_nothing_but_its_arrival() -> None:
    told = Told(NOON, 0, 10)
    clock = Clock(A_BOOT, 10, (told,), NOON)
    (found,) = timed(clock, [at(7_200_000)], later(60_000))  # two hours in a minute

    assert found.torn
    assert found.span == Span(NOON, later(60_000))


def test_no_entry_is_before_the_one_before_it() -> None:
    told = Told(NOON, 0, 4_000)
    one, two = timed(Clock(), [at(4_001, told=told), Reading(None, None)], later(60_000))

    assert two.span.earliest == one.span.earliest


def test_a_clock_is_kept_and_read_again() -> None:
    clock = Clock(A_BOOT, 77, (Told(NOON, 1, 2), Told(later(3), 4, 5)), later(1))

    assert Clock.of(clock.json()) == clock
    assert Clock.of(None) == Clock() == Clock.of(Clock().json())


def test_of_many_anchors_the_first_and_the_last_are_kept() -> None:
    clock = Clock(A_BOOT)
    for number in range(20):
        clock.learn(Told(later(number), number, number))

    assert [each.asked_ms for each in clock.anchors] == [0, *range(13, 20)]


@st.composite
def days(draw):
    """An honest phone's day: boots, drift, anchors with slow answers; and the truth."""
    readings, truth, now = [], [], draw(st.floats(0, 1e6))
    for _ in range(draw(st.integers(1, 3))):
        boot, rate = ids.new(), 1 + draw(st.floats(-DRIFT, DRIFT)) * 0.999
        started, now = now, now + draw(st.floats(0, 1e5))

        def elapsed(moment: float, started: float = started, rate: float = rate) -> int:
            return int((moment - started) * rate)

        for _ in range(draw(st.integers(1, 6))):
            now += draw(st.floats(0, 1e7))
            told = None
            if draw(st.booleans()):
                asked, answered = now, now + draw(st.floats(0, 30_000))
                now = answered + draw(st.floats(0, 30_000))
                told = Told(later(answered), elapsed(asked), elapsed(now))
                now += draw(st.floats(0, 100))
            known = draw(st.booleans()) or told is not None
            readings.append(Reading(boot, elapsed(now), told) if known else NOTHING)
            truth.append(later(now))
        now += draw(st.floats(0, 1e6))
    return readings, truth, later(now)


NOTHING = Reading(None, None)


@settings(max_examples=300, deadline=None)
@given(days(), st.data())
def test_the_true_moment_of_an_honest_phone_always_lies_within(day, data) -> None:
    """However its journal is cut into batches that arrive when all is over."""
    readings, truth, received_at = day
    clock, found, rest = Clock(), [], list(readings)
    while rest:
        size = data.draw(st.integers(1, len(rest)))
        batch, rest = rest[:size], rest[size:]
        found += timed(Clock.of(clock.json()), batch, received_at)
        clock = advanced(clock, batch, received_at)
    for moment, each in zip(truth, found, strict=True):
        assert not each.torn
        assert not each.back
        assert each.span.earliest is None or each.span.earliest <= moment
        assert moment <= each.span.latest


def advanced(clock: Clock, batch, received_at) -> Clock:
    timed(clock, batch, received_at)
    return clock


@pytest.mark.parametrize("claimed", [-10, 0, 5, 60, 90])
def test_a_claim_is_believed_within_its_bounds(claimed: int) -> None:
    span = Span(NOON, NOON + timedelta(minutes=60))
    said = NOON + timedelta(minutes=claimed)

    assert span.clamp(said) == NOON + timedelta(minutes=max(0, min(60, claimed)))


@given(
    anchors=st.lists(
        st.tuples(*(st.integers(0, 10**9) for _ in range(2)), st.integers(0, 10**6)),
        min_size=1,
        max_size=30,
    ),
    elapsed_ms=st.integers(0, 10**9),
)
def test_folded_anchors_say_what_all_of_them_say(anchors, elapsed_ms) -> None:
    told = [Told(later(at), asked, asked + took) for at, asked, took in anchors]
    few = Folded(told).of(elapsed_ms)

    assert len(few) <= 4
    found, all_say = within(few, elapsed_ms), within(told, elapsed_ms)
    assert found is not None
    assert all_say is not None
    assert abs(found.latest - all_say.latest) <= timedelta(microseconds=2)
    assert abs(found.earliest - all_say.earliest) <= timedelta(microseconds=2)


def test_of_a_thousand_anchors_an_entry_asks_few(monkeypatch) -> None:
    asked = []
    span = Told.span
    monkeypatch.setattr(Told, "span", lambda told, ms: asked.append(ms) or span(told, ms))
    readings = [
        at(n * 1_000 + 500, told=Told(later(n * 1_000), n * 1_000, n * 1_000 + 100))
        for n in range(1_000)
    ]

    assert len(timed(Clock(), readings, later(10**7))) == 1_000
    assert len(asked) <= 4_000
