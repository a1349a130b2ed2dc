"""Which characters the font of a page can draw: read from its `cmap` (OpenType 1.9).

A rare character of a name shall not become a blank box, nor one that turns the direction
of writing around do so unseen: each that cannot be drawn is written by its number.
"""

import struct
import unicodedata
from functools import cache
from pathlib import Path

FONT = Path("/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc")
FAMILY = "WenQuanYi Zen Hei"
PACKAGE = "fonts-wqy-zenhei"


class FontMissing(Exception):
    """The font that reports are set in is not on this machine."""


def legible(text: str) -> str:
    """Return a text whose every character is seen, the others by their number.

    Raises FontMissing.
    """
    known = drawn()
    return "".join(c if c in known else f"[U+{ord(c):X}]" for c in " ".join(text.split()))


@cache
def drawn() -> frozenset[str]:
    """Return all characters that the font draws by themselves. Raises FontMissing."""
    refuse_without_font()
    found = map(chr, characters(FONT.read_bytes()))
    return frozenset(c for c in found if c == " " or is_seen(c))


def refuse_without_font() -> None:
    """Raises FontMissing."""
    if not FONT.exists():
        raise FontMissing(
            f"reports cannot be set without {FONT}; apt-get install {PACKAGE}"
        )


def is_seen(character: str) -> bool:
    """Tell whether it is neither a control, nor unassigned, nor a mark upon another."""
    return unicodedata.category(character)[0] not in "CMZ"


def characters(font: bytes) -> set[int]:
    """Return the code points of the first face of a collection, or of a font."""
    start = struct.unpack_from(">I", font, 12)[0] if font[:4] == b"ttcf" else 0
    (count,) = struct.unpack_from(">H", font, start + 4)
    for row in range(count):
        tag, _, at, _ = struct.unpack_from(">4sIII", font, start + 12 + 16 * row)
        if tag == b"cmap":
            return mapped(font, at)
    return set()


def mapped(font: bytes, cmap: int) -> set[int]:
    """Return what the tables of both forms in use map: 4 (16 bits) and 12 (32 bits)."""
    found: set[int] = set()
    (count,) = struct.unpack_from(">H", font, cmap + 2)
    for row in range(count):
        _, _, offset = struct.unpack_from(">HHI", font, cmap + 4 + 8 * row)
        (form,) = struct.unpack_from(">H", font, cmap + offset)
        if form == 4:
            found |= by_segments(font, cmap + offset)
        elif form == 12:
            found |= by_groups(font, cmap + offset)
    return found


def by_segments(font: bytes, at: int) -> set[int]:
    """A code point of a segment may still have no glyph (number 0)."""
    (twice,) = struct.unpack_from(">H", font, at + 6)
    of = f">{twice // 2}H"
    ends = struct.unpack_from(of, font, at + 14)
    starts = struct.unpack_from(of, font, at + 16 + twice)
    deltas = struct.unpack_from(of, font, at + 16 + 2 * twice)
    ranges = at + 16 + 3 * twice
    offsets = struct.unpack_from(of, font, ranges)
    found = set()
    for row, (first, last) in enumerate(zip(starts, ends, strict=True)):
        for code in range(first, min(last, 0xFFFE) + 1):
            glyph = code
            if offsets[row]:
                place = ranges + 2 * row + offsets[row] + 2 * (code - first)
                (glyph,) = struct.unpack_from(">H", font, place)
            if glyph and (glyph + deltas[row]) & 0xFFFF:
                found.add(code)
    return found


def by_groups(font: bytes, at: int) -> set[int]:
    (count,) = struct.unpack_from(">I", font, at + 12)
    found: set[int] = set()
    for row in range(count):
        first, last, glyph = struct.unpack_from(">III", font, at + 16 + 12 * row)
        found.update(range(first + (glyph == 0), last + 1))
    return found
