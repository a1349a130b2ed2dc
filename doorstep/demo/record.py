"""What was seen at each step, held against what was expected."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from doorstep.client import Answer
from doorstep.demo.story import Expected, Step


@dataclass(frozen=True)
class Seen:
    """What came of a step. Holds nothing personal: the visit's id stands as `{visit}`."""

    name: str
    request: str
    status: int
    outcome: str
    clauses: tuple[str, ...]
    topics: tuple[str, ...]

    def differences(self, expected: Expected) -> Iterator[tuple[str, object, object]]:
        """Yield what is otherwise than the rules say: what, expected, seen.

        The order of clauses is the order of a case's books: it does not count.
        """
        pairs: Mapping[str, tuple[object, object]] = {
            "status": (expected.status, self.status),
            "outcome": (expected.outcome, self.outcome),
            "clauses": (sorted(expected.clauses), sorted(self.clauses)),
            "topics": (list(expected.topics), list(self.topics)),
        }
        for what, (wanted, got) in pairs.items():
            if wanted != got:
                yield what, wanted, got


def seen(step: Step, answer: Answer, topics: Sequence[str]) -> Seen:
    return Seen(
        name=step.name,
        request=f"POST /v1/visits/{{visit}}/{step.ask}",
        status=answer.status,
        outcome=outcome(answer),
        clauses=tuple(str(reason["clause"]) for reason in reasons(answer)),
        topics=tuple(topics),
    )


def outcome(answer: Answer) -> str:
    """Return the decision's outcome, else what the reply says, else the problem's kind."""
    decision = answer.body.get("decision")
    if isinstance(decision, dict):
        return str(decision.get("outcome"))
    if not answer.ok:
        return answer.kind or "no-answer"
    return "closed" if "ending" in answer.body else "received"


def reasons(answer: Answer) -> list[Mapping[str, Any]]:
    """Return the reasons of a decision, none when it has none."""
    decision = answer.body.get("decision")
    return list(decision.get("reasons", ())) if isinstance(decision, dict) else []


def write(file: Path, steps: Sequence[Seen]) -> None:
    """Write all steps as JSON."""
    text = json.dumps([asdict(one) for one in steps], ensure_ascii=False, indent=2)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", "utf-8")
