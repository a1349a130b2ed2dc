"""Who is told of which event: what the gateway does, beside the table a lawyer can read."""

import importlib
import itertools
import json
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args
from uuid import UUID

import pytest
import yaml

import proto
from chassis import topology
from chassis.streams import Position, Said
from gateway.events import wish_of
from gateway.roles import EVENT_READERS, VISIT_READERS
from gateway.telling import Told, told
from gateway.tokens import Claims
from proto import audience, ids
from proto.audience import AUDIENCE_OF, TOLD_TO, Audience
from proto.base import Envelope, Event, Role, Sealed, Standing
from proto.complaints import WorkStanding
from proto.dispatch import CaseStanding
from proto.field_visit import Judged
from services.field_visit.handlers.revoking import because

#: The second writing of the table.
TABLE: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("audience.yaml").read_text(encoding="utf-8")
)
COLUMN = {
    Audience.AGENCY: "agency",
    Audience.OFFICER: "officer",
    Audience.COMPLIANCE: "compliance",
    Audience.DESK: "desk",
}
#: What others are made of, and nobody says.
SHAPES = {Standing, Judged}
OURS, THEIRS, VISIT = UUID(int=18), UUID(int=19), UUID(int=8)
SECRET = "nobody's to read"


def events(kind: type[Event] = Event) -> Iterator[type[Event]]:
    """Yield every event of every contract."""
    for each in kind.__subclasses__():
        if each.__module__.startswith("proto."):
            yield from () if each in SHAPES else (each,)
            yield from events(each)


for part in pkgutil.iter_modules(proto.__path__):
    importlib.import_module(f"proto.{part.name}")
EVENTS = sorted(set(events()), key=lambda each: each.topic())


def filled(kind: type[Event]) -> dict[str, Any]:
    """Something in every field of an event; what is sealed is sealed."""
    sealed = Sealed(key_id=VISIT, purpose="p", nonce="n", box=SECRET)
    data: dict[str, Any] = {}
    for name, each in kind.model_fields.items():
        has = each.annotation is Sealed or Sealed in get_args(each.annotation)
        data[name] = sealed.model_dump(mode="json") if has else SECRET[:4]
    known = {"agency_id": str(OURS), "visit_id": str(VISIT)}
    return data | {name: value for name, value in known.items() if name in data}


def said(kind: type[Event]) -> Told:
    """An event of our agency and its visit, as the gateway reads it off the stream."""
    envelope = Envelope(
        source="doorstep/x",
        type=kind.topic(),
        subject="s",
        time="2026-03-02T15:00:00+08:00",
        sequence=7,
        by="supervisor:1",
        trace="t",
        data=filled(kind),
    )
    body = envelope.model_dump_json().encode()
    return told(Said(Position.of(0, body), body))


def somebody(role: Role, agency_id: UUID) -> Claims:
    of_an_agency = AUDIENCE_OF.get(role) is Audience.AGENCY
    belongs = {"agency_id": agency_id if of_an_agency else None}
    account = {"iss": "i", "aud": "a", "sub": ids.new(), "sid": ids.new()}
    return Claims(**account, **belongs, role=role, iat=0, exp=0)


def test_every_event_is_in_both_tables() -> None:
    assert {each.topic() for each in EVENTS} == set(TABLE)
    assert set(EVENTS) == set(TOLD_TO)
    assert len(EVENTS) > 50


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.topic())
def test_who_reads_everything_is_told_what_the_table_says(kind: type[Event]) -> None:
    one = said(kind)
    for role, agency in itertools.product(EVENT_READERS, (OURS, THEIRS)):
        hears = wish_of(somebody(role, agency)) in one.wishes()
        ours = AUDIENCE_OF[role] is not Audience.AGENCY or agency == OURS
        assert hears is (ours and COLUMN[AUDIENCE_OF[role]] in TABLE[kind.topic()])


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.topic())
def test_who_may_see_a_visit_is_told_what_the_table_says_of_it(kind: type[Event]) -> None:
    one, of_a_visit = said(kind), "visit_id" in kind.model_fields
    for role, visit in itertools.product(VISIT_READERS, (VISIT, UUID(int=9))):
        hears = wish_of(somebody(role, OURS), visit) in one.wishes()
        its = of_a_visit and visit == VISIT
        assert hears is (its and COLUMN[AUDIENCE_OF[role]] in TABLE[kind.topic()])


def test_a_role_that_has_no_column_opens_no_stream() -> None:
    assert set(AUDIENCE_OF) == EVENT_READERS | VISIT_READERS


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.topic())
def test_nobody_is_shown_what_is_sealed_or_hidden(kind: type[Event]) -> None:
    one = said(kind)
    assert SECRET not in one.lines.decode()
    (data,) = (line for line in one.lines.decode().split("\n") if line.startswith("data"))
    shown = json.loads(data.removeprefix("data: "))
    assert not {"by", "sequence"} & shown.keys()
    assert "badge_blind" not in shown["data"]


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.topic())
def test_what_an_agency_is_told_says_whose_it_is(kind: type[Event]) -> None:
    if "agency" in TABLE[kind.topic()]:
        assert "agency_id" in kind.model_fields


def test_an_event_that_nobody_listed_is_for_the_bank() -> None:
    assert audience.told_to("contact.something_new") == audience.BANK


@pytest.mark.parametrize(
    "kind", [each for each in topology.HEARS["field_visit"] if issubclass(each, Standing)]
)
def test_why_a_clearance_was_revoked_never_tells_of_a_complaint(kind) -> None:
    """The pair and its supervisor are told; a complaint looks like any other hold."""
    told_of = CaseStanding if kind is WorkStanding else kind
    assert because(kind.model_construct()) == told_of.topic()
    assert not because(kind.model_construct()).startswith("complaints.")
