"""Whether a file of sound ends where its container says: decoders do not mind if not."""

from io import SEEK_END
from pathlib import Path
from struct import Struct
from typing import BinaryIO

#: A page of Ogg (RFC 3533, 6): version, flags, what is not needed here, and the number
#: of its segments.
PAGE, PAGE_SIGN, LAST_PAGE = Struct("<4sBB20xB"), b"OggS", 4
MOST_PAGE = PAGE.size + 255 + 255 * 255
#: A chunk of RIFF; a writer that did not know its length says 0 or all ones.
CHUNK, NOT_KNOWN = Struct("<4sI"), {0, 2**32 - 1}
FIRST_CHUNK = 12
#: Where an MP3 says of how many frames it is made, if it does.
FRAMES_SIGNS, FRAMES_WITHIN = (b"Xing", b"Info"), 8192


def cut_short(path: Path, media_type: str) -> bool:
    """Tell whether it ends before its last page or chunk does."""
    with path.open("rb") as file:
        match media_type:
            case "audio/ogg":
                return not ends_with_last_page(file)
            case "audio/wav":
                return not has_whole_sound(file)
    return False


def knows_its_length(path: Path, media_type: str) -> bool:
    """Tell whether its header says how long it is; what is only guessed proves nothing."""
    if media_type != "audio/mpeg":
        return media_type == "audio/mp4"
    with path.open("rb") as file:
        head = file.read(FRAMES_WITHIN)
    return any(sign in head for sign in FRAMES_SIGNS)


def ends_with_last_page(file: BinaryIO) -> bool:
    """Tell whether the last page of an Ogg file is whole, and marked as the last one."""
    size = file.seek(0, SEEK_END)
    file.seek(max(0, size - MOST_PAGE))
    tail = file.read()
    at = tail.rfind(PAGE_SIGN)
    if at < 0 or len(tail) - at < PAGE.size:
        return False
    _, _, flags, segments = PAGE.unpack_from(tail, at)
    lengths = tail[at + PAGE.size : at + PAGE.size + segments]
    return bool(flags & LAST_PAGE) and len(tail) - at >= (
        PAGE.size + segments + sum(lengths)
    )


def has_whole_sound(file: BinaryIO) -> bool:
    """Tell whether a WAV file is as long as the chunk of its samples says."""
    size, at = file.seek(0, SEEK_END), FIRST_CHUNK
    while at + CHUNK.size <= size:
        file.seek(at)
        name, length = CHUNK.unpack(file.read(CHUNK.size))
        at += CHUNK.size
        if name == b"data":
            return length in NOT_KNOWN or at + length <= size
        at += length + length % 2
    return False
