"""No fee may be taken (4.35): there is no place where one could be written down."""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import fields
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import Numeric

import proto
from proto import facts, field_visit, ids, recovery
from proto.base import Command, Message, Value
from services.recovery.jobs import paper
from services.recovery.model import metadata

#: How a fee may be called, in a name or in a sentence.
FEE = re.compile(
    r"(?<![a-z])(fees?|(sur)?charges?|commissions?|costs?|tips?|premiums?|handling)(?![a-z])"
    r"|费|佣金|小费|酬金",
    re.IGNORECASE,
)
#: What is said of money at the door.
MONEY = (field_visit.CollectCash, field_visit.CashAllowed, field_visit.CashTaken)
LEFT = (field_visit.MoneyLeftBehind, facts.CashHanded, facts.MoneyLeft)
#: All the sums that money messages have: whoever adds one says here what it is.
SUMS = {
    "AuthoriseCash": {"cap"},
    "Authority": {"cap"},
    "BankCash": {"amount"},
    "BankingOverdue": {"missing"},
    "CashAllowed": {"amount"},
    "CashAuthorised": {"cap"},
    "CashBanked": {"amount", "variance"},
    "CashHanded": {"amount"},
    "CashStanding": {"cap"},
    "CashTaken": {"amount", "taken"},
    "CollectCash": {"amount"},
    "Deposit": {"amount"},
    "IncidentShown": {"amount"},
    "IssueReceipt": {"amount"},
    "MoneyLeft": {"amount"},
    "MoneyLeftBehind": {"amount"},
    "MoneyLeftNoted": {"amount"},
    "ReceiptFalls": {"amount"},
    "ReceiptIssued": {"amount"},
    "ReceiptMissing": {"amount"},
    "ReceiptShown": {"amount", "banked", "variance"},
}


def messages() -> dict[str, type[Message]]:
    """Every message there is, by its module and name."""
    modules = [import_module(f"proto.{each.name}") for each in iter_modules(proto.__path__)]
    return {
        f"{kind.__module__}.{kind.__name__}": kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Message)
    }


def said(schema: Any) -> Iterator[str]:
    """What a message can say of itself: its fields, and the words it may choose from."""
    if isinstance(schema, list):
        for each in schema:
            yield from said(each)
    elif isinstance(schema, dict):
        yield from schema.get("properties", ())
        yield from (str(each) for each in schema.get("enum", ()))
        yield str(schema.get("const", ""))
        for name, each in schema.items():
            if name not in ("enum", "const", "default", "examples"):
                yield from said(each)


def fees(words: Iterable[str]) -> list[str]:
    return [word for word in words if FEE.search(word)]


@pytest.mark.parametrize(
    "word", ["fee", "late_fee", "fee_cny", "fees", "surcharge", "手续费", "No fee is due"]
)
def test_a_fee_is_known_by_its_word(word) -> None:
    assert fees([word]) == [word]
    assert fees(["feedback", "coffee", "discharged", "multiple", "amount"]) == []


@pytest.mark.parametrize(("name", "kind"), messages().items(), ids=messages())
def test_no_message_has_a_word_for_a_fee(name, kind) -> None:
    assert fees(said(kind.model_json_schema())) == []


def test_a_money_message_has_the_sums_we_know_and_no_other() -> None:
    about = [each for each in messages().values() if each.__module__ == recovery.__name__]

    found = {
        kind.__name__: {
            name
            for name, field in kind.model_fields.items()
            if Decimal in (field.annotation, *getattr(field.annotation, "__args__", ()))
            or "Decimal" in str(field.annotation)
        }
        for kind in (*about, *MONEY, *LEFT)
    }
    assert {name: sums for name, sums in found.items() if sums} == SUMS


@pytest.mark.parametrize("word", ["fee", "charge", "handling_fee", "手续费"])
def test_an_order_with_a_fee_in_it_is_refused(word) -> None:
    order = {
        "receipt_id": ids.new(),
        "case_id": ids.new(),
        "visit_id": ids.new(),
        "authority_id": ids.new(),
        "amount": "1.00",
    }
    assert recovery.IssueReceipt(**order).amount == 1

    with pytest.raises(ValidationError, match="extra_forbidden"):
        recovery.IssueReceipt(**order | {word: "1.00"})


def test_what_comes_from_outside_has_no_field_that_we_do_not_name() -> None:
    outside = [each for each in messages().values() if issubclass(each, Command | Value)]

    assert [e.__name__ for e in outside if e.model_config.get("extra") != "forbid"] == []


def test_no_table_has_a_column_for_a_fee() -> None:
    columns = [column for table in metadata.sorted_tables for column in table.columns]

    assert fees(column.name for column in columns) == []
    sums = {str(column) for column in columns if isinstance(column.type, Numeric)}
    assert sums == {
        "allowance.amount",
        "authority.cap",
        "deposit.amount",
        "incident.amount",
        "receipt.amount",
        "taking.amount",
        "taking.taken",
    }


def test_the_paper_speaks_of_a_fee_to_say_that_none_was_taken() -> None:
    tree = ast.parse(Path(paper.__file__).read_text("utf-8"))
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]

    assert fees(texts) == ["未收取任何费用。", "No fee of any kind was taken."]
    assert paper.SENTENCES[0] == ("未收取任何费用。", "No fee of any kind was taken.")
    assert [each.name for each in fields(paper.Slip) if each.type is Decimal] == ["amount"]
