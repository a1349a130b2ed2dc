"""What a file turns into: rows of cells that know their line, and complaints."""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from doorstep.importing.kinds import Kind

#: What a cell holds before anything is made of it: text, or a list of texts.
Content = str | tuple[str, ...]
SHOWN_CHARACTERS, SHOWN_OF_A_SECRET = 40, 4
#: A number of a card, a person or a phone, wherever columns have slipped.
LONG_NUMBER = re.compile(r"[0-9]{7,}(?=[0-9Xx]{4})")


@dataclass(frozen=True, slots=True)
class Cell:
    """One value of a row, as it was written, and where."""

    content: Content
    line: int

    @property
    def text(self) -> str:
        content = self.content
        return content if isinstance(content, str) else "|".join(content)


@dataclass(frozen=True, slots=True)
class Complaint:
    """One thing that is wrong, and where. Without a line, the file as a whole is.

    `says` is a sentence of the server's; otherwise `kind` and `values` make it.
    """

    file: str
    line: int | None
    kind: str
    title: str = ""
    value: str = ""
    values: Mapping[str, object] = field(default_factory=dict)
    says: str = ""


@dataclass(slots=True)
class Row:
    """One row: its cells by column, and what could be made of them.

    `spoilt` are columns there was something wrong with already.
    """

    line: int
    cells: Mapping[str, Cell]
    values: dict[str, Any] = field(default_factory=dict)
    spoilt: Set[str] = frozenset()


@dataclass(slots=True)
class Sheet:
    """One file, read. `titles` are the columns as the file calls them.

    `whole` is false when rows are missing because they could not be read.
    """

    file: str
    kind: Kind
    rows: list[Row]
    titles: Mapping[str, str]
    whole: bool = True

    def complain(self, row: Row, column: str, kind: str, **values: object) -> Complaint:
        """Return a complaint about a column of a row; what is secret stays so."""
        cell = row.cells.get(column)
        return Complaint(
            file=self.file,
            line=cell.line if cell else row.line,
            kind=kind,
            title=self.titles.get(column, column),
            value=self.shown(row, column),
            values={name: masked(value) for name, value in values.items()},
        )

    def shown(self, row: Row, column: str) -> str:
        """Return a cell's text fit to print: short, and of a secret only its end."""
        cell = row.cells.get(column)
        text = " ".join(cell.text.split()) if cell else ""
        if text and column in self.kind.secrets:
            return "…" + (text[-SHOWN_OF_A_SECRET:] if len(text) > 8 else "")
        text = str(masked(text))
        return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"

    def place(self, row: Row) -> str:
        return f"{self.file}:{row.line}"


def masked(value: object) -> object:
    """Hide all of a long number but its end."""
    return LONG_NUMBER.sub("…", value) if isinstance(value, str) else value


class Unreadable(Exception):
    """A file that no row can be taken from, and why."""

    def __init__(self, *complaints: Complaint) -> None:
        super().__init__(complaints[0].kind)
        self.complaints = complaints
