"""From checked rows to the one command a file becomes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from annotated_types import Len, MaxLen

from doorstep.importing.kinds import Values
from doorstep.importing.table import Sheet
from doorstep.importing.values import at
from proto.base import Command, Value
from proto.dispatch import (
    Address,
    CaseEntry,
    Debtor,
    OpenCases,
    PaperEntry,
    PlaceClass,
    PlanVisits,
    VisitEntry,
)
from proto.ids import named
from proto.letters import AuthorisationEntry, IssueAuthorisations
from proto.places import Point
from proto.workforce import (
    AgencyEntry,
    Certificate,
    DeviceEntry,
    PersonEntry,
    RegisterAgencies,
    RegisterDevices,
    RegisterPeople,
)


def agency(row: Values) -> AgencyEntry:
    return AgencyEntry(
        agency_id=named("agency", row["code"]),
        code=row["code"],
        name=row["name"],
        active=row.get("active", True),
    )


def person(row: Values) -> PersonEntry:
    certificate = None
    if "certificate.number" in row:
        certificate = Certificate(
            number=row["certificate.number"],
            valid_from=row["certificate.valid_from"],
            valid_until=row["certificate.valid_until"],
        )
    return PersonEntry(
        person_id=person_id(row["agency"], row["staff_no"]),
        agency_id=named("agency", row["agency"]),
        staff_no=row["staff_no"],
        name=row["name"],
        in_service=row.get("in_service", True),
        certificate=certificate,
    )


def device(row: Values) -> DeviceEntry:
    return DeviceEntry(
        device_id=named("device", row["code"]),
        code=row["code"],
        person_id=person_id(row["agency"], row["holder"]),
        model=row["model"],
    )


def letter(row: Values) -> AuthorisationEntry:
    return AuthorisationEntry(
        letter_id=named("letter", row["number"]),
        number=row["number"],
        agency_id=named("agency", row["agency"]),
        people=tuple(person_id(row["agency"], staff) for staff in row["people"]),
        valid_from=row["valid_from"],
        valid_until=row["valid_until"],
    )


def case(row: Values) -> CaseEntry:
    point = Point(latitude=row["latitude"], longitude=row["longitude"], datum=row["datum"])
    return CaseEntry(
        case_id=named("case", row["number"]),
        number=row["number"],
        agency_id=named("agency", row["agency"]),
        books=row["books"],
        debtor=Debtor(
            name=row["debtor"],
            id_number=row["id_number"],
            card_number=row["card_number"],
        ),
        address=Address(
            text=row["address"],
            point=point,
            zone=row["zone"],
            place_class=row.get("place_class") or PlaceClass.HOME,
        ),
        amount=row["amount"],
        currency=row["currency"],
        overdue_since=row["overdue_since"],
    )


def visit(row: Values) -> VisitEntry:
    one, other = (person_id(row["agency"], staff) for staff in row["collectors"])
    return VisitEntry(
        visit_id=named("visit", f"{row['case']}/{row['name']}"),
        case_id=named("case", row["case"]),
        collectors=(one, other),
        letter_id=named("letter", row["letter"]),
        not_before=at(row["not_before"], row["zone"]),
        not_after=at(row["not_after"], row["zone"]),
        paper=paper(row) if "paper.number" in row else None,
    )


def paper(row: Values) -> PaperEntry:
    return PaperEntry(
        paper_id=named("paper", row["paper.number"]),
        template=row["paper.template"],
        how=row["paper.how"],
    )


def person_id(agency_code: str, staff_no: str) -> UUID:
    return named("person", f"{agency_code}/{staff_no}")


@dataclass(frozen=True)
class Sending:
    """How a kind of file is sent: its command, where to, and what an entry is made by.

    `columns` says which column a field of an entry came from, where the names differ.
    """

    command: type[Command]
    entry: Callable[[Values], Value]
    columns: Mapping[str, str]

    def limit(self, field: str) -> int:
        """Return how many entries the command takes."""
        lengths = self.command.model_fields[field].metadata
        found = [one.max_length for one in lengths if isinstance(one, (Len, MaxLen))]
        return next(length for length in found if length is not None)


AGENCY_ID = {"agency_id": "agency"}
SENDINGS: Mapping[str, Sending] = {
    "agencies": Sending(RegisterAgencies, agency, {}),
    "people": Sending(RegisterPeople, person, AGENCY_ID | {"person_id": "staff_no"}),
    "devices": Sending(RegisterDevices, device, {"person_id": "holder"}),
    "authorisations": Sending(IssueAuthorisations, letter, AGENCY_ID),
    "cases": Sending(
        OpenCases,
        case,
        AGENCY_ID
        | {"address/zone": "zone", "case_id": "number"}
        | {"address/place_class": "place_class"}
        | {f"address/point/{part}": part for part in ("latitude", "longitude", "datum")}
        | {"address/text": "address", "debtor/name": "debtor"}
        | {f"debtor/{part}": part for part in ("id_number", "card_number")},
    ),
    "visits": Sending(
        PlanVisits,
        visit,
        AGENCY_ID
        | {"case_id": "case", "letter_id": "letter", "paper/paper_id": "paper.number"}
        | {f"paper/{part}": f"paper.{part}" for part in ("template", "how")},
    ),
}
#: Where the path is not called as the list in the file.
PATHS = {"letters": "authorisations"}


def sending(sheet: Sheet) -> tuple[str, Sending]:
    """Return the path under `/v1/` a file is posted to, and how."""
    path = PATHS.get(sheet.kind.name, sheet.kind.name)
    return path, SENDINGS[path]


def body(sheet: Sheet) -> dict[str, Sequence[Any]]:
    """Return the body of the one command a file becomes."""
    _, how = sending(sheet)
    entries = [how.entry(row.values) for row in sheet.rows]
    command = how.command.model_validate({sheet.kind.name: entries})
    return command.model_dump(mode="json")


def column_of(sheet: Sheet, field: str) -> str:
    """Return the column a field of an entry came from: `address/zone` -> `zone`."""
    _, how = sending(sheet)
    if field in how.columns:
        return how.columns[field]
    return field.partition("/")[0]
