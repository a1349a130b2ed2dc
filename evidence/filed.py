"""Tries photos and sound: each that a record names is there, or was erased, or is not for
this reader.
"""

import hashlib
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from evidence.canonical import canonical, member, read
from evidence.errors import DoesNotFit
from evidence.reading import Archive
from evidence.records import DIGEST, Record

FOLDER = "data/media/"
#: Which files a copy does not have, as its reader may not have them; absent where none is.
WITHHELD = "data/withheld.json"


@dataclass(frozen=True)
class Files:
    """How many files are there, which are not, as somebody erased them, and which this
    copy was made without.
    """

    there: int
    erased: tuple[str, ...]
    withheld: tuple[str, ...] = ()


def withheld_text(digests: Iterable[str]) -> str:
    """Return `data/withheld.json`."""
    return canonical({"files": sorted(digests)})


def withheld_in(archive: Archive, named: Container[str], there: Container[str]) -> set[str]:
    """Return what a copy says that it was made without. Raises DoesNotFit."""
    if WITHHELD not in archive.members:
        return set()
    text = archive.read(WITHHELD)
    files = _digests(read(text, WITHHELD), WITHHELD)
    if text.decode() != withheld_text(set(files)) or not files:
        raise DoesNotFit("bad_member", WITHHELD, name="files", value=repr(files)[:80])
    for digest in files:
        if digest not in named or digest in there:
            raise DoesNotFit("bad_member", WITHHELD, name="files", value=digest[:80])
    return set(files)


def erased_in(records: Iterable[Record]) -> set[str]:
    """Return which files were erased, and came in no more. Raises DoesNotFit."""
    gone = set[str]()
    for record in records:
        if record.kind == "file":
            gone.discard(_sha256(record))
        else:
            gone.update(_erased(record))
    return gone


def check_media(archive: Archive, records: Sequence[Record]) -> Files:
    """Try every file of the folder against the record of it. Raises DoesNotFit."""
    named = {_sha256(record): record for record in records if record.kind == "file"}
    erased = erased_in(records)
    there = {n.removeprefix(FOLDER) for n in archive.members if n.startswith(FOLDER)}
    for digest in sorted(there):
        if digest not in named:
            raise DoesNotFit("unnamed_file", FOLDER + digest)
    withheld = withheld_in(archive, named, there)
    for digest, record in named.items():
        if digest in there:
            _try(archive, digest, record)
        elif digest not in erased | withheld:
            raise DoesNotFit("missing_medium", record.where, name=FOLDER + digest)
    gone = named.keys() - there - withheld
    return Files(len(there), tuple(sorted(gone)), tuple(sorted(withheld)))


def _sha256(record: Record) -> str:
    digest: str = member(record.body, "sha256", str, record.where)
    if not DIGEST.fullmatch(digest):
        raise DoesNotFit("bad_member", record.where, name="sha256", value=digest[:80])
    return digest


def _erased(record: Record) -> list[str]:
    if record.kind != "erased" or "files" not in record.body:
        return []
    return _digests(record.body, record.where)


def _digests(of: dict[str, Any], where: str) -> list[str]:
    files: list[str] = member(of, "files", list, where)
    if not all(type(each) is str for each in files):
        raise DoesNotFit("bad_member", where, name="files", value=repr(files)[:80])
    return files


def _try(archive: Archive, digest: str, record: Record) -> None:
    name, state = FOLDER + digest, hashlib.sha256()
    if archive.members[name].size != member(record.body, "size", int, record.where):
        size = archive.members[name].size
        raise DoesNotFit("other_size", record.where, name=name, value=size)
    for piece in archive.chunks(name):
        state.update(piece)
    if state.hexdigest() != digest:
        raise DoesNotFit("other_content", name)
