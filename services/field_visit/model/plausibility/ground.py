"""Distances between degrees, quickly: hundreds of them for each track that is looked at."""

from math import cos, hypot, pi, sin, sqrt

from chassis.geo import Degrees, gcj_from_wgs
from proto.places import EAST, NORTH, SOUTH, WEST

__all__ = ["Degrees", "metres_apart", "one_is_shifted"]

#: WGS-84: semi-major axis in metres, eccentricity squared.
AXIS_M, ECCENTRICITY2 = 6_378_137.0, 0.00669437999014
HALF_RADIAN, AXIS_RADIAN_M = pi / 360, AXIS_M * pi / 180
#: How far GCJ-02 lies off WGS-84 where it applies, in metres, with a margin.
LEAST_SHIFT_M, MOST_SHIFT_M = 200.0, 900.0


def metres_apart(one: Degrees, other: Degrees) -> float:
    """Return the distance of two points, both WGS-84, by the radii of the ellipsoid there.

    Within 0.1 % of the geodesic up to 100 km, and within 1 % up to 1,000.
    """
    middle = (one[0] + other[0]) * HALF_RADIAN
    bend = 1 - ECCENTRICITY2 * sin(middle) ** 2
    east = AXIS_RADIAN_M / sqrt(bend)
    turn = (other[1] - one[1] + 540) % 360 - 180
    north_m = (other[0] - one[0]) * (1 - ECCENTRICITY2) / bend * east
    return hypot(north_m, turn * east * cos(middle))


def one_is_shifted(one: Degrees, other: Degrees, within_m: float) -> bool:
    """Tell whether two points are one place, of which one is said in GCJ-02 by mistake."""
    if not LEAST_SHIFT_M < metres_apart(one, other) < MOST_SHIFT_M:
        return False
    if not all(SOUTH < at[0] < NORTH and WEST < at[1] < EAST for at in (one, other)):
        return False
    return (
        metres_apart(gcj_from_wgs(one), other) <= within_m
        or metres_apart(one, gcj_from_wgs(other)) <= within_m
    )
