"""Distances on the ellipsoid, whatever datum the two ends were measured in.

Inside, everything is WGS-84. The Chinese shifts are the published approximation that
every open implementation shares; the inverses are fixed points of the forward formulas.
"""

import sys
from collections.abc import Callable
from math import atan2, cos, hypot, pi, sin, sqrt
from types import ModuleType

from proto.places import Datum, Point

# geopy comes with geocoders, which load every HTTP client that is installed: a tenth of
# the time that a service is away after it was killed, for what no part of ours ever asks.
GEOCODERS = ModuleType("geopy.geocoders")
GEOCODERS.options = None  # type: ignore[attr-defined] # the one name geopy wants of them
LEFT_OUT = sys.modules.setdefault(GEOCODERS.__name__, GEOCODERS) is GEOCODERS

from geopy.distance import Geodesic  # noqa: E402

if LEFT_OUT:  # whoever wants them has the real ones
    del sys.modules[GEOCODERS.__name__]

#: Krasovsky 1940, which GCJ-02 is computed on: semi-major axis (m), eccentricity squared.
AXIS_M, ECCENTRICITY2 = 6_378_245.0, 0.00669342162296594323
BD_TURN = pi * 3000.0 / 180.0
CLOSE_ENOUGH_DEG = 1e-9

Degrees = tuple[float, float]


def metres_between(one: Point, other: Point) -> float:
    """Return the geodesic distance of two points in metres (WGS-84).

    By the algorithm that geopy's `geodesic` calls, without its detour over points that
    are parsed anew and series that are computed anew for each distance.
    """
    line = Geodesic.WGS84.Inverse(*wgs84(one), *wgs84(other), Geodesic.DISTANCE)
    return float(line["s12"])


def wgs84(point: Point) -> Degrees:
    """Return (latitude, longitude) of a point in WGS-84 degrees."""
    here = (point.latitude, point.longitude)
    if point.datum is Datum.BD09:
        here = undo(here, bd_from_gcj)
    if point.datum is not Datum.WGS84:
        here = undo(here, gcj_from_wgs)
    return here


def undo(shifted: Degrees, shift: Callable[[Degrees], Degrees]) -> Degrees:
    """Find what `shift` would turn into `shifted`, to a tenth of a millimetre."""
    guess = shifted
    for _ in range(20):
        back = shift(guess)
        error = (back[0] - shifted[0], back[1] - shifted[1])
        guess = (guess[0] - error[0], guess[1] - error[1])
        if max(abs(error[0]), abs(error[1])) < CLOSE_ENOUGH_DEG:
            break
    return guess


def gcj_from_wgs(here: Degrees) -> Degrees:
    latitude, longitude = here
    x, y = longitude - 105.0, latitude - 35.0
    ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3
    north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * sqrt(abs(x)) + ripple
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3
    north += (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3
    east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * sqrt(abs(x)) + ripple
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3
    east += (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3
    bend = 1 - ECCENTRICITY2 * sin(latitude / 180 * pi) ** 2
    north_deg = north * 180 * bend * sqrt(bend) / (AXIS_M * (1 - ECCENTRICITY2) * pi)
    east_deg = east * 180 * sqrt(bend) / (AXIS_M * cos(latitude / 180 * pi) * pi)
    return latitude + north_deg, longitude + east_deg


def bd_from_gcj(here: Degrees) -> Degrees:
    latitude, longitude = here
    reach = hypot(longitude, latitude) + 0.00002 * sin(latitude * BD_TURN)
    angle = atan2(latitude, longitude) + 0.000003 * cos(longitude * BD_TURN)
    return reach * sin(angle) + 0.006, reach * cos(angle) + 0.0065
