"""Each signal at its edges: what it says, and what must not make it say anything."""

import math
from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from string import Formatter
from uuid import UUID

import pytest

from bench.tracks.honest import HONEST
from bench.tracks.planted import PLANTED
from chassis import geo
from proto.places import Point
from services.field_visit.handlers import saying
from services.field_visit.model.plausibility import (
    Fix,
    Material,
    OtherPhoto,
    Photo,
    Provider,
    Shift,
    Signal,
    Track,
    assess,
    combined,
    within_shifts,
)
from services.field_visit.model.plausibility.finding import Finding, ramp
from services.field_visit.model.plausibility.ground import metres_apart, one_is_shifted
from services.field_visit.model.plausibility.target import together

NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")
DOOR = (31.2304, 121.4737)
BOOT = UUID(int=7)


def fix(seconds: float, north_m: float = 0, **but) -> Fix:
    here = (DOOR[0] + north_m / 110_870, DOOR[1])
    return Fix(NOON + timedelta(seconds=seconds), here, but.pop("accuracy_m", 8.0), **but)


def track(*fixes: Fix) -> Track:
    return Track(fixes, DOOR)


def found(material: Material) -> dict[Signal, Finding]:
    return {each.signal: each for each in assess(material).findings}


@pytest.mark.parametrize("fixes", [(), (fix(0, 20),), (fix(0, 20), fix(0, 20))])
def test_next_to_nothing_says_nothing(fixes) -> None:
    for partner in (None, Track(()), Track((), DOOR)):
        assert assess(Material(Track(fixes, DOOR), partner, (Track(()),))).findings == ()


def test_speed_comes_with_its_moments_and_its_accuracy() -> None:
    """The example of the design: 312 km/h in 29 seconds."""
    stands = [fix(n * 10.0, n % 2) for n in range(9)]
    far = fix(109.0, 2513 + 32)
    after = [fix(109.0 + n * 10, 2545 + n % 2) for n in range(1, 9)]

    speed = found(Material(track(*stands, far, *after)))[Signal.IMPOSSIBLE_SPEED]

    assert speed.score == pytest.approx(0.79, abs=0.02)
    assert speed.numbers == {
        "needed_kmh": pytest.approx(312, abs=2),
        "distance_m": pytest.approx(2513, abs=10),
        "seconds": 29.0,
        "from": "2026-03-02T12:01:20+08:00",
        "until": "2026-03-02T12:01:49+08:00",
        "accuracy_m": 8.0,
    }


def test_a_wall_clock_that_lies_makes_nobody_fast_and_hides_nobody() -> None:
    """The count since the phone was started is believed before its wall clock."""

    def at(wall_s: float, count_s: float, north_m: float) -> Fix:
        return fix(wall_s, north_m, boot_id=BOOT, monotonic_s=count_s)

    walked = [at(n * 10.0, n * 10.0, n * 14.0) for n in range(20)]
    set_back = [at(200 + n - 190.0, 200 + n * 10.0, 280 + n * 14.0) for n in range(20)]
    assert Signal.IMPOSSIBLE_SPEED not in found(Material(track(*walked, *set_back)))

    jumped = [at(7200.0 + n, 230.0 + n * 10, 20_000.0 + n) for n in range(20)]
    assert Signal.IMPOSSIBLE_SPEED in found(Material(track(*walked, *jumped)))


def test_time_that_runs_backwards_is_no_speed() -> None:
    fixes = [fix(n * 10.0, 14.0 * n) for n in range(10)]
    back = [fix(n * 10.0 - 500, 1_000 + 14.0 * n) for n in range(10)]

    assert Signal.IMPOSSIBLE_SPEED not in found(Material(track(*fixes, *back)))


@pytest.mark.parametrize("most", [1, 2, 3])
def test_a_slip_of_some_fixes_is_no_journey(most) -> None:
    fixes = [fix(n * 10.0, n % 3) for n in range(40)]
    slipped = [replace(f, here=(30.9, 121.0)) for f in fixes[20 : 20 + most]]

    whole = (*fixes[:20], *slipped, *fixes[20 + most :])
    assert assess(Material(track(*whole))).findings == ()


def test_a_receiver_that_lost_the_sky_may_say_where_it_lost_it() -> None:
    """As in tracks that people recorded: a gap, a fix of long ago, then the true place."""
    before = [fix(n * 10.0, 25.0 * n * 10) for n in range(20)]
    late = fix(322.0, 4_900)  # by then some 8 km on
    after = [fix(332.0 + n * 10, 8_300 + 250.0 * n) for n in range(20)]

    assert Signal.IMPOSSIBLE_SPEED not in found(Material(track(*before, late, *after)))


def test_access_points_that_moved_house_are_a_third_at_the_most() -> None:
    wifi = {"provider": Provider.NETWORK, "satellites": 0}
    fixes = [fix(n * 10.0, n % 3) for n in range(12)]
    there = [fix(120 + n * 10.0, 30_000, **wifi) for n in range(12)]

    assert found(Material(track(*fixes, *there)))[Signal.IMPOSSIBLE_SPEED].score == 0.3


@pytest.mark.parametrize(
    ("satellites", "most"), [(9, 1.0), (None, 0.45), (0, 0.1), (3, 0.45)]
)
def test_a_frozen_fix_counts_by_the_satellites_it_claims(satellites, most) -> None:
    fixes = [fix(n * 10.0, 20, satellites=satellites) for n in range(120)]

    score = found(Material(track(*fixes)))[Signal.FROZEN_FIX].score
    assert score == pytest.approx(most)


def test_one_mock_fix_is_told_and_many_count_more() -> None:
    fixes = [fix(n * 10.0, 20 + n % 5, mock=n < 1) for n in range(30)]
    one = found(Material(track(*fixes)))[Signal.MOCK_FLAG]
    assert (one.score, one.numbers) == (0.6, {"mock_fixes": 1, "fixes": 30})

    mocked = [replace(f, mock=True) for f in fixes]
    assert found(Material(track(*mocked)))[Signal.MOCK_FLAG].score == 1.0


def test_the_door_to_the_metre_once_is_a_coincidence() -> None:
    assert assess(Material(track(fix(0, 1.0)))).findings == ()
    copied = assess(Material(track(fix(0, 0.0))))
    assert copied.worth_a_look
    assert copied.findings[0].numbers["distance_m"] == 0.0


def test_chances_multiply_as_fisher_has_it() -> None:
    assert together([0.05]) == pytest.approx(0.05)
    assert together([0.05, 0.05]) == pytest.approx(0.0175, abs=1e-4)
    assert together([1.0, 1.0]) == pytest.approx(1.0)


def test_two_phones_hours_apart_are_not_compared() -> None:
    a, b = track(fix(0, 20)), track(fix(7_200, 20_000))
    assert assess(Material(a, b)).findings == ()


def test_a_photo_of_a_wrong_zone_is_no_contradiction() -> None:
    def taken(hours: float) -> Material:
        photo = Photo("a", NOON, NOON - timedelta(hours=hours))
        return Material(track(fix(0, 20)), photos=(photo,))

    assert assess(taken(8.01)).combined < 0.1
    assert found(taken(8.26))[Signal.EXIF_CONTRADICTION].score == 1.0
    assert assess(taken(0.2)).findings == ()


def test_a_photo_that_comes_again_is_found_whichever_visit_is_looked_at_last() -> None:
    mine = Photo("a", NOON)
    before = OtherPhoto("a", NOON - timedelta(days=2), same_door=True)
    after = OtherPhoto("a", NOON + timedelta(days=2), same_door=True)
    here = track(fix(0, 20))

    assert Signal.REUSED_PHOTO in found(Material(here, photos=(mine,), others=(before,)))
    assert assess(Material(here, photos=(mine,), others=(after,))).findings == ()


def test_what_was_pressed_begins_and_ends_what_may_be_looked_at() -> None:
    fixes = tuple(fix(n * 60.0, n) for n in range(10))
    shift = Shift(fixes[2].at, fixes[5].at)

    assert within_shifts(fixes, [shift]) == (fixes[2:5], 7)
    assert within_shifts(fixes, [Shift(fixes[8].at)]) == (fixes[8:], 8)
    assert within_shifts(fixes, []) == ((), 10)
    assert within_shifts(fixes, [shift, Shift(fixes[8].at)]) == (
        (*fixes[2:5], *fixes[8:]),
        5,
    )


@pytest.mark.parametrize("far_m", [1, 60, 900, 20_000, 100_000])
@pytest.mark.parametrize("turn", [0.0, 0.7, 1.57, 2.9])
@pytest.mark.parametrize("latitude", [18.2, 31.2, 53.4])
def test_our_metres_are_those_of_the_ellipsoid(latitude, turn, far_m) -> None:
    one = (latitude, 121.4)
    north, east = far_m * math.cos(turn) / 111_000, far_m * math.sin(turn) / 70_000
    other = (latitude + north, 121.4 + east)
    points = (Point(latitude=a, longitude=b) for a, b in (one, other))

    assert metres_apart(one, other) == pytest.approx(geo.metres_between(*points), rel=1e-3)


def test_a_datum_is_mixed_up_where_it_applies_and_nowhere_else() -> None:
    shifted = geo.gcj_from_wgs(DOOR)
    assert 400 < metres_apart(DOOR, shifted) < 600
    assert one_is_shifted(DOOR, shifted, 5.0)
    assert one_is_shifted(shifted, DOOR, 5.0)
    mirrored = tuple(2 * a - b for a, b in zip(DOOR, shifted, strict=True))
    assert not one_is_shifted(DOOR, (mirrored[0], shifted[1]), 30.0)
    assert not one_is_shifted((51.5, -0.1), (51.505, -0.1), 1_000.0)


def test_what_signals_come_to_is_never_more_than_all_and_never_less_than_each() -> None:
    one = Finding(Signal.MOCK_FLAG, 0.6, "mock_flag")
    two = Finding(Signal.EXIF_CONTRADICTION, 0.5, "exif_time")
    assert combined([]) == 0.0
    assert combined([one]) == pytest.approx(0.54)
    assert combined([one, two]) == pytest.approx(1 - 0.46 * 0.7)
    assert combined([Finding(Signal.DATUM_HINT, 1.0, "datum_hint")]) == 0.0


def test_a_ramp_may_fall() -> None:
    assert [ramp(x, 6.0, 2.0) for x in (7.0, 6.0, 4.0, 2.0, 1.0)] == [0, 0, 0.5, 1, 1]


def test_every_sentence_is_there_in_both_languages_with_the_same_numbers() -> None:
    def places(text: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    one, other = (saying.catalogue(language) for language in saying.LANGUAGES)
    assert one.keys() == other.keys()
    assert {k: places(v) for k, v in one.items()} == {
        k: places(v) for k, v in other.items()
    }


def test_every_sentence_is_filled_by_the_numbers_of_its_finding() -> None:
    """Whatever kind of track: a key that is missing would be a sentence never said."""
    makes = [*(make for make, _ in PLANTED.values()), HONEST["datum_mixed_up"]]
    makes += [HONEST[each] for each in ("sent_through_a_messenger", "another_camera_app")]
    said = {
        f.says: saying.said(f.says, f.numbers)
        for make in makes
        for number in range(4)
        for f in assess(make(Random(f"s{number}"))).findings
    }

    assert said.keys() == saying.catalogue("en").keys()
    assert all("{" not in text for each in said.values() for text in each.values())
