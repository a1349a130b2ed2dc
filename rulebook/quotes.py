"""What the source document says, so that a book can be held to its words."""

import csv
from collections.abc import Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import NamedTuple


class Requirement(NamedTuple):
    """A clause of the source document: its own words, their line, and our English of it."""

    quote: str
    line: int
    meaning: str


@cache
def requirements() -> Mapping[str, Requirement]:
    """Return every clause of the source document by its id."""
    rows = _rows("clauses")
    found = {
        row["id"]: Requirement(row["quote"], int(row["source_line"]), row["meaning"])
        for row in rows
    }
    return MappingProxyType(found)


@cache
def sentences() -> Mapping[int, str]:
    """Return, by number, the lines of the source document that our books quote."""
    rows = _rows("sentences")
    return MappingProxyType({int(row["source_line"]): row["text"] for row in rows})


def _rows(table: str) -> list[dict[str, str]]:
    file = resources.files("rulebook") / "source" / f"{table}.csv"
    return list(csv.DictReader(file.read_text("utf-8").splitlines()))
