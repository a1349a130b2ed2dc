"""A photo, looked at in a child: decoded to its last pixel, and copied without metadata.

What EXIF (CIPA DC-008) claims is read and believed by nobody: it is shown beside what the
phone and the gateway say. A time without an offset from UTC is none: a zone would be our
guess. A position is noted as there, and never read.
"""

import warnings
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageOps

from services.field_visit.jobs.faults import (
    OTHER_TYPE,
    TOO_LARGE,
    UNREADABLE,
    Faulty,
    refuse_other_type,
)

#: Pillow's name of each format that may be sent. It tries no other decoder.
FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
#: A JPEG with smaller pictures behind it (CIPA DC-007), as many phones write them: the
#: first is the photo.
WITH_OTHERS = "MPO"
MOST_PIXELS = 40_000_000
#: Names and longest sides in pixels of the copies, and their quality as JPEG.
STRIPPED, STRIPPED_PX, STRIPPED_QUALITY = "stripped", 2048, 85
THUMBNAIL, THUMBNAIL_PX, THUMBNAIL_QUALITY = "thumbnail", 256, 80
#: Orientations of EXIF in which height and width change places.
ON_ITS_SIDE = {5, 6, 7, 8}
#: The years that a moment of ours may lie in (`proto.base`).
YEARS = range(2001, 2100)


def look(task: dict[str, Any]) -> dict[str, Any]:
    """Return what is found in the photo at `path`, as the fields of an Inspection.

    Its copies are written into the working folder. Raises MemoryError.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("ignore")  # they quote what they could not read
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        return seen(Path(task["path"]), task["media_type"])
    except Faulty as fault:
        return fault.found


def seen(path: Path, media_type: str) -> dict[str, Any]:
    if media_type not in FORMATS:
        raise Faulty(OTHER_TYPE)
    refuse_other_type(path, media_type)
    image = decoded(path, FORMATS[media_type])
    told = claims(image)
    width, height = image.size
    if told.pop("orientation") in ON_ITS_SIDE:
        width, height = height, width
    copy(image)
    return {"width": width, "height": height} | told


def decoded(path: Path, kind: str) -> Image.Image:
    """Decode every pixel: a look at headers alone takes half a photo for a whole one.

    Of a PNG each chunk's CRC is checked as well, which decoding skips. Raises Faulty.
    """
    try:
        if kind == "PNG":
            with Image.open(path, formats=[kind]) as image:
                image.verify()
        image = Image.open(path, formats=[kind])
        if image.format != WITH_OTHERS and getattr(image, "is_animated", False):
            raise Faulty(OTHER_TYPE)
        image.load()
    except (Faulty, MemoryError):
        raise
    except (Image.DecompressionBombWarning, Image.DecompressionBombError):
        raise Faulty(TOO_LARGE) from None
    except Exception:  # a decoder raises anything at what strangers wrote
        raise Faulty(UNREADABLE) from None
    return image


def claims(image: Image.Image) -> dict[str, Any]:
    """Return what EXIF says; what cannot be read of it says nothing."""
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


def copy(image: Image.Image) -> None:
    """Write the copy that people are shown, and its thumbnail: upright, and pixels alone.

    Neither EXIF nor a comment, a profile or a picture within is taken over.
    """
    shown = plain(image)
    shown.thumbnail((STRIPPED_PX, STRIPPED_PX))
    with suppress(Exception):  # an orientation that cannot be read turns nothing
        turned = image.getexif().get(ExifTags.Base.Orientation, 1)
        shown.getexif()[ExifTags.Base.Orientation] = turned  # which `plain` may have lost
        shown = ImageOps.exif_transpose(shown)
    for name, longest, quality in (
        (STRIPPED, STRIPPED_PX, STRIPPED_QUALITY),
        (THUMBNAIL, THUMBNAIL_PX, THUMBNAIL_QUALITY),
    ):
        shown.thumbnail((longest, longest))
        shown.info = {}
        shown.save(name, "JPEG", quality=quality)


def plain(image: Image.Image) -> Image.Image:
    """Return it in colours that a JPEG has; what can be looked through is white."""
    if image.mode in ("L", "RGB") and not image.has_transparency_data:
        return image
    if image.mode.startswith("I"):
        return image.convert("I").point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    image = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white
