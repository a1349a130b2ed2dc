"""What a photo says of itself beside its pixels: time, place, camera, and who touched it.

All of it is claimed by the file (EXIF, CIPA DC-008) and easily made up. Read in a child,
and whatever cannot be read says nothing.
"""

import hashlib
from contextlib import suppress
from datetime import datetime
from io import BytesIO
from math import isfinite
from typing import Any

from PIL import ExifTags, Image

from services.field_visit.jobs.likeness import likeness

#: The years that a moment of ours may lie in (`proto.base`).
YEARS = range(2001, 2100)
#: Programs that change pictures, by what stands in EXIF's Software, and their names here.
EDITORS = {
    "photoshop": "photoshop",
    "lightroom": "lightroom",
    "gimp": "gimp",
    "snapseed": "snapseed",
    "picsart": "picsart",
    "pixelmator": "pixelmator",
    "affinity": "affinity",
    "polarr": "polarr",
    "canva": "canva",
    "vsco": "vsco",
    "facetune": "facetune",
    "meitu": "meitu",
    "美图": "meitu",
    "xingtu": "xingtu",
    "醒图": "xingtu",
    "b612": "b612",
    "faceu": "faceu",
    "retouch": "retouch",
}
#: What iOS writes into a picture of its own screen, as EXIF's UserComment.
SCREENSHOT = b"Screenshot"
#: A picture of a phone's screen has its shape: from 1.95 to 1 on. Cameras end at 16 to 9,
#: but for those that are set to fill the screen, and these say which camera they are.
SCREEN_SHAPE = 1.95
#: Bytes and pixels that a picture within EXIF may have; DC-008 has 64 KiB for all of it.
MOST_WITHIN, MOST_WITHIN_PX = 65_536, 1024
#: Further tags of an IFD: where the picture within lies, and how long it is.
WITHIN_AT, WITHIN_LONG = 0x0201, 0x0202


def claims(image: Image.Image) -> dict[str, Any]:
    """Return what is shown to people of what EXIF says, and which way up it is."""
    told: dict[str, Any] = {"orientation": None, "has_position": False}
    with suppress(Exception):
        exif = image.getexif()
        told["orientation"] = exif.get(ExifTags.Base.Orientation)
        told["has_position"] = bool(exif.get_ifd(ExifTags.IFD.GPSInfo))
        told |= taken(exif.get_ifd(ExifTags.IFD.Exif))
    return told


def taken(exif: dict[int, Any]) -> dict[str, str]:
    """Return when the camera says the photo was taken, if it says so with an offset."""
    at = exif.get(ExifTags.Base.DateTimeOriginal)
    offset = exif.get(ExifTags.Base.OffsetTimeOriginal)
    moment = datetime.strptime(f"{at} {offset}", "%Y:%m:%d %H:%M:%S %z")
    return {"taken_at": moment.isoformat()} if moment.year in YEARS else {}


def compared(image: Image.Image) -> dict[str, Any]:
    """Return what is compared with the visit and with other photos of the same phone."""
    said: dict[str, Any] = {"exif": False}
    for name, read in READ.items():
        with suppress(Exception):
            said[name] = read(image, image.getexif())
    if said.get("camera") or image.format == "MPO":
        return said
    return said | {"screen": said.get("screen") or screen(image)}


def has_exif(_: Image.Image, exif: Image.Exif) -> bool:
    return len(exif) > 0


def place(_: Image.Image, exif: Image.Exif) -> list[float] | None:
    """Return latitude and longitude in degrees; none where a receiver had none yet."""
    gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    tags = ExifTags.GPS
    here = [
        degrees(gps[value]) * (-1 if gps.get(ref, at)[:1].upper() in "SW" else 1)
        for value, ref, at in (
            (tags.GPSLatitude, tags.GPSLatitudeRef, "N"),
            (tags.GPSLongitude, tags.GPSLongitudeRef, "E"),
        )
    ]
    fits = abs(here[0]) <= 90 and abs(here[1]) <= 180 and any(here)
    return here if fits and all(isfinite(each) for each in here) else None


def degrees(parts: Any) -> float:
    whole, minutes, seconds = (float(each) for each in parts)
    return whole + minutes / 60 + seconds / 3600


def camera(_: Image.Image, exif: Image.Exif) -> str | None:
    """Return a short digest of make and model: people write their names in there."""
    both = [str(exif.get(tag, "")) for tag in (ExifTags.Base.Make, ExifTags.Base.Model)]
    told = "\0".join(both)
    return hashlib.sha256(told.encode()).hexdigest()[:16] if any(both) else None


def editor(_: Image.Image, exif: Image.Exif) -> str | None:
    """Return the program that saved it last, where it is known as one that edits."""
    told = str(exif.get(ExifTags.Base.Software, "")).lower()
    return next((name for word, name in EDITORS.items() if word in told), None)


def shot(_: Image.Image, exif: Image.Exif) -> str | None:
    comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment, b"")
    told = comment.encode() if isinstance(comment, str) else bytes(comment)
    return "said" if SCREENSHOT in told else None


def screen(image: Image.Image) -> str | None:
    """Tell what has the shape of a phone's screen and names no camera."""
    shape = max(image.size) / min(image.size)
    return "shape" if shape >= SCREEN_SHAPE else None


def retouched(image: Image.Image, exif: Image.Exif) -> int | None:
    """Return in how many bits the small picture within EXIF differs from the picture.

    Some programs change the one and forget the other.
    """
    ifd, whole = exif.get_ifd(ExifTags.IFD.IFD1), image.info["exif"]
    at, long = ifd[WITHIN_AT], ifd[WITHIN_LONG]
    start = at + (6 if whole.startswith(b"Exif\0\0") else 0)
    if long > MOST_WITHIN:
        return None
    within = Image.open(BytesIO(whole[start : start + long]), formats=["JPEG"])
    if max(within.size) > MOST_WITHIN_PX:
        return None
    one, other = likeness(cut(within, image.width / image.height)), likeness(image)
    return None if one is None or other is None else (one ^ other).bit_count()


def cut(within: Image.Image, shape: float) -> Image.Image:
    """Return it in the shape of its picture: cameras fill 4 to 3 with black bars."""
    width, height = within.size
    wide, high = min(width, round(height * shape)), min(height, round(width / shape))
    left, top = (width - wide) // 2, (height - high) // 2
    return within.crop((left, top, left + wide, top + high))


READ = {
    "exif": has_exif,
    "place": place,
    "camera": camera,
    "editor": editor,
    "screen": shot,
    "retouched": retouched,
}
