"""Where something is: coordinates never travel without their datum."""

from enum import StrEnum

from pydantic import Field

from proto.base import Value


class Datum(StrEnum):
    """What a pair of degrees is measured from.

    Chinese maps and many phones speak GCJ-02 (on average 436 m off) or BD-09.
    """

    WGS84 = "wgs84"
    GCJ02 = "gcj02"
    BD09 = "bd09"


class Point(Value):
    """A place. Degrees, north and east positive."""

    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    datum: Datum = Datum.WGS84


class Position(Point):
    """Where a phone believes it is; `accuracy_m` is the radius it gives itself."""

    accuracy_m: float = Field(ge=0, le=100_000, allow_inf_nan=False)
