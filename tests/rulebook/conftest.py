"""The good visit, and how a case file changes it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
import yaml

from proto.decision import Act
from rulebook import (
    Appointment,
    Care,
    Cash,
    Consent,
    DoorFacts,
    Here,
    Letter,
    Locating,
    MoneyFacts,
    Pairing,
    Paper,
    Payment,
    PaymentCode,
    book,
    engine,
    settled,
)

CASES = Path(__file__).parent / "cases"
GOOD = yaml.safe_load((CASES / "good_visit.yaml").read_text("utf-8"))
AT_THE_DOOR = {
    "distance_m": 12.0,
    "accuracy_m": 8.0,
    "presence_age_s": 5.0,
    "certified": True,
    "in_service": True,
}


@pytest.fixture(scope="session")
def visit() -> Callable[..., DoorFacts]:
    """Return what makes the facts of a visit from what is not as it should be."""
    return facts


@pytest.fixture(scope="session")
def wanted() -> Callable[..., MoneyFacts]:
    """Return what makes the facts of cash that an officer wants to allow."""
    return money_facts


@pytest.fixture(scope="session")
def asked() -> Callable[..., DoorFacts | MoneyFacts]:
    """Return what makes the facts that an act is asked with."""
    return facts_for


def facts_for(act: Act, **but: Any) -> DoorFacts | MoneyFacts:
    return money_facts(**but) if act is Act.AUTHORISE_CASH else facts(**but)


def facts(**but: Any) -> DoorFacts:
    said = changed(but)
    reasons = said["allowed_entry_reasons"]
    said |= {
        "starts_at": clock(said["starts_at"]),
        "ends_at": clock(said["ends_at"]),
        "appointment": said["appointment"] and appointment(**said["appointment"]),
        "here": tuple(here(*one) for one in said["here"].items()),
        "pairing": said["pairing"] and Pairing(**said["pairing"]),
        "planned": tuple(map(person, said["planned"])),
        "letter": letter(said["letter"]),
        "care": said["care"] and Care(**said["care"]),
        "consent": said["consent"] and Consent(**said["consent"]),
        "allowed_entry_reasons": None if reasons is None else frozenset(reasons),
        "liable": frozenset(said["liable"]),
        "payment": payment(said["payment"]),
        "cash": cash(said["cash"]),
        "code": code(said["code"]),
        "paper": said["paper"] and Paper(**said["paper"]),
        "locating": said["locating"] and Locating(**said["locating"]),
    }
    return DoorFacts(**said)


def money_facts(**but: Any) -> MoneyFacts:
    """Of leave that nobody wants there is nothing to judge: it is then the good one."""
    said = changed({name: each for name, each in but.items() if each or name != "cash"})
    found = cash(said["cash"])
    assert found is not None
    return MoneyFacts(
        now=clock(said["starts_at"]), mandate_in_force=said["mandate_in_force"], cash=found
    )


def changed(but: dict[str, Any]) -> dict[str, Any]:
    """Return the good visit with what is not as it should be, part by part."""
    said = {**GOOD, **but}
    for part, good in GOOD.items():
        if isinstance(good, dict) and part != "here" and said[part] is not None:
            said[part] = {**good, **said[part]}
    return said


def appointment(**said: Any) -> Appointment:
    return Appointment(
        starts_at=clock(said["from"]),
        ends_at=clock(said["until"]),
        agreed=said.get("agreed", True),
        used=said.get("used", False),
    )


def payment(said: dict[str, Any] | None) -> Payment | None:
    return said and Payment(said["what"], Decimal(said["amount"]), said["currency"])


def cash(said: dict[str, Any] | None) -> Cash | None:
    if said is None:
        return None
    said = {**said, "cap": Decimal(said["cap"]), "good_until": clock(said["until"])}
    del said["until"]
    return Cash(**said)


def code(said: dict[str, Any] | None) -> PaymentCode | None:
    if said is None:
        return None
    hours = {"good_from": clock(said["from"]), "good_until": clock(said["until"])}
    return PaymentCode(said["by_bank"], said["withdrawn"], **hours)


def clock(said: str) -> datetime:
    """Read `10:00:00` or `next day 10:00:00` off the wall in Shanghai."""
    time = said.removeprefix("next day ")
    moment = datetime.fromisoformat(f"2026-03-02T{time}")
    days = timedelta(days=said.startswith("next day "))
    return moment.replace(tzinfo=ZoneInfo("Asia/Shanghai")) + days


def here(name: str, but: dict[str, Any]) -> Here:
    but = dict(but)
    return Here(person(but.pop("is", name)), **{**AT_THE_DOOR, **but})


def person(name: str) -> UUID:
    return uuid5(NAMESPACE_OID, name)


def letter(said: dict[str, Any] | None) -> Letter | None:
    if said is None:
        return None
    return Letter(**{**said, "names": frozenset(map(person, said["names"]))})


#: A book of one clause, for tests to spoil.
HOUSE = """\
id: HOUSE
title: {zh-CN: 家规, en: House rules}
language: zh-CN
source: a test
confidence: example
clauses:
  - key: visit.min_visitors
    clause: H.1
    cite: HOUSE/1
    quote: 不得单独敲门。
    since: 2026-01-01
    status: in_force
    severity: duty
    obligor: agency
    otherwise: wait
    limits: {at_least: 2}
"""


@pytest.fixture
def house() -> str:
    return HOUSE


@pytest.fixture
def plant(monkeypatch) -> Iterator[Callable[[str], None]]:
    """Return what puts one more book on the shelf, for the length of a test."""

    def planted(text: str) -> None:
        added = book.read("house.yaml", text)
        shelf = {**book.load(), added.id: added}
        monkeypatch.setattr(book, "load", lambda: shelf)
        forget()

    yield planted
    forget()


def forget() -> None:
    """Let every book be read anew."""
    for each in (engine._bench, engine._touched, *settled.KEPT):
        each.cache_clear()
