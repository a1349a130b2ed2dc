"""A small history in which all is well, for the tests of the checks to break.

One case, one visit: a refused ask, an allowed one, a hold, and the way out.
"""

from typing import Any

from chaos.crews.ledger import Operation, Told, Try
from chaos.oracle.personal import SEARCHED
from chaos.remains.evidence import Answered, Decided, Entry, Evidence, Part, Said, Visit

CASE, VISIT, DEVICE, PERSON = "case-1", "visit-1", "device-1", "person-1"
#: When the case is held, and when it is resumed.
HELD, RESUMED = 100.0, 110.0


def decision(number: str, outcome: str, *clauses: str) -> dict[str, Any]:
    """The part of a clearance that the checks read."""
    return {
        "decision_id": number,
        "outcome": outcome,
        "reasons": [{"clause": clause} for clause in clauses],
        "good_until": "2026-03-02T07:15:00Z" if outcome == "proceed" else None,
    }


def told(
    name: str,
    about: str,
    reply: dict[str, Any] | None,
    *expects: str,
    at: float = 50.0,
    forbidden: bool = False,
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


def operations() -> list[Told]:
    arrived = {"decision": decision("d-in", "proceed")}
    refused = {"decision": decision("d-talk", "stop", "4.17")}
    journal = {"device_id": DEVICE, "through": 1}
    shut = {"version": 2, "state": "held"}
    return [
        told("check_in", VISIT, arrived, "200", at=10.0),
        told("record_journal", VISIT, journal, "200", at=20.0),
        told("discuss_debt", VISIT, refused, "403 not-allowed", at=30.0, forbidden=True),
        told("hold_case", CASE, shut, "200", at=HELD),
        told("discuss_debt", VISIT, None, "409 not-checked-in", at=105.0, forbidden=True),
        told("resume_case", CASE, {"version": 3, "state": "placed"}, "200", at=RESUMED),
        told("check_out", VISIT, {"ending": "talked"}, "200", at=120.0),
    ]


def outboxes() -> list[Said]:
    standing = "dispatch.case_standing"
    return [
        said("e1", "dispatch.case_opened", CASE, 1, case_id=CASE),
        said("e2", standing, CASE, 2, version=1),
        said("e3", "dispatch.visit_planned", CASE, 3, visit_id=VISIT),
        said("e4", standing, CASE, 4, version=2, urgent=True),
        said("e5", standing, CASE, 5, version=3),
        said("f1", "field_visit.collectors_arrived", CASE, 1, visit_id=VISIT),
        said("f2", "field_visit.talk_not_allowed", CASE, 2, decision_id="d-talk"),
        said("f3", "field_visit.collectors_left", CASE, 3, visit_id=VISIT),
    ]


def well() -> Evidence:
    """A history in which nothing is wrong."""
    done, entry = operations(), Entry(DEVICE, 1, "link-1", VISIT, "introduced")
    standings = {"e2": 1.0, "e4": 3.0, "e5": 4.0}
    keeps = {("dispatch.case_standing", CASE): 3}
    return Evidence(
        told=done,
        answered=[kept(each) for each in done if each.acknowledged],
        decided=[
            Decided("d-in", VISIT, "check_in", "proceed", (), 10.0),
            Decided("d-talk", VISIT, "discuss_debt", "stop", ("4.17",), 30.0),
        ],
        visits=[Visit(VISIT, CASE, "closed", "talked", cleared=True)],
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
        timeline=["e3", "e1", "f1", "f3"],
        board={VISIT: "left"},
        applied={"field_visit": ["e2", "e3", "e5", "e4"]},
        parts=[Part("services"), Part("database")],
        searched=dict.fromkeys(SEARCHED, 1),
        tapped=["e1", "e2", "e3", "e5", "e2", "f1", "f2", "f3", "e4"],
    )
