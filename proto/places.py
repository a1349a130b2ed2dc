"""Where something is: coordinates never travel without their datum."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from proto.base import Value

#: Degrees within which GCJ-02 and BD-09 shift, as every published implementation has it.
SOUTH, NORTH, WEST, EAST = 0.8, 55.9, 72.0, 137.9


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

    @model_validator(mode="after")
    def lies_where_its_datum_does(self) -> Self:
        """The Chinese datums are shifts of the mainland and nothing else."""
        if self.datum is not Datum.WGS84 and not (
            SOUTH < self.latitude < NORTH and WEST < self.longitude < EAST
        ):
            raise PydanticCustomError(
                "datum_out_of_region", "see gateway/catalogue", {"name": self.datum.value}
            )
        return self


class Position(Point):
    """Where a phone believes it is; `accuracy_m` is the radius it gives itself."""

    accuracy_m: float = Field(ge=0, le=100_000, allow_inf_nan=False)
