"""How somebody would have had to move: too fast, or not at all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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

#: Metres that a street canyon may throw a fix, whatever accuracy it claims.
CANYON_M = 300.0
#: Metres from which on a leg counts wholly: on trains receivers lag a kilometre behind, and
#: then come after in one leap (as in tracks that people recorded).
WHOLLY_M = 3_000.0
#: What somebody may move at: between two fixes of a city, by train (360 km/h), by air.
CITY_MPS, TRAIN_MPS, AIR_MPS = 55.0, 100.0, 280.0
#: A train needs minutes to its speed, and an airport needs some time too.
TRAIN_S, AIR_S = 300.0, 2400.0
#: So few fixes, within so few seconds, are a slip of the receiver and no journey.
SLIP_FIXES, SLIP_S = 3, 45.0
#: A receiver that said nothing for so long had lost its satellites, or was switched off.
LOST_S, OFF_S = 30.0, 900.0
#: What a leg that touches a fix of Wi-Fi counts for at the most: access points move house.
NETWORK_MOST = 0.3
#: From how many seconds of the very same fix on it counts, and from when on wholly.
FROZEN_S, FROZEN_LONG_S, FROZEN_FIXES = 240.0, 900.0, 8
#: What a frozen fix counts for at the most where nobody says whether satellites were seen.
UNKNOWN_MOST, NO_SATELLITES_MOST = 0.45, 0.1


@dataclass(frozen=True, slots=True)
class Leg:
    """From one fix to another, as far apart as they are at the very least.

    `shifted`: it may as well be one place in two datums, and says nothing of speed.
    """

    one: Fix
    other: Fix
    seconds: float
    least_m: float
    shifted: bool

    @property
    def mps(self) -> float:
        """How fast at the least; a clock that was turned back tells nothing of speed."""
        return self.least_m / max(self.seconds, 1.0) if self.seconds > 0 else 0.0

    @property
    def is_far(self) -> bool:
        return self.least_m > CANYON_M


def leg(one: Fix, other: Fix) -> Leg:
    slack_m = 2 * (one.accuracy_m + other.accuracy_m)
    least_m = max(0.0, metres_apart(one.here, other.here) - slack_m)
    shifted = least_m > CANYON_M and one_is_shifted(
        one.here, other.here, slack_m + CANYON_M / 3
    )
    return Leg(one, other, one.seconds_until(other), least_m, shifted)


def impossible_speed(track: Track, last: Track | None) -> Finding:
    """The fastest leg that nobody can have moved at, from the last fix of an earlier visit
    on. What comes back within seconds is a slip of the receiver, and no leg.
    """
    fixes = (*(last.measured[-1:] if last else ()), *track.measured)
    legs = list(travelled(fixes))
    worst, score = None, 0.0
    for number, each in enumerate(legs):
        before, after = legs[max(0, number - 2) : number], legs[number + 1 : number + 3]
        much = too_fast(each, max(going(before), going(after)))
        if much > score:
            worst, score = each, much
    if worst is None:
        return nothing(Signal.IMPOSSIBLE_SPEED)
    return Finding(Signal.IMPOSSIBLE_SPEED, score, "impossible_speed", numbers_of(worst))


def numbers_of(worst: Leg) -> dict[str, Number]:
    return {
        "needed_kmh": round(worst.mps * 3.6),
        "distance_m": round(worst.least_m),
        "seconds": round(worst.seconds, 1),
        "from": moment(worst.one.at),
        "until": moment(worst.other.at),
        "accuracy_m": round(max(worst.one.accuracy_m, worst.other.accuracy_m), 1),
    }


def travelled(fixes: Sequence[Fix]) -> Iterator[Leg]:
    """Yield the legs of a track without the slips of its receiver."""
    at = 0
    while at + 1 < len(fixes):
        each, following = leg(fixes[at], fixes[at + 1]), at + 1
        if each.is_far and each.mps > CITY_MPS and not each.shifted:
            each, following = without_slip(fixes, at, following)
        yield each
        at = following


def without_slip(fixes: Sequence[Fix], at: int, following: int) -> tuple[Leg, int]:
    """Return the leg that is left where the fix that follows is a slip, or the one before
    it was, or the receiver had just been switched on; else the leg itself.
    """
    back = comes_back(fixes, at, following)
    if back is not None:
        return leg(fixes[at], fixes[back]), back
    since = slipped_since(fixes, at, following)
    if since is not None:
        return leg(fixes[since], fixes[following]), following
    return leg(fixes[at], fixes[following]), following


def comes_back(fixes: Sequence[Fix], at: int, gone: int) -> int | None:
    """Return which of the next fixes somebody could have come to without the slip, and
    with it could not.
    """
    for later in range(gone + 1, min(gone + SLIP_FIXES + 1, len(fixes))):
        if fixes[gone].seconds_until(fixes[later]) > SLIP_S:
            return None
        if in_order(fixes[at], fixes[later]) and not in_order(
            fixes[later - 1], fixes[later]
        ):
            return later
    return None


def in_order(one: Fix, other: Fix) -> bool:
    each = leg(one, other)
    return each.mps <= CITY_MPS or not each.is_far


def slipped_since(fixes: Sequence[Fix], at: int, following: int) -> int | None:
    """Return the fix that somebody could have come from, were the few after it slips.

    A receiver that finds its satellites again may for some seconds say where it was
    switched off, or where it lost them. With nothing before them they are no leg at all.
    """
    for since in range(at - 1, max(-1, at - SLIP_FIXES - 1), -1):
        if fixes[since + 1].seconds_until(fixes[following]) > SLIP_S:
            return None
        lost_s = fixes[since].seconds_until(fixes[since + 1])
        comes = in_order(fixes[since], fixes[following])
        if lost_s > OFF_S or (lost_s >= LOST_S and comes):
            return since
    few = at < SLIP_FIXES and fixes[0].seconds_until(fixes[following]) <= SLIP_S
    return following if few else None


def going(legs: Sequence[Leg]) -> float:
    """Return how fast somebody went, all the while."""
    return min((each.mps for each in legs), default=0.0)


def too_fast(each: Leg, about_mps: float) -> float:
    """Return how much a leg speaks against a track, beside the speed before or after it:
    no train is fast for one leg only.
    """
    if not each.is_far or each.shifted:
        return 0.0
    if each.seconds < TRAIN_S:
        most = min(TRAIN_MPS, max(CITY_MPS, 2 * about_mps))
    else:
        most = TRAIN_MPS if each.seconds < AIR_S else AIR_MPS
    score = ramp(each.mps / most, 1.0, 1.6) * ramp(each.least_m, CANYON_M, WHOLLY_M)
    network = each.one.by_network or each.other.by_network
    return min(score, NETWORK_MOST) if network else score


def frozen_fix(track: Track) -> Finding:
    """The very same fix again and again, accuracy and all, with satellites in sight."""
    score, longest = 0.0, (track.fixes[:1], 0.0)
    for run in runs(track.fixes):
        lasts_s = run[0].seconds_until(run[-1])
        much = ramp(lasts_s, FROZEN_S, FROZEN_LONG_S) if len(run) >= FROZEN_FIXES else 0.0
        much = min(much, most_of(run))
        if much > score:
            score, longest = much, (run, lasts_s)
    if not score:
        return nothing(Signal.FROZEN_FIX)
    run, lasts_s = longest
    numbers: dict[str, Number] = {
        "fixes": len(run),
        "lasts_s": round(lasts_s),
        "from": moment(run[0].at),
        "accuracy_m": round(run[0].accuracy_m, 1),
    }
    return Finding(Signal.FROZEN_FIX, score, "frozen_fix", numbers)


def runs(fixes: tuple[Fix, ...]) -> Iterator[tuple[Fix, ...]]:
    """Yield the stretches in which place and accuracy stay the same to the last bit."""
    begun = 0
    for number, (one, other) in enumerate(pairwise(fixes), 1):
        if one.here != other.here or one.accuracy_m != other.accuracy_m:
            yield fixes[begun:number]
            begun = number
    if fixes:
        yield fixes[begun:]


def most_of(run: Sequence[Fix]) -> float:
    """Return what a run may count for: without satellites phones repeat their last fix."""
    if all(fix.by_satellites for fix in run):
        return 1.0
    return NO_SATELLITES_MOST if any(fix.by_network for fix in run) else UNKNOWN_MOST
