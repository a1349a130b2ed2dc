"""Photos: what EXIF says of time and place, and pictures that were there before."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from chassis.likeness import SAME, SURELY, unlike
from services.field_visit.model.plausibility.finding import (
    Finding,
    Number,
    Signal,
    moment,
    nothing,
    ramp,
)
from services.field_visit.model.plausibility.ground import (
    Degrees,
    metres_apart,
    one_is_shifted,
)
from services.field_visit.model.plausibility.handled import other_camera
from services.field_visit.model.plausibility.track import (
    Fix,
    Material,
    OtherPhoto,
    Photo,
    Track,
)

#: Hours between the camera's clock and the phone's, from which on it counts, and wholly.
LATE_H, VERY_LATE_H = 0.25, 3.0
#: A clock wrong by whole half hours has another zone; one of long ago was never set.
ZONE_H, ZONE_SLACK_H, ZONES_H, UNSET = 0.5, 0.05, 14.0, timedelta(days=3 * 365)
ZONE_MOST = 0.15
#: Metres between a photo's place and the phone's that count, and those that do so wholly.
AWAY_M, FAR_AWAY_M = 250.0, 1500.0
#: Seconds between a photo and the fix it is compared with.
NEAR_S = 300.0
#: Bits in which two pictures differ that look alike, and how many are set in a picture
#: that shows something.
ALIKE_BITS, SOMETHING = 3, range(10, 55)
#: What the same picture of the same door counts for: a third less where it is only just.
SAVED_ANEW = 0.9


def exif_contradiction(material: Material) -> Finding:
    """The photo whose EXIF says most loudly that it is of another time or place."""
    found = [contradiction(photo, material.track) for photo in material.photos]
    return max(found, key=lambda f: f.score, default=nothing(Signal.EXIF_CONTRADICTION))


def contradiction(photo: Photo, track: Track) -> Finding:
    found = of_time(photo), of_place(photo, track), other_camera(photo)
    return max(found, key=lambda each: each.score)


def of_time(photo: Photo) -> Finding:
    if photo.taken_at is None:
        return nothing(Signal.EXIF_CONTRADICTION)
    hours = abs((photo.captured_at - photo.taken_at).total_seconds()) / 3600
    score = ramp(hours, LATE_H, VERY_LATE_H)
    if is_a_setting(hours, photo):
        score = min(score, ZONE_MOST)
    numbers = times(photo, photo.taken_at, hours)
    return Finding(Signal.EXIF_CONTRADICTION, score, "exif_time", numbers)


def times(photo: Photo, taken_at: datetime, hours: float) -> dict[str, Number]:
    return {
        "hours_apart": round(hours, 2),
        "taken_at": moment(taken_at),
        "captured_at": moment(photo.captured_at),
    }


def is_a_setting(hours: float, photo: Photo) -> bool:
    """Tell whether a clock has the wrong zone or was never set, rather than another day."""
    assert photo.taken_at is not None
    off = abs(hours / ZONE_H - round(hours / ZONE_H)) * ZONE_H
    zone = off <= ZONE_SLACK_H and LATE_H < hours <= ZONES_H
    return zone or photo.captured_at - photo.taken_at > UNSET


def of_place(photo: Photo, track: Track) -> Finding:
    near = nearest(photo, track.fixes)
    place = near.here if near else track.door
    if photo.place is None or place is None:
        return nothing(Signal.EXIF_CONTRADICTION)
    slack_m = 2 * near.accuracy_m if near else 0.0
    away_m = metres_apart(photo.place, place) - slack_m
    if excused(photo.place, place, slack_m):
        away_m = 0.0
    numbers: dict[str, Number] = {
        "away_m": round(max(away_m, 0.0)),
        "captured_at": moment(photo.captured_at),
    }
    score = ramp(away_m, AWAY_M, FAR_AWAY_M)
    return Finding(Signal.EXIF_CONTRADICTION, score, "exif_place", numbers)


def excused(one: Degrees, other: Degrees, slack_m: float) -> bool:
    """A datum that the camera mixed up is no distance."""
    return one_is_shifted(one, other, slack_m + 100.0)


def nearest(photo: Photo, fixes: Sequence[Fix]) -> Fix | None:
    """Return the fix made closest to a photo, within five minutes."""
    if not fixes:
        return None
    away = {abs((f.at - photo.captured_at).total_seconds()): f for f in fixes}
    closest = min(away)
    return away[closest] if closest <= NEAR_S else None


def reused_photo(material: Material) -> Finding:
    """A picture of this visit that another visit had before: to the bit, or to the eye."""
    found = [
        reuse(photo, other)
        for photo in material.photos
        for other in material.others
        if other.captured_at < photo.captured_at
    ]
    return max(found, key=lambda f: f.score, default=nothing(Signal.REUSED_PHOTO))


def reuse(photo: Photo, other: OtherPhoto) -> Finding:
    """Two pictures of one door look alike; of two doors they do not. Of one door it takes
    the same picture, saved anew.
    """
    days = (photo.captured_at - other.captured_at).total_seconds() / 86_400
    numbers: dict[str, Number] = {"days_before": round(days, 1)}
    if photo.sha256 == other.sha256:
        return Finding(Signal.REUSED_PHOTO, 1.0, "photo_same", numbers)
    if other.same_door:
        return saved_anew(photo, other, numbers)
    bits = next(differing(photo, other), 64)
    if bits > ALIKE_BITS:
        return nothing(Signal.REUSED_PHOTO)
    score = 0.9 - 0.1 * bits
    return Finding(Signal.REUSED_PHOTO, score, "photo_alike", numbers | {"bits": bits})


def saved_anew(photo: Photo, other: OtherPhoto, numbers: dict[str, Number]) -> Finding:
    if photo.cells is None or other.cells is None:
        return nothing(Signal.REUSED_PHOTO)
    off = unlike(other.cells, photo.cells)
    if off > SAME:
        return nothing(Signal.REUSED_PHOTO)
    score = SAVED_ANEW * (1 - ramp(off, SURELY, SAME) / 3)
    numbers["differs_percent"] = round(100 * off, 1)
    return Finding(Signal.REUSED_PHOTO, score, "photo_saved_anew", numbers)


def differing(photo: Photo, other: OtherPhoto) -> Iterator[int]:
    """Yield in how many bits two pictures differ, if both show something at all."""
    if photo.likeness is None or other.likeness is None:
        return
    if all(n.bit_count() in SOMETHING for n in (photo.likeness, other.likeness)):
        yield (photo.likeness ^ other.likeness).bit_count()
