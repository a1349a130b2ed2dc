"""Made-up tracks of each kind, honest and lying: who is found, and who is left in peace.

The same tracks each time, by their seed. `python -m bench.plausibility` takes more of
them; docs/plausibility.md has what it prints.
"""

from random import Random

import pytest

from bench.plausibility import clopper_pearson, tally
from bench.tracks.honest import HONEST
from bench.tracks.planted import BEYOND, PLANTED
from services.field_visit.model.plausibility import Signal, assess

SEED, EACH = 7, 24
#: Of each planted kind at least this share is found; what is found more seldom says so.
MOST_OF_THEM, SELDOM = (
    0.95,
    {
        "door_copied_each_time": 0.7,
        "door_trembling": 0.5,
        "photo_of_this_door_saved_anew": 0.8,
    },
)


@pytest.mark.parametrize("kind", HONEST)
def test_no_honest_kind_is_worth_a_look(kind: str) -> None:
    its = tally(kind, HONEST[kind], None, SEED, EACH)

    assert (its.looked_at, its.count) == (0, EACH)


@pytest.mark.parametrize("kind", PLANTED)
def test_every_planted_kind_is_found_by_its_own_signal(kind: str) -> None:
    make, signal = PLANTED[kind]
    its = tally(kind, make, signal, SEED, EACH)

    least = SELDOM.get(kind, MOST_OF_THEM)
    assert its.rate >= least
    assert its.by_its_signal >= least


def test_every_signal_that_counts_has_a_lie_of_its_own() -> None:
    """A photo without EXIF is none: messengers take it from the honest too."""
    alone = {Signal.DATUM_HINT, Signal.STRIPPED_PHOTO}
    assert {signal for _, signal in PLANTED.values()} == set(Signal) - alone


def test_a_datum_that_was_mixed_up_is_a_hint_and_counts_for_nothing() -> None:
    found = [
        assess(HONEST["datum_mixed_up"](Random(f"{SEED}/{number}")))
        for number in range(EACH)
    ]
    hints = [Signal.DATUM_HINT in {f.signal for f in each.findings} for each in found]

    assert sum(hints) >= 0.6 * EACH
    assert max(each.combined for each in found) < 0.5


def test_what_nobody_can_tell_apart_is_named_and_not_promised() -> None:
    assert set(BEYOND) == {
        "whole_district_jammed",
        "careful_liar",
        "frozen_and_silent",
    }


def test_one_seed_makes_one_track() -> None:
    make = PLANTED["replayed_and_shaken"][0]

    assert make(Random("1")) == make(Random("1")) != make(Random("2"))


@pytest.mark.parametrize(
    ("hits", "count", "low", "high"),
    [(0, 400, 0.0, 0.0092), (400, 400, 0.9908, 1.0), (3, 100, 0.0062, 0.0852)],
)
def test_bounds_are_those_of_clopper_and_pearson(hits, count, low, high) -> None:
    assert clopper_pearson(hits, count) == pytest.approx((low, high), abs=5e-5)
