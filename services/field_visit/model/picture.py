"""What a photo says of itself, as it is kept: its likeness in bands, its place sealed."""

from typing import Any

from proto.pictures import Picture
from services.field_visit.model.media import Media
from services.field_visit.model.plausibility import SOMETHING

#: What a photo's place is sealed for, under the case's key.
MEDIA_PLACE = "media.place"
#: Two likenesses of 64 bits that differ in three at most are equal in one of four bands.
BANDS, BAND_BITS = 4, 16
#: PostgreSQL's integers of 64 bits have a sign.
SIGN, WHOLE = 1 << 63, 1 << 64


def bands(likeness: int) -> list[int]:
    """Return the bands of a likeness, the highest bits first."""
    last = (1 << BAND_BITS) - 1
    return [likeness >> BAND_BITS * each & last for each in reversed(range(BANDS))]


def signed(likeness: int) -> int:
    """Return the same bits as a number that PostgreSQL has."""
    return likeness - WHOLE if likeness & SIGN else likeness


def unsigned(kept: int) -> int:
    return kept % WHOLE


def picture_row(media: Media, case_id: Any, picture: Picture) -> dict[str, Any]:
    """Return what is kept of a photo.

    A likeness of next to nothing is not: all dark pictures are like one another, and a
    look-up among them would read them all.
    """
    row = picture.model_dump(mode="json") | {"id": media.id, "case_id": case_id}
    row |= {name: getattr(media, name) for name in ("visit_id", "device_id")}
    row |= {name: getattr(media, name) for name in ("captured_at", "received_at")}
    likeness = row.pop("likeness")
    row.pop("cells")  # see `grey_row`
    if likeness is None or likeness.bit_count() not in SOMETHING:
        return row
    found = {f"band{at}": each for at, each in enumerate(bands(likeness))}
    return row | found | {"likeness": signed(likeness)}


def grey_row(media: Media, case_id: Any, picture: Picture) -> dict[str, Any] | None:
    """Return what is kept of its grey cells, if it shows something to compare."""
    likeness = picture.likeness
    if not picture.cells or likeness is None or likeness.bit_count() not in SOMETHING:
        return None
    row = {"id": media.id, "case_id": case_id, "visit_id": media.visit_id}
    row |= {"captured_at": media.captured_at, "likeness": signed(likeness)}
    return row | {"cells": picture.cells}
