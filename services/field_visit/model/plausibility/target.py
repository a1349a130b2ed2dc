"""The door's registered point, said back to the metre; and a datum that was mixed up."""

from collections.abc import Sequence
from math import exp, log, log10
from statistics import median

from services.field_visit.model.plausibility.finding import Finding, Signal, nothing, ramp
from services.field_visit.model.plausibility.ground import (
    Degrees,
    metres_apart,
    one_is_shifted,
)
from services.field_visit.model.plausibility.track import Fix, Track

#: Fixes that close to the door are a stay at it.
AT_THE_DOOR_M = 60.0
#: No receiver and no registered point are better than this (one standard deviation).
BEST_M = 3.0
#: Closer than this is the same to us, and to whoever rounds degrees to six digits.
SAME_M = 0.05
#: The least coincidence of this very visit that is asked about at all.
ODD = 0.05
#: Visits that are looked at together.
LATEST = 8


def target_copied(track: Track, earlier: Sequence[Track]) -> Finding:
    """Stays whose middle lies on the registered point as no receiver would put it there.

    By this visit alone or with those before it (Fisher's method), whichever is odder; a
    visit that is not odd itself is not asked about others.
    """
    here = coincidence(track)
    if here is None or here[0] > ODD:
        return nothing(Signal.TARGET_COPIED)
    others = [found for each in earlier[-LATEST:] if (found := coincidence(each))]
    all_of_them = together([here[0], *(chance for chance, _ in others)])
    odds = min(1.0, 2 * min(here[0], all_of_them))  # two questions, two chances to be odd
    score = ramp(-log10(odds), 1.7, 4.0)
    numbers = {
        "distance_m": round(here[1], 2),
        "accuracy_m": round(median(f.accuracy_m for f in track.fixes), 1),
        "visits": 1 + len(others),
        "one_in": round(min(1 / odds, 1e9)),
    }
    return Finding(Signal.TARGET_COPIED, score, "target_copied", numbers)


def coincidence(track: Track) -> tuple[float, float] | None:
    """Return how likely a receiver is as close to the door as this, and how close it is.

    Of a stay only its middle counts: fixes that follow each other err alike.
    """
    if track.door is None or not (stay := stay_at(track.fixes, track.door)):
        return None
    middle = (
        median(fix.here[0] for fix in stay),
        median(fix.here[1] for fix in stay),
    )
    away_m = metres_apart(middle, track.door)
    spread_m = max(BEST_M, median(fix.accuracy_m for fix in stay) / 1.5)
    return 1 - exp(-(max(away_m, SAME_M) ** 2) / (2 * spread_m**2)), away_m


def stay_at(fixes: Sequence[Fix], door: Degrees) -> list[Fix]:
    return [f for f in fixes if metres_apart(f.here, door) <= AT_THE_DOOR_M]


def together(chances: Sequence[float]) -> float:
    """Return how likely chances are as small as these together (Fisher's method).

    Twice the sum of their logarithms is chi-squared with twice as many degrees of freedom.
    """
    half = -sum(log(max(chance, 1e-12)) for chance in chances)
    term, total = 1.0, 1.0
    for number in range(1, len(chances)):
        term *= half / number
        total += term
    return max(exp(-half) * total, 1e-12)


def datum_hint(track: Track, partner: Track | None) -> Finding:
    """Fixes that would be at the door, or at the partner's, in another datum: a setting of
    the phone or of an import, and nobody's doing. It counts for nothing.
    """
    for place in (track.door, middle_of(partner)):
        fix = next((f for f in track.fixes if place and shifted(f, place)), None)
        if fix and place:
            numbers = {"distance_m": round(metres_apart(fix.here, place))}
            return Finding(Signal.DATUM_HINT, 1.0, "datum_hint", numbers)
    return nothing(Signal.DATUM_HINT)


def shifted(fix: Fix, place: Degrees) -> bool:
    return one_is_shifted(fix.here, place, min(fix.accuracy_m, 30.0) + 40.0)


def middle_of(track: Track | None) -> Degrees | None:
    if track is None or not track.fixes:
        return None
    return (
        median(fix.here[0] for fix in track.fixes),
        median(fix.here[1] for fix in track.fixes),
    )
