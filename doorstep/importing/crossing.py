"""What is wrong between rows: keys used twice, and names that nothing goes by.

A name is looked up among the files only where a file of that kind is among them;
otherwise the platform is asked, when the file is sent.
"""

import difflib
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from doorstep.importing.checking import Flaw
from doorstep.importing.kinds import Values
from doorstep.importing.table import Complaint, Row, Sheet

Placed = tuple[Sheet, Row]


@dataclass
class Known:
    """All rows of all files by kind and key; a kind without a file is not here.

    Of a kind in `partly`, some rows could not be read: nobody knows what they name.
    """

    rows: Mapping[str, Mapping[str, Placed]]
    partly: Set[str]
    suggestions_left: int = 50  # each is a search through all keys; nobody reads more

    def values(self, kind: str, key: str) -> Mapping[str, Any] | None:
        """Return a row's values, or nothing when no file has it."""
        placed = self.rows.get(kind, {}).get(key)
        return placed[1].values if placed else None

    def lacks(self, kind: str, key: str) -> bool:
        if kind not in self.rows or kind in self.partly:
            return False
        return key not in self.rows[kind]

    @cached_property
    def agency_of(self) -> Mapping[str, str]:
        """An agency each staff number is known at."""
        people = self.rows.get("people", {})
        return {
            staff: agency for agency, _, staff in (key.partition("/") for key in people)
        }

    def closest(self, kind: str, key: str) -> str:
        if self.suggestions_left <= 0:
            return ""
        self.suggestions_left -= 1
        found = difflib.get_close_matches(key, self.rows[kind], 1, 0.75)
        return found[0] if found else ""


def cross(sheets: Sequence[Sheet]) -> list[Complaint]:
    """Return what is wrong between the rows of all files."""
    rows: dict[str, dict[str, Placed]] = {}
    partly = {sheet.kind.name for sheet in sheets if not sheet.whole}
    complaints: list[Complaint] = []
    for sheet in sheets:
        complaints += _keys(sheet, rows.setdefault(sheet.kind.name, {}), partly)
        complaints += _one_agency(sheet)
    known = Known(rows, partly)
    for sheet in sheets:
        for row in sheet.rows:
            for column, kind, values in _loose(sheet.kind.name, row.values, known):
                complaints.append(sheet.complain(row, column, kind, **values))
    return complaints


def _keys(sheet: Sheet, known: dict[str, Placed], partly: set[str]) -> Iterator[Complaint]:
    """Gather the keys of a sheet; complain of the second use of one, naming both."""
    column = sheet.kind.columns[0].name if sheet.kind.name != "people" else "staff_no"
    for row in sheet.rows:
        try:
            key = sheet.kind.key(row.values)
        except KeyError:
            partly.add(sheet.kind.name)
            continue
        if key in known:
            first = known[key][0].place(known[key][1])
            yield sheet.complain(row, column, "key-twice", first=first)
        known.setdefault(key, (sheet, row))


def _one_agency(sheet: Sheet) -> Iterator[Complaint]:
    """A supervisor plans visits of one agency: so does a file."""
    if sheet.kind.name != "visits":
        return
    agencies = [(row, row.values["agency"]) for row in sheet.rows if "agency" in row.values]
    for row, agency in agencies:
        if agency != agencies[0][1]:
            yield sheet.complain(row, "agency", "one-agency-a-file", first=agencies[0][1])


def _loose(kind: str, row: Values, known: Known) -> Iterator[Flaw]:
    """Yield every name in a row that nothing goes by, or that does not fit."""
    agency = row.get("agency")
    if agency is not None and known.lacks("agencies", agency):
        yield _unknown("agency", "agencies", agency, known)
        return
    for column in PEOPLE_IN.get(kind, ()):
        named = row.get(column, ())
        for staff in (named,) if isinstance(named, str) else named:
            yield from _person(column, agency, staff, known)
    if kind == "visits":
        yield from _case(row, known)
        yield from _letter(row, known)


PEOPLE_IN = {
    "devices": ("holder",),
    "letters": ("people",),
    "visits": ("collectors",),
    "accounts": ("person",),
}


def _person(column: str, agency: str | None, staff: str, known: Known) -> Iterator[Flaw]:
    if agency is None or not known.lacks("people", f"{agency}/{staff}"):
        return
    if other := known.agency_of.get(staff):
        values = {"key": staff, "agency": agency, "other": other}
        yield column, "person-of-another-agency", values
    else:
        yield _unknown(column, "people", f"{agency}/{staff}", known)


def _case(row: Values, known: Known) -> Iterator[Flaw]:
    number, agency = row.get("case"), row.get("agency")
    if number is None:
        return
    if known.lacks("cases", number):
        yield _unknown("case", "cases", number, known)
        return
    case = known.values("cases", number)
    if case and agency and case.get("agency", agency) != agency:
        values = {"key": number, "agency": agency, "other": case["agency"]}
        yield "case", "case-of-another-agency", values


def _letter(row: Values, known: Known) -> Iterator[Flaw]:
    number = row.get("letter")
    if number is None:
        return
    if known.lacks("letters", number):
        yield _unknown("letter", "letters", number, known)
        return
    letter = known.values("letters", number)
    if letter is not None:
        yield from _letter_fits(row, letter, known)


def _letter_fits(row: Values, letter: Values, known: Known) -> Iterator[Flaw]:
    agency, number = row.get("agency"), row["letter"]
    if letter.get("agency", agency) != agency:
        values = {"key": number, "other": letter["agency"]}
        yield "letter", "letter-of-another-agency", values
        return
    for staff in row.get("collectors", ()):
        stranger = known.lacks("people", f"{agency}/{staff}")
        if not stranger and "people" in letter and staff not in letter["people"]:
            yield "letter", "letter-names-others", {"key": number, "staff": staff}
    days = [row[name].date() for name in ("not_before", "not_after") if name in row]
    first, last = letter.get("valid_from"), letter.get("valid_until")
    if first is None or last is None or last < first:
        return
    if not all(first <= day <= last for day in days):
        yield "letter", "letter-not-that-day", {"key": number, "first": first, "last": last}


def _unknown(column: str, kind: str, key: str, known: Known) -> Flaw:
    closest = known.closest(kind, key)
    name = f"unknown-{kind}-meant" if closest else f"unknown-{kind}"
    return column, name, {"key": key, "meant": closest}
