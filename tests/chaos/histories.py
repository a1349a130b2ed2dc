"""A small history in which all is well, for the tests of the checks to break.

One case, one visit: a refused ask, an allowed one, a hold, and the way out.
"""

from datetime import UTC, datetime
from typing import Any

from chaos.crews.ledger import Operation, Told, Try
from chaos.oracle.personal import SEARCHED
from chaos.remains.doors import Doors, Here, Letter
from chaos.remains.evidence import Answered, Decided, Entry, Evidence, Part, Said, Visit

CASE, VISIT, DEVICE, PERSON = "case-1", "visit-1", "device-1", "person-1"
PARTNER, THEIR_DEVICE, AGENCY, LETTER = "person-2", "device-2", "agency-1", "letter-1"
#: By which books everything is judged, and what they come to.
BOOKS, HASH = ("B",), "hash-of-b"
#: When the case is held, and when it is resumed.
HELD, RESUMED = 100.0, 110.0


def decision(number: str, outcome: str, *clauses: str) -> dict[str, Any]:
    """The part of a clearance that the checks read."""
    return {
        "decision_id": number,
        "outcome": outcome,
        "reasons": [{"clause": clause} for clause in clauses],
        "books_hash": HASH,
        "good_until": "2026-03-02T07:15:00Z" if outcome == "proceed" else None,
    }


def moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def decided(
    number: str,
    act: str,
    outcome: str,
    *clauses: str,
    at: float,
    **facts: Any,
) -> Decided:
    """The row of a decision of both standing there."""
    here = [{"collector_id": each} for each in (PERSON, PARTNER)]
    its = BOOKS, HASH, {"here": here} | facts
    return Decided(number, VISIT, act, outcome, clauses, at, PERSON, *its)


def told(
    name: str,
    about: str,
    reply: dict[str, Any] | None,
    *expects: str,
    at: float = 50.0,
    forbidden: str = "",
    clauses: tuple[str, ...] = (),
) -> Told:
    """An operation that was answered at once, as it was to be."""
    status, _, kind = expects[0].partition(" ")
    operation = Operation(
        key=f"key-{name}-{at}",
        principal=PERSON,
        name=name,
        about=about,
        digest=f"digest-{name}-{at}",
        expects=expects,
        forbidden=forbidden,
        clauses=clauses,
    )
    return Told(operation, [Try("first", at, at + 0.1, int(status), kind, reply)])


def kept(each: Told) -> Answered:
    """The row of an operation's answer."""
    one = each.operation
    assert each.answer is not None
    service = "dispatch" if one.name.endswith("_case") else "field_visit"
    reply = each.answer.reply or {}
    return Answered(service, one.key, one.principal, one.name, one.digest, reply)


def said(number: str, topic: str, subject: str, sequence: int, **data: Any) -> Said:
    service, urgent = topic.partition(".")[0], data.pop("urgent", False)
    return Said(service, number, topic, subject, sequence, urgent, True, "t", data)


#: Two attempts: one that a rule forbids, and one that no rule was asked of.
TALK: dict[str, Any] = {"forbidden": "entry without consent", "clauses": ("4.17",)}
HELD_CASE: dict[str, Any] = {"forbidden": "case held", "clauses": ("4.38",)}


def operations() -> list[Told]:
    arrived = {"decision": decision("d-in", "proceed")}
    refused = {"decision": decision("d-talk", "stop", "4.17")}
    journal = {"device_id": DEVICE, "through": 1}
    shut = {"version": 2, "state": "held"}
    return [
        told("check_in", VISIT, arrived, "200", at=10.0),
        told("record_journal", VISIT, journal, "200", at=20.0),
        told("discuss_debt", VISIT, refused, "403 not-allowed", at=30.0, **TALK),
        told("hold_case", CASE, shut, "200", at=HELD),
        told("discuss_debt", VISIT, None, "409 not-checked-in", at=105.0, **HELD_CASE),
        told("resume_case", CASE, {"version": 3, "state": "placed"}, "200", at=RESUMED),
        told("check_out", VISIT, {"ending": "talked"}, "200", at=120.0),
    ]


def outboxes() -> list[Said]:
    standing, left = "dispatch.case_standing", {"ending": "talked", "at": moment(120.0)}
    refused = {"visit_id": VISIT, "decision_id": "d-talk"}
    return [
        said("e1", "dispatch.case_opened", CASE, 1, case_id=CASE),
        said("e2", standing, CASE, 2, version=1, state="placed"),
        said("e3", "dispatch.visit_planned", CASE, 3, visit_id=VISIT),
        said("e4", standing, CASE, 4, version=2, state="held", urgent=True),
        said("e5", standing, CASE, 5, version=3, state="placed"),
        said("f1", "field_visit.collectors_arrived", CASE, 1, visit_id=VISIT),
        said("f2", "field_visit.talk_not_allowed", CASE, 2, **refused),
        said("f3", "field_visit.collectors_left", CASE, 3, visit_id=VISIT, **left),
    ]


def visit() -> Visit:
    whose = {"agency": AGENCY, "letter": LETTER, "pair": (PERSON, PARTNER)}
    return Visit(VISIT, CASE, "closed", "talked", cleared=True, **whose)


def door() -> Doors:
    """Who stood there, and what others keep of it."""
    shown = {"state": "left", "ending": "talked", "cause": None}
    return Doors(
        here=[Here(VISIT, PERSON, DEVICE), Here(VISIT, PARTNER, THEIR_DEVICE)],
        agencies={PERSON: AGENCY, PARTNER: AGENCY},
        holders={DEVICE: PERSON, THEIR_DEVICE: PARTNER},
        letters={LETTER: Letter(AGENCY, frozenset({PERSON, PARTNER}))},
        cases={CASE: ("placed", 3)},
        boards={VISIT: shown | {"refusals": 1, "breaches": 0}},
        hashes={BOOKS: HASH},
    )


def well() -> Evidence:
    """A history in which nothing is wrong."""
    done, entry = operations(), Entry(DEVICE, 1, "link-1", VISIT, "introduced")
    standings = {"e2": 1.0, "e4": 3.0, "e5": 4.0}
    keeps = {("dispatch.case_standing", CASE): 3}
    return Evidence(
        told=done,
        answered=[kept(each) for each in done if each.acknowledged],
        decided=[
            decided("d-in", "check_in", "proceed", at=10.0),
            decided("d-talk", "discuss_debt", "stop", "4.17", at=30.0),
        ],
        doors=door(),
        visits=[visit()],
        written=[entry],
        kept_entries=[entry],
        said=outboxes(),
        counted={("dispatch", CASE): 5, ("field_visit", CASE): 3},
        inbox={
            "field_visit": standings | {"e3": 2.0},
            "complaints": standings | {"e3": 2.0, "f1": 5.0},
            "contact": standings,
            "recovery": standings,
            "oversight": {"f2": 6.0},
        },
        kept=dict.fromkeys(("field_visit", "complaints", "contact", "recovery"), keeps),
        owned=keeps,
        things={
            "dispatch.case_opened": [CASE],
            "dispatch.visit_planned": [VISIT],
            "visits": [VISIT],
        },
        arrivals=[VISIT],
        findings=[("field_visit.talk_not_allowed", "d-talk")],
        timeline=["e3", "e1", "f1", "f2", "f3"],
        board={VISIT: "left"},
        applied={"field_visit": ["e2", "e3", "e5", "e4"]},
        parts=[Part("services"), Part("database")],
        searched=dict.fromkeys(SEARCHED, 1),
        tapped=["e1", "e2", "e3", "e5", "e2", "f1", "f2", "f3", "e4"],
    )
