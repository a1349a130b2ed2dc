"""A photo, looked at in a child: decoded to its last pixel, and copied without metadata.

What EXIF (CIPA DC-008) claims is read and believed by nobody: it is shown beside what the
phone and the gateway say. A time without an offset from UTC is none: a zone would be our
guess. A position leaves the child for the job alone, which seals it.
"""

import warnings
from contextlib import suppress
from pathlib import Path
from typing import Any

from PIL import ExifTags, Image, ImageFilter, ImageOps

from services.field_visit.jobs.claims import claims, compared
from services.field_visit.jobs.faults import (
    OTHER_TYPE,
    TOO_LARGE,
    UNREADABLE,
    Faulty,
    refuse_other_type,
)
from services.field_visit.jobs.likeness import cells, likeness

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
#: The copy that everybody sees: so few cells along its longest side, then blurred over so
#: many of them. A face or a letter of a sixth of the picture is a cell or two.
BLURRED, CELLS, BLUR_CELLS, BLURRED_PX, BLURRED_QUALITY = "blurred", 48, 1.5, 640, 80


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
    picture = compared(image)  # before a copy turns and shrinks it
    shown = copy(image)
    picture |= {"likeness": likeness(shown), "cells": cells(shown)}
    return {"width": width, "height": height, "picture": picture} | told


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


def copy(image: Image.Image) -> Image.Image:
    """Write the copies that people are shown, and return the sharp one: upright, and
    pixels alone.

    Neither EXIF nor a comment, a profile or a picture within is taken over.
    """
    shown = plain(image)
    shown.thumbnail((STRIPPED_PX, STRIPPED_PX))
    with suppress(Exception):  # an orientation that cannot be read turns nothing
        turned = image.getexif().get(ExifTags.Base.Orientation, 1)
        shown.getexif()[ExifTags.Base.Orientation] = turned  # which `plain` may have lost
        shown = ImageOps.exif_transpose(shown)
    shown.info = {}
    shown.save(STRIPPED, "JPEG", quality=STRIPPED_QUALITY)
    dim = blurred(shown)
    dim.save(BLURRED, "JPEG", quality=BLURRED_QUALITY)
    dim.thumbnail((THUMBNAIL_PX, THUMBNAIL_PX))
    dim.save(THUMBNAIL, "JPEG", quality=THUMBNAIL_QUALITY)
    return shown


def blurred(shown: Image.Image) -> Image.Image:
    """Return a picture in which shapes and light can be seen, and nobody known."""
    few = ImageOps.contain(shown, (CELLS, CELLS), Image.Resampling.BOX)
    few = few.filter(ImageFilter.GaussianBlur(BLUR_CELLS))
    longest = min(BLURRED_PX, max(shown.size))
    return ImageOps.contain(few, (longest, longest), Image.Resampling.BICUBIC)


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
