"""Read all the files that were named, check them together, and say all that is wrong."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from doorstep.importing import csv_file, yaml_file
from doorstep.importing.checking import check
from doorstep.importing.crossing import cross
from doorstep.importing.decoding import decoded
from doorstep.importing.kinds import KINDS
from doorstep.importing.table import Complaint, Sheet, Unreadable

READERS = {".csv": csv_file.read, ".yaml": yaml_file.read, ".yml": yaml_file.read}


@dataclass
class Read:
    """All that was read: the files in the order they are sent, and what is wrong."""

    sheets: list[Sheet] = field(default_factory=list)
    encodings: dict[str, str] = field(default_factory=dict)
    complaints: list[Complaint] = field(default_factory=list)


def read_all(paths: Sequence[Path], today: date) -> Read:
    """Read and check every file, by itself and against the others."""
    read = Read()
    for path in _files(paths, read.complaints):
        try:
            text = decoded(path, path.name)
            sheet, complaints = READERS[path.suffix.lower()](text)
        except Unreadable as unreadable:
            read.complaints += unreadable.complaints
            continue
        read.encodings[path.name] = text.encoding
        read.sheets.append(sheet)
        read.complaints += complaints + check(sheet, today)
    read.complaints += cross(read.sheets)
    order = {name: place for place, name in enumerate(KINDS)}
    read.sheets.sort(key=lambda sheet: (order[sheet.kind.name], sheet.file))
    files = {sheet.file: place for place, sheet in enumerate(read.sheets)}
    read.complaints.sort(key=lambda one: (files.get(one.file, -1), one.line or 0))
    return read


def _files(paths: Iterable[Path], complaints: list[Complaint]) -> Iterator[Path]:
    """Yield each file to read once; a folder stands for the files in it we can read."""
    met: dict[str, Path] = {}
    for path in paths:
        found = [path]
        if path.is_dir():
            found = sorted(p for p in path.iterdir() if p.suffix.lower() in READERS)
            if not found:
                complaints.append(Complaint(path.name or str(path), None, "empty-folder"))
        for file in found:
            if (kind := _refusal(file, met)) is not None:
                complaints.append(Complaint(file.name, None, kind))
                continue
            met[file.name] = file
            yield file


def _refusal(file: Path, met: dict[str, Path]) -> str | None:
    if file.is_dir():
        return "is-a-folder"
    if not file.exists():
        return "broken-link" if file.is_symlink() else "no-such-file"
    if file.suffix.lower() not in READERS:
        return "unknown-kind-of-file"
    return "file-twice" if file.name in met else None
