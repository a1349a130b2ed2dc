"""A decision that was kept, judged once more: the same facts, the same bytes."""

import json
import types
import typing
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import Connection, text

from chassis.database import engine
from chassis.unit import Unit
from doorstep.command import main
from doorstep.decisions.replay import Difference, first_of
from proto import ids
from proto.base import Asker, Role
from proto.facts import (
    Disputed,
    PersonMet,
)
from rulebook import DoorFacts, MoneyFacts
from tests.services import conftest as services
from tests.services.pairs import CONSENT, INTRODUCED, RECORDING, THE_DEBTOR, Pair
from tests.services.test_recovery import MAINLAND, TAIWAN, Bank

watch, hearing = services.watch, services.hearing
SERVICES = ("field_visit", "recovery")
OF = {
    "field_visit": (
        *("decision", "leave", "journal", "checked_in", "visit", "kept", "outbox"),
        "subject",
    ),
    "recovery": ("decision", "authority", "till", "kept", "outbox", "subject"),
}
KEYS = ("keyring.key", "keyring.master", "keyring.shredded")
#: What nobody may find in facts: the debtor, their numbers, where they live.
SECRETS = ("陈建国", "0012", "1234", "121.47", "31.23", "人民大道")


class Said(NamedTuple):
    """What the command said."""

    code: int
    out: str
    err: str


@pytest.fixture
def connections(
    environment: None, watch, hearing: None, database_url: str
) -> Iterator[dict[str, Connection]]:
    """A connection to each service, whose tables are empty afterwards."""
    with ExitStack() as stack:
        found = {}
        for service in SERVICES:
            its = engine(database_url, service, pool=0)
            found[service] = stack.enter_context(its.connect())
        yield found
        for service, connection in found.items():
            connection.rollback()
            tables = ", ".join((*OF[service], *KEYS))
            connection.execute(text(f"TRUNCATE {tables} CASCADE"))
            connection.commit()


@pytest.fixture
def unit(connections) -> Callable[..., Unit]:
    def open_unit(service: str, role=Role.BANK_OFFICER, *belongs: UUID) -> Unit:
        named = dict(zip(("agency_id", "person_id"), belongs, strict=False))
        asker = Asker(account_id=ids.new(), role=role, **named)
        return Unit(connections[service], service, f"{role}:test", "trace", asker)

    return open_unit


@pytest.fixture
def show(connections, tmp_path: Path, capsys) -> Callable[..., Said]:
    """Commit what was done, run the command, and return what it said."""

    def show(decision_id: UUID, *words: str, lang: str = "en") -> Said:
        for connection in connections.values():
            connection.commit()
        home = ("--home", str(tmp_path / "var"))
        asked = ("decision", "show", str(decision_id), "--lang", lang, *words)
        return Said(main([*home, *asked]), *capsys.readouterr())

    return show


@pytest.fixture
def visited(unit, watch) -> Pair:
    """A pair of whom every kind of act was asked, allowed and not."""
    pair = Pair(unit, watch, books=MAINLAND)
    pair.hears_of(pair.cash())
    pair.check_in(pair.a)
    pair.check_in(pair.a, pair.b)
    pair.may_talk(INTRODUCED, RECORDING, PersonMet(relation="parent"))
    pair.may_ask()
    pair.may_enter(*THE_DEBTOR, reason=None)
    pair.may_talk()
    pair.may_enter(CONSENT)
    pair.may_take("7000.00")
    pair.may_take("300.00")
    pair.may_give("letterbox")
    pair.may_talk(Disputed(claim="wrong_amount"))
    return pair


def kept(connection: Connection) -> list[tuple[UUID, str, str]]:
    query = text("SELECT id, act, outcome FROM decision ORDER BY at, id")
    return [tuple(row) for row in connection.execute(query)]


def change(connection: Connection, column: str, sql: str) -> None:
    connection.execute(text(f"UPDATE decision SET {column} = {sql}"))


def test_every_decision_at_a_door_comes_out_to_the_same_bytes(
    visited, connections, show
) -> None:
    found = kept(connections["field_visit"])

    assert {act for _, act, _ in found} == {
        *("check_in", "discuss_debt", "enter_premises"),
        *("collect_cash", "hand_over_letter", "ask_third_party"),
    }
    assert {outcome for *_, outcome in found} >= {"proceed", "wait", "stop"}
    for decision_id, *_ in found:
        said = show(decision_id)
        assert (said.code, said.err) == (0, "")
        assert said.out.splitlines()[-1].startswith("Judged again: the same ")


@pytest.mark.parametrize("books", [MAINLAND, TAIWAN])
def test_so_does_the_bank_s_leave_to_take_cash(
    unit, watch, connections, show, books
) -> None:
    bank = Bank(unit, watch, books)
    bank.does(bank.wants())
    (found,) = kept(connections["recovery"])

    said = show(found[0])
    assert said.code == 0
    assert f"  about: case {bank.case}" in said.out
    assert ("21.038" in said.out) is (books == TAIWAN)


def test_a_refusal_is_shown_with_every_clause_in_its_own_words(
    visited, connections, show
) -> None:
    refused = visited.may_enter(PersonMet(relation="parent"), reason="cold").decision
    said = show(refused.decision_id)
    lines = said.out.splitlines()

    assert lines[:10] == [
        f"Decision {refused.decision_id}",
        "  asked: entering (enter_premises)",
        f"  about: visit {visited.visit}",
        f"  at: {refused.decided_at.isoformat(timespec='seconds')}",
        "  by: field_collector:test",
        "  day at the door: 2026-03-02",
        f"  books: {', '.join(MAINLAND)}",
        f"  hash of the books: {refused.books_hash}",
        "  answer: not allowed",
        "  good until: -",
    ]
    for reason in refused.reasons:
        at = lines.index(f"  {reason.clause}  {reason.cite}  {reason.key}")
        assert lines[at + 1 : at + 4] == [
            f"    “{reason.quote}”",
            f"    {reason.says['en']}",
            f"    {reason.cure['en']}",
        ]
    chinese = show(refused.decision_id, lang="zh-CN").out
    assert all(reason.says["zh-CN"] in chinese for reason in refused.reasons)


def test_what_was_changed_afterwards_is_pointed_at(visited, connections, show) -> None:
    allowed = next(each for each in kept(connections["field_visit"]) if "wait" in each)
    said = "jsonb_set(decision, '{reasons,0,cure,en}', '\"Go in.\"')"
    change(connections["field_visit"], "decision", said)

    found = show(allowed[0])
    assert found.code == 1
    assert 'it DIFFERS at /reasons/0/cure/en: kept was "Go in.", now it is ' in found.out


def test_facts_that_were_changed_afterwards_give_another_answer(
    visited, connections, show
) -> None:
    change(connections["field_visit"], "facts", "facts || '{\"introduced\": false}'")
    (first, *_) = [
        row
        for row in kept(connections["field_visit"])
        if row[1:] == ("collect_cash", "proceed")
    ]
    said = show(first[0])
    assert said.code == 1
    assert 'it DIFFERS at /outcome: kept was "proceed", now it is "stop"' in said.out


def test_other_books_are_said_to_be_others(visited, connections, show) -> None:
    other = "jsonb_set(decision, '{books_hash}', '\"00ff\"')"
    change(connections["field_visit"], "decision", other)
    (one, *_) = kept(connections["field_visit"])

    said = show(one[0])
    assert said.code == 1
    assert "The books of this code are others than those it was judged by" in said.out
    assert "their hash was 00ff, and is " in said.out
    assert "DIFFERS at /books_hash" in said.out


def test_facts_of_another_kind_are_not_judged_at_all(visited, connections, show) -> None:
    change(connections["field_visit"], "facts", "facts - 'recorded'")
    (one, *_) = kept(connections["field_visit"])

    said = show(one[0])
    assert said.code == 1
    assert "It cannot be judged again by this code: " in said.out.splitlines()[-1]
    assert "recorded" in said.out.splitlines()[-1]


def test_an_id_that_nobody_knows_is_refused(show) -> None:
    said = show(unknown := ids.new())

    assert (said.code, said.out) == (1, "")
    assert f"there is no decision {unknown}" in said.err


# What is not in it.


def test_facts_tell_of_nobody(visited, connections, show) -> None:
    rows = connections["field_visit"].scalars(text("SELECT facts::text FROM decision"))
    every = "".join(rows)

    assert [secret for secret in SECRETS if secret in every] == []
    (one, *_) = kept(connections["field_visit"])
    shown = show(one[0], "--facts").out
    (line,) = [each for each in shown.splitlines() if each.startswith("  facts: ")]
    assert json.loads(line.removeprefix("  facts: ")).keys() == {
        each.name for each in fields(DoorFacts)
    }


#: The facts that are words: of closed lists, but for the number of a letter of the
#: bank's and the reason a collector's phone gives.
WORDS = {
    *("letter.number", "person_met", "entry_reason", "allowed_entry_reasons", "handing"),
    *("consent.by", "payment.what", "payment.currency", "paper.how"),
    *("cash.reason", "cash.currency", "cash.state"),
    *("locating.purpose", "locating.permit", "locating.answer", "liable"),
}
PLAIN = {bool, int, float, Decimal, datetime, UUID, type(None)}


def words(kind: Any, name: str = "") -> Iterator[str]:
    """Yield the names of all facts that could hold somebody's words."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for each in fields(kind):
            yield from words(hints[each.name], f"{name}.{each.name}".lstrip("."))
    elif kind is str:
        yield name
    elif typing.get_origin(kind) in (types.UnionType, tuple, frozenset):
        for each in typing.get_args(kind):
            yield from words(each, name) if each is not Ellipsis else ()
    else:
        assert kind in PLAIN, f"{name} is a {kind}"


def test_no_fact_has_room_for_a_name() -> None:
    """A new fact that is words: is its list closed? Then it belongs in `WORDS`."""
    assert {*words(DoorFacts), *words(MoneyFacts)} == WORDS


@pytest.mark.parametrize(
    ("was", "now", "difference"),
    [
        ({"a": 1}, {"a": 2}, ("/a", "1", "2")),
        ({"a": [1, 2]}, {"a": [1]}, ("/a/1", "2", "-")),
        ({"a": [1]}, {"a": [1, {"b": 2}]}, ("/a/1", "-", '{"b":2}')),
        ({}, {"a/b~c": None}, ("/a~1b~0c", "-", "null")),
        ({"b": 1, "a": {"x": "é"}}, {"b": 2, "a": {"x": "e"}}, ("/a/x", '"é"', '"e"')),
        ([], {}, ("/", "[]", "{}")),
    ],
)
def test_the_first_difference_is_named_by_its_pointer(was, now, difference) -> None:
    assert first_of(was, now) == Difference(*difference)
