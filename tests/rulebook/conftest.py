"""The good visit, and how a case file changes it."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, UUID, uuid5
from zoneinfo import ZoneInfo

import pytest
import yaml

from rulebook import Consent, DoorFacts, Here, Letter, book, engine

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


def facts(**but: Any) -> DoorFacts:
    said = {**GOOD, **but}
    for part in ("letter", "consent"):
        if said[part] is not None:
            said[part] = {**GOOD[part], **said[part]}
    reasons = said["allowed_entry_reasons"]
    said |= {
        "starts_at": clock(said["starts_at"]),
        "ends_at": clock(said["ends_at"]),
        "here": tuple(here(*one) for one in said["here"].items()),
        "planned": tuple(map(person, said["planned"])),
        "letter": letter(said["letter"]),
        "consent": said["consent"] and Consent(**said["consent"]),
        "allowed_entry_reasons": None if reasons is None else frozenset(reasons),
    }
    return DoorFacts(**said)


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
        monkeypatch.setattr(engine, "load", lambda: shelf)
        forget()

    yield planted
    forget()


def forget() -> None:
    """Let every book be read anew."""
    kept = (
        engine._bench,
        engine.entry_reasons,
        engine.permit_minutes,
        engine.visit_minutes,
    )
    for each in kept:
        each.cache_clear()
