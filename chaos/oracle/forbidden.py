"""Check 5: nothing forbidden was allowed, and every attempt that was judged is kept."""

from collections.abc import Iterator, Mapping
from typing import Any

from chaos.crews.ledger import Told
from chaos.oracle.acknowledged import decision_of
from chaos.remains.evidence import LOST, UNEXPECTED, Evidence, Violation

NAME = "nothing forbidden allowed"
#: Seconds after the acknowledgement of a hold from which on nothing may be allowed.
HEARD_S = 1.0

#: From when until when nothing may be allowed about a case.
Shut = Mapping[str, list[tuple[float, float]]]


def nothing_forbidden_allowed(evidence: Evidence) -> Iterator[Violation]:
    yield from attempts(evidence)
    shut, case_of = shut_cases(evidence), {v.id: v.case for v in evidence.visits}
    for told in evidence.told:
        spans = shut.get(case_of.get(told.operation.about, ""), [])
        yield from allowed_while_shut(told, spans)
    for row in evidence.decided:
        spans = shut.get(case_of.get(row.visit, ""), [])
        if row.outcome == "proceed" and any(a < row.at < b for a, b in spans):
            yield wrong(f"{row.act} {row.id} was decided while its case was held", row.act)


def attempts(evidence: Evidence) -> Iterator[Violation]:
    """No attempt was allowed; one that was answered by a decision has its row."""
    rows = {row.id: row for row in evidence.decided}
    for told in evidence.told:
        if not told.operation.forbidden:
            continue
        if any(allows(each.reply) for each in told.tries):
            yield wrong(
                f"{told.operation.name} {told.operation.key} was allowed",
                told.operation.name,
            )
        decision = decision_of(told)
        if decision is None or decision["outcome"] == "proceed":
            continue
        row = rows.get(decision["decision_id"])
        if row is None or not row.clauses:
            says = f"the refusal {decision['decision_id']} is not kept with its clauses"
            yield Violation(NAME, LOST, says, told.operation.name)


def allows(reply: dict[str, Any] | None) -> bool:
    decision = (reply or {}).get("decision") or {}
    return decision.get("outcome") == "proceed"


def shut_cases(evidence: Evidence) -> Shut:
    """Return when each case was surely held, by who held it.

    From a second after the hold's acknowledgement to the first word of its resumption.
    """
    found: dict[str, list[tuple[float, float]]] = {}
    for told in evidence.told:
        answer = told.answer
        if told.operation.name == "hold_case" and answer and answer.ended:
            begin = answer.ended + HEARD_S
            end = resumed(evidence, told.operation.about, answer.ended)
            found.setdefault(told.operation.about, []).append((begin, end))
    return found


def resumed(evidence: Evidence, case: str, after: float) -> float:
    moments = (
        told.tries[0].began
        for told in evidence.told
        if (told.operation.name, told.operation.about) == ("resume_case", case)
    )
    return min((each for each in moments if each > after), default=float("inf"))


def allowed_while_shut(told: Told, spans: list[tuple[float, float]]) -> Iterator[Violation]:
    for each in told.tries:
        begun = any(a < each.began < b for a, b in spans)
        if begun and allows(each.reply):
            what = f"{told.operation.name} {told.operation.key}"
            yield wrong(
                f"{what} was allowed more than a second after a hold", told.operation.name
            )


def wrong(says: str, about: str) -> Violation:
    return Violation(NAME, UNEXPECTED, says, about)
