"""What a photo says of itself, for comparing it with the visit and with other photos.

Claimed by the file and easily made up; it counts for a score at the most. Shown to nobody.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from proto.base import Sealed, Value


class ScreenSign(StrEnum):
    """By what a photo is taken for a picture of a phone's own screen."""

    SAID = "said"  # the phone wrote so
    SHAPE = "shape"  # it has the shape of a screen and names no camera


class Picture(Value):
    """What was read in a photo beside its pixels.

    `likeness`: 64 bits of which two pictures that look alike differ in few. `place`: where
    EXIF says that it was taken, as a `proto.places.Point`. `camera`: a digest of make and
    model. `retouched`: in how many of 64 bits the small picture within differs. `cells`: 16
    by 16 grey levels in sixteenths, in hexadecimal, of what is told from its like by them.
    """

    likeness: int | None = Field(None, ge=0, lt=2**64)
    cells: Annotated[str, Field(pattern=r"^[0-9a-f]{768}$")] | None = None
    place: Sealed | None = None
    exif: bool = False
    camera: Annotated[str, Field(max_length=16)] | None = None
    editor: Annotated[str, Field(max_length=32)] | None = None
    screen: ScreenSign | None = None
    retouched: int | None = Field(None, ge=0, le=64)
