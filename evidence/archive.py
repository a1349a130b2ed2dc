"""The ZIP of a bundle: every byte of it is determined by names, sizes and contents.

Stored, in the order of their names, dated 1980-01-01, files that all may read; no comment,
no extra field but that of ZIP64 (PKWARE APPNOTE 6.3.10), no folder of its own.
"""

import struct
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

#: 1980-01-01, the first day that a ZIP can name (4.4.6).
DATED = 0x0021
#: A regular file, -rw-r--r--, as Unix says it (4.4.15).
MODE = 0o100644 << 16
UNIX = 3 << 8
FULL, FULL_COUNT = 0xFFFFFFFF, 0xFFFF
CHUNK = 1 << 16
#: The most files of a bundle, and the longest that is no photo or sound: what a reader of
#: a stranger's bundle holds in memory.
MOST, LONGEST = 20_000, 64 << 20

#: Gives the bytes of a file, in pieces, as often as it is asked.
Opener = Callable[[], Iterator[bytes]]


@dataclass(frozen=True)
class Member:
    """A file of the archive by its whole name, with its size and CRC-32."""

    name: str
    size: int
    crc: int
    open: Opener = field(compare=False, repr=False)


def stream(members: Iterable[Member]) -> Iterator[bytes]:
    """Give the archive in pieces. Nothing is held but the central directory.

    Raises ValueError for a file that is longer or shorter than it was said to be: the
    archive ends there, and no reader takes it for a whole one.
    """
    directory, at = [], 0
    for each in sorted(members, key=lambda member: member.name):
        header = local(each.name, each.size, each.crc)
        yield header
        size = 0
        for piece in each.open():
            size += len(piece)
            yield piece
        if size != each.size:
            raise ValueError(f"{each.name} has {size} bytes, was to have {each.size}")
        directory.append(central(each.name, each.size, each.crc, at))
        at += len(header) + size
    yield from directory
    yield ending(len(directory), sum(map(len, directory)), at)


def length(members: Iterable[Member]) -> int:
    """Return how many bytes `stream` gives."""
    count = at = size = 0
    for each in members:
        count += 1
        size += len(central(each.name, each.size, each.crc, at))
        at += len(local(each.name, each.size, each.crc)) + each.size
    return at + size + len(ending(count, size, at))


def local(name: str, size: int, crc: int) -> bytes:
    """Return what stands before a file (4.3.7)."""
    large = size >= FULL
    extra = struct.pack("<HHQQ", 1, 16, size, size) if large else b""
    shown = FULL if large else size
    named = name.encode("ascii")
    return (
        struct.pack(
            "<4s5H3I2H",
            b"PK\x03\x04",
            45 if large else 20,
            *(0, 0, 0, DATED),
            *(crc, shown, shown),
            *(len(named), len(extra)),
        )
        + named
        + extra
    )


def central(name: str, size: int, crc: int, at: int) -> bytes:
    """Return the directory's line of a file that begins at this byte (4.3.12)."""
    extra = struct.pack("<QQ", size, size) if size >= FULL else b""
    extra += struct.pack("<Q", at) if at >= FULL else b""
    version = 45 if extra else 20
    extra = struct.pack("<HH", 1, len(extra)) + extra if extra else b""
    shown = min(size, FULL)
    named = name.encode("ascii")
    return (
        struct.pack(
            "<4s6H3I5H2I",
            b"PK\x01\x02",
            *(UNIX | version, version, 0, 0, 0, DATED),
            *(crc, shown, shown),
            *(len(named), len(extra), 0, 0, 0),
            *(MODE, min(at, FULL)),
        )
        + named
        + extra
    )


def ending(count: int, size: int, at: int) -> bytes:
    """Return what stands behind a directory of this size that begins at this byte."""
    large = b""
    if count >= FULL_COUNT or size >= FULL or at >= FULL:  # 4.3.14, 4.3.15
        large = struct.pack(
            "<4sQ2H2I4Q", b"PK\x06\x06", 44, UNIX | 45, 45, 0, 0, count, count, size, at
        ) + struct.pack("<4sIQI", b"PK\x06\x07", 0, at + size, 1)
    counted = min(count, FULL_COUNT)
    return large + struct.pack(
        "<4s4H2IH",
        b"PK\x05\x06",
        *(0, 0, counted, counted),
        *(min(size, FULL), min(at, FULL), 0),
    )
