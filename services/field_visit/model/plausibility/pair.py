"""Two phones at one door: too far from each other, or in one and the same point."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median

from services.field_visit.model.plausibility.finding import (
    Finding,
    Number,
    Signal,
    moment,
    nothing,
    ramp,
)
from services.field_visit.model.plausibility.ground import metres_apart, one_is_shifted
from services.field_visit.model.plausibility.track import Fix, Track

#: Seconds between two fixes that are compared; somebody walks that fast meanwhile.
AT_ONCE_S, WALKS_MPS = 200.0, 2.0
#: Metres that two who are together may be apart: one waits at the gate.
TOGETHER_M = 100.0
#: One of them is at the door when this close to it.
AT_THE_DOOR_M = 250.0
#: Closer than this two receivers never are, whoever carries them.
SAME_M = 0.05
#: What two single fixes in one point count for: a map may snap both to it.
FEW, FEW_MOST = 5, 0.5

Both = tuple[Fix, Fix]


def pair_mismatch(track: Track, partner: Track | None) -> Finding:
    """Half of what both phones say at the same moments is too far apart, or the same."""
    both = list(at_once(track, partner)) if partner else []
    if not both:
        return nothing(Signal.PAIR_MISMATCH)
    return max(far(both), same(both), key=lambda found: found.score)


def at_once(track: Track, partner: Track) -> Iterator[Both]:
    """Yield fixes of both phones that were made together, while one is at the door."""
    theirs, at = partner.fixes, 0
    for fix in track.fixes:
        while at + 1 < len(theirs) and gap(fix, theirs[at + 1]) <= gap(fix, theirs[at]):
            at += 1
        both = (fix, theirs[at]) if theirs else None
        if both and gap(*both) <= AT_ONCE_S and at_the_door(track, both):
            yield both


def gap(one: Fix, other: Fix) -> float:
    """Return the seconds between fixes of two phones: they share no count."""
    return abs((other.at - one.at).total_seconds())


def at_the_door(track: Track, both: Both) -> bool:
    door = track.door
    if door is None:
        return True
    return any(metres_apart(fix.here, door) <= AT_THE_DOOR_M for fix in both)


def far(both: Sequence[Both]) -> Finding:
    apart = [metres_apart(a.here, b.here) for a, b in both]
    excess_m = median(too_far_m(m, a, b) for m, (a, b) in zip(apart, both, strict=True))
    numbers: dict[str, Number] = {
        "apart_m": round(median(apart)),
        "allowed_m": round(median(allowed_m(a, b) for a, b in both)),
        "moments": len(both),
        "from": moment(both[0][0].at),
        "until": moment(both[-1][0].at),
    }
    score = ramp(excess_m, 0.0, 300.0)
    return Finding(Signal.PAIR_MISMATCH, score, "pair_apart", numbers)


def allowed_m(one: Fix, other: Fix) -> float:
    errors_m = 2 * (one.accuracy_m + other.accuracy_m)
    return TOGETHER_M + errors_m + WALKS_MPS * gap(one, other)


def too_far_m(apart_m: float, one: Fix, other: Fix) -> float:
    """Return by how much two are too far apart; a datum mixed up is no distance."""
    allowed = allowed_m(one, other)
    shifted = apart_m > allowed and one_is_shifted(one.here, other.here, allowed)
    return 0.0 if shifted else apart_m - allowed


def same(both: Sequence[Both]) -> Finding:
    """Both in one point while they move, and not because a map or Wi-Fi put them there."""
    seen = [(a, b) for a, b in both if not (a.by_network or b.by_network)]
    fixes = len({a.here for a, _ in seen})
    alike = [a.here for a, b in seen if metres_apart(a.here, b.here) < SAME_M]
    if not alike:
        return nothing(Signal.PAIR_MISMATCH)
    points = sum(one != other for one, other in pairwise(alike)) + 1
    score = ramp(len(alike) / len(seen), 0.3, 0.8)
    score = score if points >= FEW else min(score, FEW_MOST)
    numbers: dict[str, Number] = {
        "same_fixes": len(alike),
        "fixes": max(len(seen), fixes),
        "points": points,
    }
    return Finding(Signal.PAIR_MISMATCH, score, "pair_same", numbers)
