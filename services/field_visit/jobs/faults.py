"""What a child says of a file that is no evidence: words of `proto.media.Fault`.

Written out once more: a child begins in a third of the time without our messages.
"""

from pathlib import Path
from typing import Any

OTHER_TYPE = "other_type"
UNREADABLE = "unreadable"
TOO_LARGE = "too_large"
NO_SOUND = "no_sound"

#: Frames of MPEG sound, layer III (ISO/IEC 11172-3), by their first two bytes.
MPEG_FRAMES = tuple(bytes([0xFF, each]) for each in (0xE2, 0xE3, 0xF2, 0xF3, 0xFA, 0xFB))
#: How a file of each type begins: where, and with one of what.
BEGINNINGS: dict[str, tuple[tuple[int, tuple[bytes, ...]], ...]] = {
    "image/jpeg": ((0, (b"\xff\xd8\xff",)),),
    "image/png": ((0, (b"\x89PNG\r\n\x1a\n",)),),
    "image/webp": ((0, (b"RIFF",)), (8, (b"WEBP",))),
    "audio/mp4": ((4, (b"ftyp",)),),
    "audio/ogg": ((0, (b"OggS",)),),
    "audio/mpeg": ((0, (b"ID3", *MPEG_FRAMES)),),
    "audio/wav": ((0, (b"RIFF",)), (8, (b"WAVE",))),
    "video/mp4": ((4, (b"ftyp",)),),
    "video/webm": ((0, (b"\x1a\x45\xdf\xa3",)),),
}


class Faulty(Exception):
    """It is no evidence, or less of one; `found` is what could be read all the same."""

    def __init__(self, fault: str, **found: Any) -> None:
        super().__init__(fault)
        self.found = {"fault": fault} | found


def refuse_other_type(path: Path, media_type: str) -> None:
    """Raises Faulty when a file does not begin as one of its type does."""
    with path.open("rb") as file:
        head = file.read(16)
    wanted = BEGINNINGS[media_type]
    if not all(head[where:].startswith(beginnings) for where, beginnings in wanted):
        raise Faulty(OTHER_TYPE)
