"""A track that was played once more: the same way at the same times, on another day."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import sqrt

from services.field_visit.model.plausibility.finding import (
    Finding,
    Number,
    Signal,
    nothing,
    ramp,
)
from services.field_visit.model.plausibility.ground import Degrees, metres_apart
from services.field_visit.model.plausibility.track import Fix, Track

#: Fixes and metres of a way, below which one way is like any other.
LEAST_FIXES, LEAST_M, WHOLE_M = 10, 150.0, 300.0
#: Points of a way that are compared, evenly by its metres.
SAMPLES = 16
#: Tracks that are compared with, the newest, and how close one of them must come.
LATEST, NEAR_M, OFFSETS = 12, 15.0, 40
#: Metres between the same moments of two ways: nobody walks or drives twice like that.
ALIKE_M, UNLIKE_M = 2.5, 6.0

Timed = tuple[float, Degrees]


def replayed_track(track: Track, earlier: Sequence[Track]) -> Finding:
    """The earlier way that this one follows most closely, moment by moment.

    Whoever goes the same way every day goes it at other times each day: after five
    minutes some ten metres lie between two walks.
    """
    now = way(track)
    wanted, length_m = sampled(now)
    if len(now) < LEAST_FIXES or length_m < LEAST_M:
        return nothing(Signal.REPLAYED_TRACK)
    closest, which = UNLIKE_M, None
    for each in earlier[-LATEST:]:
        apart_m = alike(wanted, way(each))
        if apart_m < closest:
            closest, which = apart_m, each
    if which is None:
        return nothing(Signal.REPLAYED_TRACK)
    score = ramp(closest, UNLIKE_M, ALIKE_M) * ramp(length_m, LEAST_M / 2, WHOLE_M)
    between = track.fixes[0].at - which.fixes[0].at
    numbers: dict[str, Number] = {
        "apart_m": round(closest, 2),
        "way_m": round(length_m),
        "fixes": len(now),
        "days_before": round(between.total_seconds() / 86_400, 1),
    }
    return Finding(Signal.REPLAYED_TRACK, score, "replayed_track", numbers)


def way(track: Track) -> list[Timed]:
    """Return when each new fix of satellites was made, in seconds since the first."""
    fixes: list[Fix] = [fix for fix in track.measured if not fix.by_network]
    return [(fixes[0].seconds_until(fix), fix.here) for fix in fixes]


def sampled(way: Sequence[Timed]) -> tuple[list[Timed], float]:
    """Return points that lie evenly along a way, and how long it is in metres.

    Steps of less than three metres are the noise of somebody who stands.
    """
    run, reached = 0.0, [(0.0, way[0])] if way else []
    for (_, one), (at, other) in pairwise(way):
        step_m = metres_apart(one, other)
        if step_m > 3.0:
            run += step_m
            reached.append((run, (at, other)))
    wanted: list[Timed] = []
    for along, point in reached:
        if along >= len(wanted) * run / SAMPLES:
            wanted.append(point)
    return wanted, run


def alike(wanted: Sequence[Timed], other: Sequence[Timed]) -> float:
    """Return how far apart two ways are at the same moments, in the mean, in metres."""
    if len(other) < LEAST_FIXES:
        return UNLIKE_M
    times = [at for at, _ in other]
    return min(
        (apart(wanted, offset, times, other) for offset in offsets(wanted, other)),
        default=UNLIKE_M,
    )


def offsets(wanted: Sequence[Timed], other: Sequence[Timed]) -> Iterator[float]:
    """Yield by how many seconds one may be the other, later: where its middle comes near.

    Around the closest fix the seconds between two fixes are tried as well.
    """
    at, middle = wanted[len(wanted) // 2]
    near = sorted((metres_apart(middle, here), when) for when, here in other)[:OFFSETS]
    for away_m, when in near:
        if away_m > NEAR_M:
            return
        yield when - at


def apart(
    wanted: Sequence[Timed], offset: float, times: Sequence[float], other: Sequence[Timed]
) -> float:
    """Return the mean distance (root of squares) where both have a way; far if seldom."""
    total, count = 0.0, 0
    for at, here in wanted:
        place = between(at + offset, times, other)
        if place is None:
            continue
        total, count = total + metres_apart(here, place) ** 2, count + 1
        if total > len(wanted) * UNLIKE_M**2:
            return UNLIKE_M
    return sqrt(total / count) if count >= 0.8 * len(wanted) else UNLIKE_M


def between(at: float, times: Sequence[float], other: Sequence[Timed]) -> Degrees | None:
    """Return where a way is at a moment, None before it begins and after it ends."""
    if not times[0] - 1 <= at <= times[-1] + 1:
        return None
    after = min(max(bisect_right(times, at), 1), len(times) - 1)
    (t0, one), (t1, two) = other[after - 1], other[after]
    share = min(1.0, max(0.0, (at - t0) / (t1 - t0))) if t1 > t0 else 0.0
    return one[0] + share * (two[0] - one[0]), one[1] + share * (two[1] - one[1])
