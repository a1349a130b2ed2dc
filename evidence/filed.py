"""Tries photos and sound: each that a record names is there, or was erased."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from evidence.canonical import member
from evidence.errors import DoesNotFit
from evidence.reading import Archive
from evidence.records import DIGEST, Record

FOLDER = "data/media/"


@dataclass(frozen=True)
class Files:
    """How many files are there, and which are not, as somebody erased them."""

    there: int
    erased: tuple[str, ...]


def check_media(archive: Archive, records: Sequence[Record]) -> Files:
    """Try every file of the folder against the record of it. Raises DoesNotFit."""
    named = {_sha256(record): record for record in records if record.kind == "file"}
    erased = {digest for record in records for digest in _erased(record)}
    there = {n.removeprefix(FOLDER) for n in archive.members if n.startswith(FOLDER)}
    for digest in sorted(there):
        if digest not in named:
            raise DoesNotFit("unnamed_file", FOLDER + digest)
    for digest, record in named.items():
        if digest in there:
            _try(archive, digest, record)
        elif digest not in erased:
            raise DoesNotFit("missing_medium", record.where, name=FOLDER + digest)
    return Files(len(there), tuple(sorted(named.keys() - there)))


def _sha256(record: Record) -> str:
    digest: str = member(record.body, "sha256", str, record.where)
    if not DIGEST.fullmatch(digest):
        raise DoesNotFit("bad_member", record.where, name="sha256", value=digest[:80])
    return digest


def _erased(record: Record) -> list[str]:
    if record.kind != "erased" or "files" not in record.body:
        return []
    files: list[str] = member(record.body, "files", list, record.where)
    if not all(type(each) is str for each in files):
        raise DoesNotFit("bad_member", record.where, name="files", value=repr(files)[:80])
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
