"""What was seen at each step, held against what was expected."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from doorstep.client import Answer, Happened
from doorstep.demo.story import Expected, Step
from doorstep.demo.story.step import CHECKS

#: The events whose clauses are those of a breach.
BREACHES = ("field_visit.breach_suspected", "field_visit.breach_recorded")
#: What came of an order whose reply is no decision, by the end of its path.
ENDS = {"journal": "received", "check-out": "closed", "outgoing": "sent"}
ENDS |= {"photo": "taken", "sound": "taken"}
#: What is seen of events, and not of the answer.
OF_EVENTS = {"topics", "marked", "overheard"}


@dataclass(frozen=True)
class Seen:
    """What came of a step. Holds nothing personal: ids stand as their names in braces.

    `overheard` are events that told the agency what it should not have heard of.
    """

    name: str
    who: str
    request: str
    status: int
    outcome: str
    clauses: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    shown: Mapping[str, object] = field(default_factory=dict)
    overheard: tuple[str, ...] = ()

    def differences(self, expected: Expected) -> Iterator[tuple[str, object, object]]:
        """Yield what is otherwise than the rules say: what, expected, seen.

        The order of clauses is the order of a case's books: it does not count.
        """
        pairs: Mapping[str, tuple[object, object]] = {
            "status": (expected.status, self.status),
            "outcome": (expected.outcome, self.outcome),
            "clauses": (sorted(expected.clauses), sorted(self.clauses)),
            "topics": (list(expected.topics), list(self.topics)),
            "marked": (sorted(expected.marked), sorted(self.marked)),
            "shown": (dict(expected.shows), dict(self.shown)),
            "overheard": ([], list(self.overheard)),
        }
        for what, (wanted, got) in pairs.items():
            if wanted != got:
                yield what, wanted, got

    def fits(self, expected: Expected) -> bool:
        """Tell whether the answer is as the rules say, whatever the events may be."""
        told = {what for what, _, _ in self.differences(expected)}
        return told <= OF_EVENTS


@dataclass(frozen=True)
class Played:
    """An act, and what was seen of each step of it."""

    act: str
    steps: tuple[Seen, ...]


def seen(
    step: Step,
    answer: Answer,
    events: Sequence[Happened] = (),
    names: Mapping[str, str] | None = None,
) -> Seen:
    """Return what is kept of an answer, its ids by the `names` they go by."""
    by_id = {value: f"{{{name}}}" for name, value in (names or {}).items()}
    found = {path: at(answer.body, path) for path in step.expects.shows}
    return Seen(
        name=step.name,
        who=step.who.value,
        request=step.asks,
        status=answer.status,
        outcome=outcome(step, answer),
        clauses=tuple(str(reason["clause"]) for reason in reasons(answer)),
        topics=tuple(event.topic for event in events),
        marked=tuple(clause for event in events for clause in breach(event)),
        shown={
            path: by_id.get(value, value) if isinstance(value, str) else value
            for path, value in found.items()
        },
    )


def outcome(step: Step, answer: Answer) -> str:
    """Return the decision's outcome, else the problem's kind, else what was done."""
    decision = answer.body.get("decision")
    if isinstance(decision, dict):
        return str(decision.get("outcome"))
    if step.method in CHECKS:
        return "checked"
    if step.told_later and not answer.status:
        return "waits"
    if not answer.ok:
        return answer.kind or "no-answer"
    if step.method == "GET":
        return "shown"
    return ENDS.get(step.path.rpartition("/")[2], "done")


def reasons(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the reasons of a decision, none when it has none."""
    decision = answer.body.get("decision")
    return list(decision.get("reasons", ())) if isinstance(decision, dict) else []


def breach(event: Happened) -> list[str]:
    """Return the clauses that an event marks a breach of."""
    told = event.data.get("data", {})
    return list(told.get("clauses", ())) if event.topic in BREACHES else []


def at(body: Any, path: str) -> object:
    """Return what stands at a dotted path, `holds.0.reason`; nothing where none is."""
    for part in path.split("."):
        if isinstance(body, Mapping):
            body = body.get(part)
        elif isinstance(body, list) and part.isdecimal() and int(part) < len(body):
            body = body[int(part)]
        else:
            return None
    return body


def write(file: Path, played: Sequence[Played]) -> None:
    """Write all acts as JSON."""
    text = json.dumps([asdict(one) for one in played], ensure_ascii=False, indent=2)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", "utf-8")
