"""Photos and sound of tests, made by real encoders, and what may be wrong with them."""

import math
import random
import struct
import zlib
from array import array
from collections.abc import Iterable
from fractions import Fraction
from functools import cache
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
from PIL import Image

#: Moderate: a tone whose peaks reach a third of full scale.
GAIN, RATE = 0.3, 16_000
#: FFmpeg's container and encoder of each type that phones send.
ENCODERS = {
    "audio/mp4": ("mp4", "aac"),
    "audio/ogg": ("ogg", "libopus"),
    "audio/mpeg": ("mp3", "libmp3lame"),
    "audio/wav": ("wav", "pcm_s16le"),
}
#: Opus has few rates, and this is the one it plays at.
RATES = {"audio/ogg": 48_000}
#: Of each type of film: container, encoders of pictures and of sound, and its rate.
FILMS = {
    "video/mp4": ("mp4", "libx264", "aac", RATE),
    "video/webm": ("webm", "libvpx-vp9", "libopus", 48_000),
}
#: How these encoders are quick about it; a key frame a second, as phones make them.
QUICK = {
    "libx264": {"preset": "ultrafast", "g": "10"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "g": "10"},
}
#: What EXIF says of a photo: the camera's words and where they are found.
CAMERA = "Camera of 周小川"
TAKEN, OFFSET = "2026:03:02 15:04:05", "+08:00"
LATITUDE = (31.0, 13.0, 49.5)


def picture(width: int = 640, height: int = 480, mode: str = "RGB") -> Image.Image:
    """Something with edges and noise, the same each time, lighter at its left."""
    dice = random.Random(1)
    coarse = Image.frombytes(mode, (16, 12), dice.randbytes(16 * 12 * len(mode)))
    image = coarse.resize((width, height))
    image.paste("white", (0, 0, width // 8, height))
    return image


def exif(**but: Any) -> Image.Exif:
    """What a phone's camera writes: who, when, where, and which way up."""
    found = Image.Exif()
    found[0x010F] = CAMERA
    found[0x0112] = but.get("orientation", 1)
    found.get_ifd(0x8769).update(
        {0x9003: but.get("taken", TAKEN)}
        | ({0x9011: offset} if (offset := but.get("offset", OFFSET)) else {})
    )
    if but.get("position", True):
        found.get_ifd(0x8825).update({1: "N", 2: LATITUDE, 3: "E", 4: LATITUDE})
    return found


def photo(kind: str = "JPEG", image: Image.Image | None = None, **but: Any) -> bytes:
    """A photo as a phone makes it, or as Pillow does with other options."""
    file, image = BytesIO(), image or picture()
    image.save(file, kind, **{"exif": exif()} | but)
    return file.getvalue()


def bomb(width: int, height: int) -> bytes:
    """A PNG that is small as a file and that many black pixels of one bit each."""
    row = bytes(1 + -(-width // 8))
    packed = zlib.compressobj(9)
    data = b"".join([*(packed.compress(row) for _ in range(height)), packed.flush()])
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG (RFC 2083, 3.2)."""
    crc = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", crc)


def with_huge_text(png: bytes, most: int = 100_000_000) -> bytes:
    """A PNG with a compressed text of that many bytes behind its header."""
    text = b"Comment\0\0" + zlib.compress(bytes(most), 9)
    header_ends = 8 + 12 + 13
    return png[:header_ends] + chunk(b"zTXt", text) + png[header_ends:]


@cache
def piece(gain: float, rate: int) -> array:
    """A tenth of a second of 440 Hz: 44 whole waves. Beyond 1 it is cut off."""
    waves = (gain * math.sin(2 * math.pi * 440 * at / rate) for at in range(rate // 10))
    return array("h", (round(max(-1.0, min(1.0, each)) * 32767) for each in waves))


def tone(seconds: float, gain: float = GAIN, rate: int = RATE) -> list[array]:
    """A tone in pieces of a tenth of a second."""
    return [piece(gain, rate)] * round(seconds * 10)


def sound(
    media_type: str = "audio/mp4",
    seconds: float = 1.0,
    gain: float = GAIN,
    parts: Iterable[array] | None = None,
    **options: str,
) -> bytes:
    """A recording as a phone makes it."""
    kind, encoder = ENCODERS[media_type]
    rate = RATES.get(media_type, RATE)
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"sound.{kind}"
        with av.open(str(file), "w", format=kind, options=options) as out:
            stream = out.add_stream(encoder, rate=rate, layout="mono")
            for number, part in enumerate(parts or tone(seconds, gain, rate)):
                out.mux(stream.encode(frame(part, number, rate)))
            out.mux(stream.encode(None))
        return file.read_bytes()


def frame(part: array, number: int, rate: int) -> av.AudioFrame:
    made = av.AudioFrame(format="s16", layout="mono", samples=len(part))
    made.planes[0].update(part.tobytes())
    made.sample_rate, made.time_base = rate, Fraction(1, rate)
    made.pts = number * len(part)
    return made


def movie(
    media_type: str = "video/mp4",
    seconds: float = 2.0,
    gain: float | None = GAIN,
    size: tuple[int, int] = (128, 96),
    **options: str,
) -> bytes:
    """A film as a phone makes it, ten pictures a second; without a gain it has no sound."""
    kind, pictures, voice, rate = FILMS[media_type]
    with TemporaryDirectory() as folder:
        file = Path(folder) / f"film.{kind}"
        with av.open(str(file), "w", format=kind, options=options) as out:
            video = out.add_stream(pictures, rate=10, options=QUICK.get(pictures, {}))
            video.width, video.height, video.pix_fmt = *size, "yuv420p"
            audio = gain is not None and out.add_stream(voice, rate=rate, layout="mono")
            image = picture(*size)
            parts = tone(seconds, gain, rate) if audio else [None] * round(seconds * 10)
            for number, part in enumerate(parts):
                out.mux(video.encode(av.VideoFrame.from_image(image)))
                if audio and part is not None:
                    out.mux(audio.encode(frame(part, number, rate)))
            out.mux(video.encode(None))
            if audio:
                out.mux(audio.encode(None))
        return file.read_bytes()


def film() -> bytes:
    """Two pictures that move, as an MP4 without any sound."""
    file = BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(2):
            out.mux(stream.encode(av.VideoFrame.from_image(picture(64, 48))))
        out.mux(stream.encode(None))
    return file.getvalue()


def flipped(data: bytes, at: float = 0.5) -> bytes:
    """The same with one byte turned over: at a share of it, or so far from its end."""
    where = int(len(data) * at) if at > 0 else len(data) + int(at)
    return data[:where] + bytes([data[where] ^ 0xFF]) + data[where + 1 :]


def half(data: bytes) -> bytes:
    return data[: len(data) // 2]
