"""What the receiver says of itself: mock positions, and numbers that never move."""

from collections.abc import Sequence
from statistics import median

from services.field_visit.model.plausibility.finding import Finding, Signal, nothing, ramp
from services.field_visit.model.plausibility.ground import metres_apart
from services.field_visit.model.plausibility.track import Fix, Track

#: So many fixes, over so many seconds, before "it never moves" says anything.
LEAST_FIXES, LEAST_S = 12, 60.0
#: What each number that never moves counts for. Some phones round their accuracy.
SMOOTH, ALTITUDE, ACCURACY, SATELLITES, SPEED = 0.4, 0.3, 0.2, 0.1, 0.1


def mock_flag(track: Track) -> Finding:
    """Fixes that the phone itself calls made up: some other app gave them to it."""
    mock = sum(fix.mock is True for fix in track.fixes)
    if not mock:
        return nothing(Signal.MOCK_FLAG)
    score = 0.6 + 0.4 * ramp(mock, 1, 5)
    numbers = {"mock_fixes": mock, "fixes": len(track.fixes)}
    return Finding(Signal.MOCK_FLAG, score, "mock_flag", numbers)


def zero_variance(track: Track) -> Finding:
    """Satellite fixes that differ and yet have no noise: an app draws a line, or says the
    same accuracy, altitude and satellites again and again.

    Fixes of Wi-Fi are left out (they repeat themselves), and so are fixes that the phone
    only said again: a receiver that stands still may hold its position.
    """
    fixes = [fix for fix in track.measured if not fix.by_network]
    lasts_s = fixes[0].seconds_until(fixes[-1]) if fixes else 0.0
    if len(fixes) < LEAST_FIXES or lasts_s < LEAST_S:
        return nothing(Signal.ZERO_VARIANCE)
    rough_m, accuracy_m = roughness_m(fixes), median(fix.accuracy_m for fix in fixes)
    smooth = ramp(rough_m / max(accuracy_m, 1.0), 0.02, 0.004)
    weight = SMOOTH * smooth + sum(
        counts for counts, same in still(fixes) if same is not None and same
    )
    score = ramp(weight, 0.35, 0.65)
    numbers = {
        "fixes": len(fixes),
        "lasts_s": round(lasts_s),
        "roughness_m": round(rough_m, 3),
        "accuracy_m": round(accuracy_m, 1),
        "accuracies": len({fix.accuracy_m for fix in fixes}),
        "altitudes": len({fix.altitude_m for fix in fixes}),
    }
    return Finding(Signal.ZERO_VARIANCE, score, "zero_variance", numbers)


def roughness_m(fixes: Sequence[Fix]) -> float:
    """Return by how much a fix lies off the middle of its neighbours, in the median.

    A line that was drawn between two points has none; a receiver always has some.
    """
    bends = [
        metres_apart(
            ((a.here[0] + c.here[0]) / 2, (a.here[1] + c.here[1]) / 2),
            b.here,
        )
        for a, b, c in zip(fixes, fixes[1:], fixes[2:], strict=False)
        if is_even(a, b, c)
    ]
    return median(bends) if bends else 1.0


def is_even(a: Fix, b: Fix, c: Fix) -> bool:
    """Tell whether one fix lies halfway in time between two others."""
    before, after = a.seconds_until(b), b.seconds_until(c)
    return before > 0 and after > 0 and abs(before - after) < 0.1 * (before + after)


def still(fixes: Sequence[Fix]) -> tuple[tuple[float, bool | None], ...]:
    """Return for each number whether it never moves, None where the phone does not say."""
    moves = (
        median(fix.speed_mps for fix in fixes if fix.speed_mps is not None)
        if any(fix.speed_mps is not None for fix in fixes)
        else 0.0
    )
    return (
        (ALTITUDE, same([fix.altitude_m for fix in fixes])),
        (ACCURACY, same([fix.accuracy_m for fix in fixes])),
        (SATELLITES, same([fix.satellites for fix in fixes])),
        (SPEED, moves > 0 and bool(same([fix.speed_mps for fix in fixes]))),
    )


def same(values: Sequence[float | None]) -> bool | None:
    known = [value for value in values if value is not None]
    return len(set(known)) == 1 if len(known) == len(values) else None
