"""Check 6: nothing forbidden was allowed, each attempt has one refusal with its clauses.

A refusal names all the clauses that forbid just this, and no other, and the hash of the
books that it was judged by, which are those in the rulebook's folder.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from chaos.crews.attempts import OTHER_AGENCY
from chaos.crews.ledger import Told
from chaos.oracle.acknowledged import decision_of
from chaos.remains.evidence import (
    DUPLICATED,
    LOST,
    UNEXPECTED,
    Decided,
    Evidence,
    Violation,
)

NAME = "nothing forbidden allowed"
#: Seconds after the acknowledgement of a hold from which on nothing may be allowed.
HEARD_S = 1.0

#: From when until when nothing may be allowed about a case, or with somebody of a pair.
Shut = dict[str, list[tuple[float, float]]]


def nothing_forbidden_allowed(evidence: Evidence) -> Iterator[Violation]:
    yield from attempts(evidence)
    yield from refusals(evidence)
    yield from of_strangers(evidence)
    shut = shut_cases(evidence) | uncertified(evidence)
    spans = {
        visit.id: [span for key in (visit.case, *visit.pair) for span in shut.get(key, ())]
        for visit in evidence.visits
    }
    for told in evidence.told:
        yield from allowed_while_shut(told, spans.get(told.operation.about, []))
    for row in evidence.decided:
        within = any(a < row.at < b for a, b in spans.get(row.visit, []))
        if row.outcome == "proceed" and within:
            says = f"{row.act} {row.id} was decided while its case or pair was held"
            yield wrong(says, row.act)


def attempts(evidence: Evidence) -> Iterator[Violation]:
    """No attempt was allowed in any try; one that was judged has its refusal, and alone."""
    rows = {row.id: row for row in evidence.decided}
    given: Counter[str] = Counter()
    for told in (each for each in evidence.told if each.operation.forbidden):
        if any(allows(each.reply) or each.status == 200 for each in told.tries):
            yield wrong(f"{what_of(told)} was allowed", told.operation.name)
        decision = decision_of(told)
        if decision is None or decision["outcome"] == "proceed":
            continue
        given[decision["decision_id"]] += 1
        row = rows.get(decision["decision_id"])
        if row is None or not row.clauses:
            says = f"the refusal {decision['decision_id']} is not kept with its clauses"
            yield Violation(NAME, LOST, says, told.operation.name)
        else:
            yield from judged_by(told, decision, row, evidence)
    for decision_id in (each for each, count in given.items() if count > 1):
        says = f"the refusal {decision_id} was given to more than one attempt"
        yield Violation(NAME, DUPLICATED, says, rows[decision_id].act)


def judged_by(
    told: Told, decision: Mapping[str, Any], row: Decided, evidence: Evidence
) -> Iterator[Violation]:
    """The clauses are those that forbid just this, and the books those that there are."""
    operation = told.operation
    if set(row.clauses) != set(operation.clauses):
        named = f"by {sorted(row.clauses)}, not {sorted(operation.clauses)}"
        yield wrong(f"{what_of(told)} was refused {named}", operation.name)
    hashes = {decision["books_hash"], row.books_hash, evidence.doors.hashes.get(row.books)}
    if hashes != {row.books_hash} or not row.books_hash:
        says = f"the refusal {row.id} names other books than it was judged by"
        yield wrong(says, operation.name)


def refusals(evidence: Evidence) -> Iterator[Violation]:
    """Every refusal that is kept was somebody's answer, or is the verdict on a deed."""
    known = {
        (each.reply or {}).get("decision", {}).get("decision_id")
        for told in evidence.told
        for each in told.tries
        if (each.reply or {}).get("decision")
    }
    known |= {each.decision for each in evidence.doors.verdicts}
    for row in evidence.decided:
        if row.outcome != "proceed" and row.id not in known:
            says = f"the refusal {row.id} of {row.act} was nobody's answer"
            yield Violation(NAME, DUPLICATED, says, row.act)


def of_strangers(evidence: Evidence) -> Iterator[Violation]:
    """The rules are not even asked for somebody of another agency."""
    strangers = {
        (told.operation.about, told.operation.principal)
        for told in evidence.told
        if told.operation.forbidden == OTHER_AGENCY.kind
    }
    for row in evidence.decided:
        if (row.visit, row.asked_by) in strangers:
            yield wrong(f"{row.act} {row.id} was decided for another agency", row.act)


def what_of(told: Told) -> str:
    """Name an attempt."""
    return f"{told.operation.name} {told.operation.key} ({told.operation.forbidden})"


def allows(reply: dict[str, Any] | None) -> bool:
    decision = (reply or {}).get("decision") or {}
    return decision.get("outcome") == "proceed"


def shut_cases(evidence: Evidence) -> Shut:
    """Return when each case was surely held, by who held it.

    From a second after the hold's acknowledgement to the first word of its resumption.
    """
    found: Shut = {}
    for told in evidence.told:
        answer = told.answer
        if told.operation.name == "hold_case" and answer and answer.ended:
            begin = answer.ended + HEARD_S
            end = resumed(evidence, told.operation.about, answer.ended)
            found.setdefault(told.operation.about, []).append((begin, end))
    return found


def uncertified(evidence: Evidence) -> Shut:
    """Return when each person surely had no certificate: it goes and comes by turns."""
    orders: dict[str, list[Told]] = {}
    for told in evidence.told:
        if told.operation.name == "register_people":
            orders.setdefault(told.operation.about, []).append(told)
    found: Shut = {}
    for person, of_person in orders.items():
        of_person.sort(key=lambda told: told.tries[0].began)
        gone, back = of_person[::2], of_person[1::2]
        ends = [told.tries[0].began for told in back] + [float("inf")]
        for told, end in zip(gone, ends, strict=False):
            if told.answer and told.answer.ended:
                found.setdefault(person, []).append((told.answer.ended + HEARD_S, end))
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
