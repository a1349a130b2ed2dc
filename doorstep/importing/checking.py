"""What is wrong with a row by itself: its values, and how they fit each other."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

from doorstep.importing.entries import sending
from doorstep.importing.kinds import ACCOUNTS, Column, Values
from doorstep.importing.table import Cell, Complaint, Row, Sheet
from doorstep.importing.values import Wrong, at
from proto.places import Datum

#: A column, the kind of sentence, and its values.
Flaw = tuple[str, str, Mapping[str, object]]
NONE: Mapping[str, object] = {}
#: Where the shifted datums are defined, and most of what is written here: degrees.
SOUTH, NORTH, WEST, EAST = 3.0, 54.0, 73.0, 136.0
PAPER = ("paper.number", "paper.template", "paper.how")
CERTIFICATE = ("certificate.number", "certificate.valid_from", "certificate.valid_until")


def check(sheet: Sheet, today: date) -> list[Complaint]:
    """Read every cell of a sheet into its row's values; return what is wrong."""
    complaints = list(_too_many(sheet))
    for row in sheet.rows:
        complaints += _read(sheet, row)
        for column, kind, values in _flaws(sheet.kind.name, row.values, today):
            complaints.append(sheet.complain(row, column, kind, **values))
    return complaints


def _too_many(sheet: Sheet) -> Iterator[Complaint]:
    if sheet.kind is ACCOUNTS:
        return
    limit = sending(sheet)[1].limit(sheet.kind.name)
    if len(sheet.rows) > limit:
        values = {"limit": limit, "found": len(sheet.rows)}
        yield Complaint(sheet.file, None, "too-many-rows", values=values)


def _read(sheet: Sheet, row: Row) -> Iterator[Complaint]:
    for column in sheet.kind.columns:
        cell = row.cells.get(column.name)
        if cell is None:
            if column.required and column.name not in row.spoilt:
                yield sheet.complain(row, column.name, "nothing-here")
            continue
        try:
            row.values[column.name] = _value(column, cell)
        except Wrong as wrong:
            yield sheet.complain(row, column.name, wrong.kind, **wrong.values)


def _value(column: Column, cell: Cell) -> Any:
    return column.read(cell.content)


def _flaws(kind: str, row: Values, today: date) -> Iterator[Flaw]:
    checks = CHECKS.get(kind)
    if checks is not None:
        yield from checks(row, today)


def _person(row: Values, _today: date) -> Iterator[Flaw]:
    yield from _half(row, CERTIFICATE, "half-a-certificate")
    yield from _days(row, "certificate.valid_from", "certificate.valid_until")


def _half(row: Values, columns: tuple[str, ...], kind: str) -> Iterator[Flaw]:
    """Yield what is missing of a thing that takes all of these columns or none."""
    here = [name for name in columns if name in row]
    if here and len(here) < len(columns):
        missing = next(name for name in columns if name not in row)
        yield here[0], kind, {"missing": missing}


def _letter(row: Values, _today: date) -> Iterator[Flaw]:
    yield from _days(row, "valid_from", "valid_until")
    people = row.get("people", ())
    if len(set(people)) < len(people):
        yield "people", "person-twice", NONE
    elif "people" in row and not 2 <= len(people) <= 50:
        yield "people", "two-to-fifty", {"found": len(people)}


def _days(row: Values, first: str, last: str) -> Iterator[Flaw]:
    if first in row and last in row and row[last] < row[first]:
        yield last, "days-reversed", {"first": row[first]}


def _case(row: Values, today: date) -> Iterator[Flaw]:
    if "overdue_since" in row and row["overdue_since"] > today:
        yield "overdue_since", "day-in-the-future", {"today": today}
    if len(row.get("books", ())) > 20:
        yield "books", "too-many-books", {"limit": 20}
    if "latitude" in row and "longitude" in row:
        yield from _place(row["latitude"], row["longitude"], row.get("datum"))


def _place(latitude: float, longitude: float, datum: Datum | None) -> Iterator[Flaw]:
    if latitude == longitude == 0:
        yield "latitude", "not-measured", NONE
    elif _in_the_region(longitude, latitude):
        yield "latitude", "swapped", {"longitude": longitude}
    elif abs(latitude) > 90:
        yield "latitude", "degrees-out-of-range", {"limit": 90}
    elif datum in (Datum.GCJ02, Datum.BD09) and not _in_the_region(latitude, longitude):
        yield "datum", "datum-not-there", {"at": f"{latitude}, {longitude}"}


def _in_the_region(latitude: float, longitude: float) -> bool:
    return SOUTH <= latitude <= NORTH and WEST <= longitude <= EAST


def _visit(row: Values, _today: date) -> Iterator[Flaw]:
    yield from _half(row, PAPER, "half-a-paper")
    collectors = row.get("collectors", ())
    if "collectors" in row and len(collectors) != 2:
        yield "collectors", "two-collectors", {"found": len(collectors)}
    elif len(set(collectors)) == 1:
        yield "collectors", "collector-twice", NONE
    ends = [name for name in ("not_before", "not_after") if name in row]
    if "zone" not in row:
        return
    for name in ends:
        try:
            at(row[name], row["zone"])
        except Wrong as wrong:
            yield name, wrong.kind, wrong.values
            return
    if len(ends) == 2 and row["not_after"] <= row["not_before"]:
        yield (
            "not_after",
            "window-reversed",
            {"first": f"{row['not_before']:%Y-%m-%d %H:%M}"},
        )


CHECKS: Mapping[str, Callable[[Values, date], Iterator[Flaw]]] = {
    "people": _person,
    "letters": _letter,
    "cases": _case,
    "visits": _visit,
}
