"""What is known of a debtor is the least that a visit needs, and nobody else is known.

No message carries a contact person, a telephone number, or a second address (16.04
21.057): what has no place in a message is asked of nobody, and is kept nowhere. Where the
debtor said they would be is no address of theirs: one visit has it, and no other.
"""

from collections.abc import Iterator
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from proto import (
    circumstances,
    complaints,
    contact,
    day,
    dispatch,
    field_visit,
    journal,
    letters,
    media,
    pack,
    plausibility,
    recovery,
)
from proto import workforce as people
from proto.base import Command, Event
from proto.day import DayVisit
from proto.dispatch import Address, CaseEntry, Debtor, Elsewhere, Sheet, VisitEntry
from proto.facts import Appointment
from proto.pack import CashLeave, PackedVisit, PackLetter

PARTS = (
    circumstances,
    complaints,
    contact,
    day,
    dispatch,
    field_visit,
    journal,
    letters,
    media,
    pack,
    people,
    plausibility,
    recovery,
)

#: Everything that is taken in of a debtor, and everything that a pair is shown.
WHOLE = {
    CaseEntry: {
        *("case_id", "number", "agency_id", "books", "debtor", "address"),
        *("amount", "currency", "overdue_since"),
    },
    Debtor: {"name", "id_number", "card_number"},
    Address: {"text", "point", "zone", "place_class"},
    VisitEntry: {
        *("visit_id", "case_id", "collectors", "letter_id", "not_before", "not_after"),
        *("paper", "elsewhere"),
    },
    Elsewhere: {"appointment_id", "text", "point", "zone"},
    Appointment: {"kind", "starts_at", "ends_at", "place", "where", "place_class", "proof"},
    Sheet: {"debtor_name", "id_number", "card_number", "address", "named"},
    PackedVisit: {
        *("visit_id", "collectors", "not_before", "not_after", "zone", "sheet", "point"),
        *("place_class", "letter", "badge", "special", "paper", "cash", "code", "grant"),
        *("pairing", "table"),
    },
    PackLetter: {"number", "agency", "staff_numbers", "valid_from", "valid_until"},
    CashLeave: {"authority_id", "cap", "currency", "good_until"},
    DayVisit: {
        *("visit_id", "withdrawn", "state", "not_before", "not_after", "zone", "ending"),
        *("distance_m", "missing"),
    },
}

#: Words that a field about somebody else, or about another way to them, would be called by.
OF_OTHERS = {
    *("address", "addresses", "home", "office", "street", "workplace", "employer"),
    *("contact", "contacts", "reference", "referee", "emergency", "guarantor", "neighbour"),
    *("kin", "family", "friend", "parent", "relative", "spouse", "child", "sibling"),
    *("email", "mail", "mobile", "phone", "phones", "tel", "telephone", "wechat"),
}
#: The one address of a case, and whether it is closed; by what somebody who complains
#: wants to be answered, which is theirs to give; and by what a court's order is known,
#: which is sealed for compliance.
RIGHTLY = {
    "OpenCases.cases.address",
    "CaseStanding.address_open",
    "FileComplaint.contact",
    "ComplainByBadge.contact",
    "PutLegalHold.reference",
}


def models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside a type: `tuple[CaseEntry, ...]`, `PaperEntry | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from models(part)


def fields(model: type[BaseModel], path: str) -> Iterator[str]:
    """Every field of a message, by its way in: `OpenCases.cases.debtor.name`."""
    for name, field in model.model_fields.items():
        yield f"{path}.{name}"
        for inner in models(field.annotation):
            yield from fields(inner, f"{path}.{name}")


def messages() -> Iterator[type[Command] | type[Event]]:
    for part in PARTS:
        for thing in vars(part).values():
            if isinstance(thing, type) and issubclass(thing, Command | Event):
                yield thing


MESSAGES = sorted(set(messages()), key=lambda each: each.__name__)


def of_others(paths: set[str]) -> set[str]:
    return {path for path in paths if OF_OTHERS & {*path.rpartition(".")[2].split("_")}}


@pytest.mark.parametrize("model", WHOLE, ids=lambda model: model.__name__)
def test_this_and_no_more_is_known_of_a_debtor(model) -> None:
    assert set(model.model_fields) == WHOLE[model]


def test_no_message_tells_of_anybody_but_the_debtor_at_one_address() -> None:
    paths = {path for each in MESSAGES for path in fields(each, each.__name__)}

    assert {"OpenCases.cases.debtor.name", "VisitPlanned.sheet.box"} <= paths
    assert of_others(paths) == RIGHTLY


def test_a_second_address_or_a_contact_person_would_be_seen() -> None:
    class Relative(BaseModel):
        mobile_phone: str

    class Planted(BaseModel):
        work_address: str
        others: tuple[Relative, ...] = ()
        number: str

    assert of_others(set(fields(Planted, "Planted"))) == {
        "Planted.work_address",
        "Planted.others.mobile_phone",
    }
