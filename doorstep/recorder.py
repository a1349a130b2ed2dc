"""What the camera and the recorder of a simulated work phone make: a JPEG and a WAV.

Drawn and hummed by this program: no door, no person and no voice of anybody.
"""

import io
import math
import wave
from array import array
from datetime import datetime

from PIL import ExifTags, Image, ImageDraw

from proto.places import Position

#: A photo's size in pixels, and who says that it was taken.
SIZE, MAKE, MODEL = (1280, 960), "Doorstep", "Simulated work phone"
#: Samples a second, as telephones speak; tones in hertz, one after the other.
RATE, TONES, TONE_S, LOUD = 8_000, (196, 220, 247, 262), 0.5, 6_000


def photo(label: str, at: datetime, position: Position) -> bytes:
    """Return a JPEG of a door that nobody lives behind, with what a camera notes in EXIF
    (CIPA DC-008): when and where it was taken, and by which phone.
    """
    image = Image.new("RGB", SIZE, "#8a8f98")
    draw = ImageDraw.Draw(image)
    for row in range(0, SIZE[1], 48):  # bricks
        shift = (row // 48 % 2) * 60
        for left in range(-120 + shift, SIZE[0], 120):
            shade = 120 + (left * 7 + row * 13 + sum(label.encode())) % 60
            draw.rectangle((left + 2, row + 2, left + 116, row + 44), (shade, 96, 80))
    draw.rectangle((480, 180, 800, 960), "#2f4858", "#1d2d37", 8)
    draw.ellipse((750, 560, 780, 590), "#d9b44a")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=88, exif=noted(at, position))
    return file.getvalue()


def noted(at: datetime, position: Position) -> Image.Exif:
    """Return what a camera writes beside the picture."""
    found = Image.Exif()
    found[ExifTags.Base.Make], found[ExifTags.Base.Model] = MAKE, MODEL
    offset = at.strftime("%z")
    found.get_ifd(ExifTags.IFD.Exif).update(
        {
            ExifTags.Base.DateTimeOriginal: at.strftime("%Y:%m:%d %H:%M:%S"),
            ExifTags.Base.OffsetTimeOriginal: f"{offset[:3]}:{offset[3:]}",
        }
    )
    found.get_ifd(ExifTags.IFD.GPSInfo).update(
        {
            ExifTags.GPS.GPSLatitudeRef: "N" if position.latitude >= 0 else "S",
            ExifTags.GPS.GPSLatitude: degrees(position.latitude),
            ExifTags.GPS.GPSLongitudeRef: "E" if position.longitude >= 0 else "W",
            ExifTags.GPS.GPSLongitude: degrees(position.longitude),
        }
    )
    return found


def degrees(value: float) -> tuple[float, float, float]:
    """Return degrees, minutes and seconds."""
    minutes, seconds = divmod(round(abs(value) * 3600, 2), 60)
    whole, minutes = divmod(minutes, 60)
    return whole, minutes, round(seconds, 2)


def sound(seconds: float) -> bytes:
    """Return a WAV of so many seconds, of one channel and 16 bits: four tones in turn."""
    phrase = array("h")
    for tone in TONES:
        for sample in range(int(RATE * TONE_S)):
            swell = math.sin(math.pi * sample / (RATE * TONE_S))
            phrase.append(int(LOUD * swell * math.sin(math.tau * tone * sample / RATE)))
    wanted = round(seconds * RATE)
    whole = (phrase * (wanted // len(phrase) + 1))[:wanted]
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(whole.tobytes())
    return file.getvalue()
