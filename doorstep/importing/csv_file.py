"""A CSV file as a bank sends it: one header line, titles in Chinese or English."""

import csv
import difflib
import io
import unicodedata
from collections.abc import Iterator

from doorstep.importing.decoding import Text
from doorstep.importing.kinds import KINDS, Kind
from doorstep.importing.table import Cell, Complaint, Row, Sheet, Unreadable

#: What people use between columns when it is not a comma.
OTHER_SEPARATORS = {";": ";", "\t": "Tab", "，": "，", "|": "|"}  # noqa: RUF001 full width
Line = tuple[int, list[str]]


def read(text: Text) -> tuple[Sheet, list[Complaint]]:
    """Return the rows, and what is wrong with single lines. Raises `Unreadable`."""
    lines = list(_lines(text))
    if not lines:
        raise Unreadable(Complaint(text.file, None, "empty-file"))
    _, header = lines[0]
    kind, columns = _header(text, header)
    if len(lines) == 1:
        raise Unreadable(Complaint(text.file, None, "no-rows"))
    titles = dict(zip(columns, (title.strip() for title in header), strict=True))
    rows, complaints = [], []
    for line, cells in lines[1:]:
        if len(cells) == len(columns):
            rows.append(_row(line, columns, cells, kind))
            continue
        kind_of = "too-many-cells" if len(cells) > len(columns) else "too-few-cells"
        values = {"found": len(cells), "wanted": len(columns)}
        complaints.append(Complaint(text.file, line, kind_of, values=values))
    return Sheet(text.file, kind, rows, titles, not complaints), complaints


def _lines(text: Text) -> Iterator[Line]:
    """Yield each row with the line it begins on; lines with nothing in them are none."""
    reader = csv.reader(io.StringIO(text.text, newline=""), strict=True)
    begins = 1
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield begins, cells
            begins = reader.line_num + 1
    except csv.Error:
        raise Unreadable(Complaint(text.file, begins, "broken-quotes")) from None


def _row(line: int, columns: list[str], cells: list[str], kind: Kind) -> Row:
    filled = {}
    for column, cell in zip(columns, cells, strict=True):
        if content := cell.strip():
            many = kind.column(column).many
            parts = tuple(part.strip() for part in content.split("|"))
            filled[column] = Cell(parts if many else content, line)
    return Row(line, filled)


def _header(text: Text, header: list[str]) -> tuple[Kind, list[str]]:
    """Return what the file is of, and the column each title means."""
    kind = max(KINDS.values(), key=lambda kind: len(_known(kind, header)))
    known = _known(kind, header)
    if not known:
        raise Unreadable(_strange_header(text, header))
    complaints = [*_unknown(text, kind, header), *_missing(text, kind, header)]
    if complaints:
        raise Unreadable(*complaints)
    return kind, [kind.column_titled(_plain(title)) for title in header]


def _known(kind: Kind, header: list[str]) -> list[str]:
    return [title for title in header if _plain(title) in kind.titles]


def _unknown(text: Text, kind: Kind, header: list[str]) -> Iterator[Complaint]:
    met: set[str] = set()
    for title in header:
        plain = _plain(title)
        column = kind.titles.get(plain)
        if column is None:
            close = _meant(kind, plain)
            name = "misspelt-column" if close else "extra-column"
            values = {"meant": close}
            yield Complaint(text.file, 1, name, title.strip(), values=values)
        elif column in met:
            yield Complaint(text.file, 1, "column-twice", title.strip())
        met.add(column or "")


def _meant(kind: Kind, title: str) -> str:
    """Return the title that an unknown one looks like, if any."""
    if title in kind.titles:
        return ""
    close = difflib.get_close_matches(title, kind.titles, 1, 0.5)
    return close[0] if close else ""


def _missing(text: Text, kind: Kind, header: list[str]) -> Iterator[Complaint]:
    """Yield what is not there, and not there under a misspelt title either."""
    here = {kind.titles.get(_plain(title)) for title in header}
    meant = {kind.titles.get(_meant(kind, _plain(title))) for title in header}
    for column in kind.columns:
        if column.required and column.name not in here | meant:
            yield Complaint(text.file, 1, "missing-column", column.title)


def _strange_header(text: Text, header: list[str]) -> Complaint:
    """Say why no title is known: another separator, another encoding, or another file."""
    joined = ",".join(header)
    for separator, name in OTHER_SEPARATORS.items():
        parts = joined.split(separator)
        if any(_known(kind, parts) for kind in KINDS.values()):
            return Complaint(text.file, 1, "other-separator", values={"separator": name})
    if text.encoding == "GB18030" and _is_big5(joined):
        return Complaint(text.file, 1, "is-big5")
    return Complaint(text.file, 1, "no-known-column")


def _is_big5(header: str) -> bool:
    try:
        titles = header.encode("gb18030").decode("big5").split(",")
    except UnicodeError:
        return False
    return any(_known(kind, titles) for kind in KINDS.values())


def _plain(title: str) -> str:
    """Return a title as it is compared: full-width forms and outer spaces do not count."""
    return unicodedata.normalize("NFKC", title).strip().lower()
