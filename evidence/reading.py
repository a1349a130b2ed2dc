"""Reads the ZIP of a bundle strictly: writes each header anew, and compares.

Nothing is unpacked, and nothing is believed that `archive.stream` would not have written:
no byte before, between or behind, no second name, no path, no link, no compression.
"""

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from evidence import archive
from evidence.archive import CHUNK, FULL, LONGEST, MOST, Member
from evidence.errors import CannotCheck, DoesNotFit

TOP = re.compile(r"doorstep-[0-9A-Za-z-]{1,64}")
#: Every name that a bundle may have below its folder; docs/evidence.md says what each is.
NAMES = re.compile(
    r"bagit\.txt|bag-info\.txt|signature\.json"
    r"|(?:tag)?manifest-(?:sha256|sm3)\.txt"
    r"|data/(?:records|heads|disclosures)\.jsonl|data/(?:log|keys|withheld)\.json"
    r"|data/timestamps/[1-9][0-9]{0,5}\.tsr|data/media/[0-9a-f]{64}"
    r"|evidence/[a-z0-9_]{1,40}\.py|evidence/words\.[A-Za-z-]{2,10}\.json"
)
HEADER = struct.Struct("<4s5H3I2H")
#: The longest name of a file, folder included.
LONGEST_NAME = 200


@dataclass(frozen=True)
class Archive:
    """The files of a bundle, by their names below its one folder `top`."""

    top: str
    members: dict[str, Member] = field(repr=False)

    def chunks(self, name: str) -> Iterator[bytes]:
        """Give a file's bytes in pieces. Raises DoesNotFit at the end for a wrong CRC."""
        member, crc = self.members[name], 0
        for piece in member.open():
            crc = zlib.crc32(piece, crc)
            yield piece
        if crc != member.crc:
            raise DoesNotFit("bad_crc", name)

    def read(self, name: str) -> bytes:
        """Return a whole file. Raises DoesNotFit where it is missing or too long."""
        if name not in self.members:
            raise DoesNotFit("missing_file", name)
        size = self.members[name].size
        if size > LONGEST:
            raise DoesNotFit("too_long", name, size=size, limit=LONGEST)
        return b"".join(self.chunks(name))


@contextmanager
def opened(path: Path) -> Iterator[Archive]:
    """Open a bundle. Raises CannotCheck where it cannot be read, DoesNotFit as it reads."""
    try:
        file = path.open("rb")
        size = file.seek(0, 2)
    except OSError as error:
        raise CannotCheck("no_bundle", path=str(path), why=error.strerror) from None
    with file:
        yield scanned(file, size)


def scanned(file: BinaryIO, size: int) -> Archive:
    """Return what is in an archive of this size, all of its headers compared."""
    found: list[Member] = []
    directory, at = [], 0
    while (member := _member(file, at, size)) is not None:
        if found and member.name <= found[-1].name:
            raise DoesNotFit("out_of_order", f"byte {at}", name=member.name)
        if len(found) == MOST:
            raise DoesNotFit("too_many", f"byte {at}", limit=MOST)
        found.append(member)
        directory.append(archive.central(member.name, member.size, member.crc, at))
        at += len(archive.local(member.name, member.size, member.crc)) + member.size
    expected = b"".join(directory)
    expected += archive.ending(len(directory), len(expected), at)
    _compare(file, at, expected)
    if size != at + len(expected):
        raise DoesNotFit("more_behind", f"byte {at + len(expected)}")
    return _named(found)


def _member(file: BinaryIO, at: int, size: int) -> Member | None:
    """Return the file whose header begins at this byte, None where there is no more."""
    raw = _bytes(file, at, HEADER.size)
    if raw.startswith(b"PK\x01\x02"):
        return None
    if len(raw) < HEADER.size or not raw.startswith(b"PK\x03\x04"):
        raise DoesNotFit("no_header", f"byte {at}")
    *_, crc, _, shown, named, _ = HEADER.unpack(raw)
    name = _bytes(file, at + HEADER.size, min(named, LONGEST_NAME)).decode("latin-1")
    if len(name) != named or not name.isascii():
        raise DoesNotFit("bad_name", f"byte {at + HEADER.size}", name=repr(name))
    if shown == FULL:
        extra = _bytes(file, at + HEADER.size + named, 20)
        shown = int.from_bytes(extra[4:12], "little")
    _compare(file, at, archive.local(name, shown, crc))
    begins = at + len(archive.local(name, shown, crc))
    if begins + shown > size:
        raise DoesNotFit("ends_early", f"byte {size}", name=name)
    return Member(name, shown, crc, partial(_pieces, file, begins, shown))


def _named(found: list[Member]) -> Archive:
    """Return them by their names below the one folder, if all of them may be there."""
    top = found[0].name.partition("/")[0] if found else ""
    if not TOP.fullmatch(top):
        raise DoesNotFit("bad_name", "byte 30", name=repr(top))
    members = {}
    for each in found:
        folder, _, name = each.name.partition("/")
        if folder != top or not NAMES.fullmatch(name):
            raise DoesNotFit("bad_name", repr(each.name)[1:-1], name=repr(each.name))
        members[name] = each
    return Archive(top, members)


def _compare(file: BinaryIO, at: int, expected: bytes) -> None:
    """Raise DoesNotFit with the first byte that is another one."""
    there = _bytes(file, at, len(expected))
    if there == expected:
        return
    pairs = enumerate(zip(there, expected, strict=False))
    first = next((n for n, (one, other) in pairs if one != other), len(there))
    raise DoesNotFit("bad_byte", f"byte {at + first}")


def _pieces(file: BinaryIO, at: int, size: int) -> Iterator[bytes]:
    while size:
        piece = _bytes(file, at, min(size, CHUNK))
        if not piece:
            raise DoesNotFit("ends_early", f"byte {at}", name="?")
        yield piece
        at, size = at + len(piece), size - len(piece)


def _bytes(file: BinaryIO, at: int, size: int) -> bytes:
    file.seek(at)
    return file.read(size)
