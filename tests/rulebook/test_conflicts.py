"""Where the source contradicts itself, and that each default is what the engine does."""

import csv
import importlib
import pkgutil
import re
from datetime import date
from importlib import resources
from typing import get_args

import pytest
from fastapi import FastAPI

import proto
import rulebook
from gateway import asks
from gateway.app import OFF, furnish
from gateway.door import doors
from proto.base import Command, Message, snake
from proto.decision import Act, Outcome
from proto.dispatch import Address, CaseEntry, Debtor, Sheet
from proto.journal import Journal
from proto.places import Point
from rulebook import Misprint, conflicts
from rulebook.needed import NEEDED
from services.dispatch.model import sheet
from tests.rulebook.test_kept import OF_A_CASE

MAINLAND = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CN-FILESTD", "CONTRACT-DEMO")
ALL = (*MAINLAND, "TW-2005")
THAT_DAY = date(2026, 3, 2)
SPAN = re.compile(r"\[(\d+)\.(\d+)\](?:–\[\d+\.(\d+)\])?")
DECLARED = {each.id: each for each in rulebook.contradictions()}


def against(act, facts, books=ALL):
    return [one.clause for one in rulebook.judge(act, facts, books, THAT_DAY).reasons]


def descendants(kind):
    for each in kind.__subclasses__():
        yield each
        yield from descendants(each)


def table():
    file = resources.files("rulebook") / "source" / "contradictions.csv"
    return {row["id"]: row for row in csv.DictReader(file.read_text("utf-8").splitlines())}


def in_cell(cell):
    """Return the clauses a cell of the table names; `[4.18]–[4.20]` names three."""
    return {
        f"{section}.{number:0{len(first)}}"
        for section, first, last in SPAN.findall(cell)
        for number in range(int(first), int(last or first) + 1)
    }


def test_those_that_touch_a_door_are_declared():
    assert list(DECLARED) == ["X1", "X2", "X3", "X5", "X6", "X7", "X8", "X19", "X30"]


@pytest.mark.parametrize("one", DECLARED.values(), ids=lambda one: one.id)
def test_what_is_declared_is_what_the_table_says(one):
    row = table()[one.id]

    assert {*one.one} == in_cell(row["clause_a"])
    assert {*one.other} == in_cell(row["clause_b"])
    assert one.default.keys() == {"zh-CN", "en"}


def test_books_are_told_what_they_contradict():
    def ids(*books):
        return [each.id for each in rulebook.contradictions(books)]

    def between(*books):
        return [each.id for each in rulebook.contradictions(books) if each.between(books)]

    assert ids("CONTRACT-DEMO") == ids("NOBODY-KNOWS") == []
    assert ids("TW-2005") == ["X1", "X2", "X3", "X6", "X7", "X8", "X30"]
    assert between("TW-2005", "CONTRACT-DEMO") == []
    assert between("CN-PLEDGE", "TW-2005") == ["X1", "X2", "X3", "X8", "X30"]
    assert between("CN-PLEDGE", "CN-OUTREQ") == ["X5", "X30"]


def test_x1_both_windows_are_kept(visit):
    early = visit(starts_at="07:30:00", ends_at="07:59:00")
    late = visit(starts_at="22:30:00", ends_at="22:59:00")

    assert against(Act.CHECK_IN, early) == ["4.05"]
    assert against(Act.CHECK_IN, late) == ["4.05", "21.084"]


@pytest.mark.parametrize(("agreed", "left"), [(True, "21.084"), (False, "4.05")])
def test_x2_each_exception_needs_a_record_of_its_own_kind(visit, agreed, left):
    hour = {"from": "22:00:00", "until": "23:00:00", "agreed": agreed}
    late = visit(starts_at="22:30:00", ends_at="22:59:00", appointment=hour)
    used = visit(
        starts_at="22:30:00", ends_at="22:59:00", appointment={**hour, "used": True}
    )

    assert against(Act.CHECK_IN, late) == [left]
    assert against(Act.CHECK_IN, used) == ["4.05", "21.084"]


def test_x3_cash_is_never_unless_contract_and_bank_say_how(visit, wanted):
    assert against(Act.COLLECT_CASH, visit(), MAINLAND) == []
    assert against(Act.COLLECT_CASH, visit(cash=None), MAINLAND) == ["4.30", "4.32"]
    assert against(Act.COLLECT_CASH, visit()) == ["21.038"]
    assert against(Act.AUTHORISE_CASH, wanted()) == ["21.038"]
    without = rulebook.judge(Act.COLLECT_CASH, visit(), MAINLAND[:-1], THAT_DAY)
    assert without.outcome is Outcome.STOP
    assert {one.values.get("norm") for one in without.reasons} >= {
        "cash.cap",
        "cash.banking_hours",
        "cash.receipt_minutes",
    }


#: The words by which something would be named that reaches whoever is not at the door.
WORDS_FOR = {
    "call": {
        *("call", "calls", "dial", "ring", "phone", "telephone", "line", "voice"),
        *("sms", "mail", "email", "fax", "wechat", "notify", "notification", "message"),
        *("messages", "send", "chat"),
    },
    "contact_relatives": {
        *(
            "relative",
            "relatives",
            "kin",
            "family",
            "friend",
            "friends",
            "spouse",
            "parent",
        ),
        *("parents", "sibling", "guarantor", "colleague", "employer", "neighbour"),
    },
}
#: Every order anybody can give to a service.
for each in pkgutil.iter_modules(proto.__path__):
    importlib.import_module(f"proto.{each.name}")
COMMANDS = [each for each in descendants(Command) if each.__module__.startswith("proto.")]
GATEWAY = FastAPI(**OFF)
furnish(GATEWAY)
#: Every route of the gateway.
ROUTES = [door.path for door in doors(GATEWAY)]


def said_in(command):
    """Return the words a command and its fields are named by, and those of its parts."""
    yield from snake(command.__name__).split("_")
    for name, field in command.model_fields.items():
        yield from name.split("_")
        for part in parts(field.annotation):
            yield from said_in(part)


def parts(annotation):
    """Return the messages that a field is made of."""
    if isinstance(annotation, type) and issubclass(annotation, Message):
        yield annotation
    for each in get_args(annotation):
        yield from parts(each)


def reaching(words):
    """Return the commands and routes that are named by one of these words."""
    commands = {each.__name__ for each in COMMANDS if {*said_in(each)} & words}
    return commands | {path for path in ROUTES if {*re.findall("[a-z]+", path)} & words}


def test_the_walk_comes_by_every_command_and_route():
    assert {ask.command for ask in asks.ASKS} <= {*COMMANDS}
    assert len(ROUTES) > len(asks.ASKS) > 30
    noting = {each.__name__ for each in COMMANDS if journal_in(each)}
    assert reaching({"relation"}) == noting | {
        "TypeLiable"
    }  # the bank's word, of no contact
    assert "PermitThirdParty" in reaching({"party"})
    assert "/v1/visits/{visit_id}/asks/ask-third-party" in reaching({"party"})


def journal_in(command):
    return any(
        Journal in parts(field.annotation) for field in command.model_fields.values()
    )


@pytest.mark.parametrize(
    ("one", "name"),
    [(one, name) for one in DECLARED for name in DECLARED[one].kept.get("no_message", ())],
)
def test_what_no_message_can_do_no_command_and_no_route_does(one, name):
    """X5 and X6: nobody is called, written to, or found by way of their kin."""
    assert reaching(WORDS_FOR[name]) == set()


def test_x5_nobody_can_be_called_from_a_visit():
    assert DECLARED["X5"].kept == {"no_message": ("call",)}


def test_x6_kin_and_friends_are_not_collected_from(visit):
    friend = visit(person_met="neighbour")

    assert against(Act.DISCUSS_DEBT, friend) == [
        "4.17",
        "13.08",
        "13.09",
        "16.08",
        "21.037",
    ]
    assert against(Act.COLLECT_CASH, friend)[:1] == ["4.17"]
    assert DECLARED["X6"].kept["no_message"] == ("contact_relatives",)


def test_x7_a_colleague_at_the_workplace_is_a_third_party(visit):
    assert "13.08" in against(Act.DISCUSS_DEBT, visit(person_met="colleague"))
    assert CaseEntry.model_fields.keys() == OF_A_CASE["CaseEntry"]
    assert Debtor.model_fields.keys() == OF_A_CASE["Debtor"]


def test_x8_others_are_asked_by_permit_and_consent_where_no_book_forbids_it(visit):
    agrees = visit(person_met="neighbour")
    no_permit = visit(person_met="neighbour", locating={"permit": None})

    assert against(Act.ASK_THIRD_PARTY, agrees, MAINLAND) == []
    assert against(Act.ASK_THIRD_PARTY, no_permit, MAINLAND) == ["C.21"]
    assert against(Act.ASK_THIRD_PARTY, agrees) == ["21.037"]
    assert {"third_party.permit", "third_party.consent"} <= {*NEEDED[Act.ASK_THIRD_PARTY]}


@pytest.mark.parametrize(
    ("handing", "met", "clauses"),
    [
        ("in_person", "debtor", []),
        ("letterbox", None, []),
        ("posted", "debtor", ["4.23", "4.24", "13.15", "21.089"]),
    ],
)
def test_x19_a_visit_has_two_ways_to_give_a_letter(visit, handing, met, clauses):
    facts = visit(handing=handing, person_met=met)

    assert against(Act.HAND_OVER_LETTER, facts) == clauses


def test_x19_the_visit_is_a_recorded_one_where_anybody_is_met(visit):
    recorders = ["18.03", "C.22", "21.079", "21.088"]

    given = visit(recorded=False)
    met = visit(recorded=False, handing="letterbox", person_met="neighbour")
    nobody = visit(recorded=False, handing="letterbox", person_met=None)

    assert against(Act.HAND_OVER_LETTER, given) == recorders
    assert against(Act.HAND_OVER_LETTER, met) == recorders
    assert against(Act.HAND_OVER_LETTER, nobody) == []
    assert "visit.recorded" in NEEDED[Act.HAND_OVER_LETTER]


def test_x30_masked_items_are_what_confirms_a_debtor(visit):
    assert against(Act.DISCUSS_DEBT, visit(confirmed_items=2)) == []
    assert against(Act.DISCUSS_DEBT, visit(confirmed_items=1)) == ["4.10", "16.10"]
    assert Sheet.model_fields.keys() == OF_A_CASE["Sheet"]
    debtor = Debtor(
        name="某某", id_number="110101199003070012", card_number="62220200001234"
    )
    address = Address(text="x", point=Point(latitude=31.23, longitude=121.47))
    assert sheet(debtor, address).model_dump(exclude_none=True) == {
        "debtor_name": "某某",
        "id_number": "**************0012",
        "card_number": "**********1234",
        "address": "x",
    }


GOOD = """\
contradictions:
  - id: X1
    one: ["4.05"]
    other: ["21.084"]
    default: {zh-CN: 两个时段都要符合。, en: Both windows are kept.}
    kept: {judged: [contact.window]}
"""


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ('"4.05"', '"4.99"', "3: there is no clause '4.99', did you mean '4.29'?"),
        (
            "contact.window",
            "contact.windows",
            "6: there is no rule 'contact.windows', did you mean 'contact.window'?",
        ),
        (
            "judged: [contact.window]",
            "excused: [visit.min_visitors]",
            "6: there is no exception 'visit.min_visitors'",
        ),
        ("default", "defualt", "5: there is no field 'defualt', did you mean 'default'?"),
    ],
)
def test_a_declaration_that_nothing_keeps_is_refused(right, wrong, complaint):
    assert conflicts.read("x.yaml", GOOD)
    with pytest.raises(Misprint) as refused:
        conflicts.read("x.yaml", GOOD.replace(right, wrong, 1))

    assert str(refused.value) == f"x.yaml:{complaint}"
