"""Check 3: every change has its event and every event its change, numbered without gaps."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Violation

NAME = "change and outbox one to one"
#: What a refusal of an ask is said by, and by which member a thing's first event names it.
REFUSALS = {
    "check_in": "field_visit.check_in_not_allowed",
    "discuss_debt": "field_visit.talk_not_allowed",
    "enter_premises": "field_visit.entry_not_allowed",
    "collect_cash": "field_visit.cash_not_allowed",
}
#: What is said of an act that is allowed, where anything is: such an act is also judged
#: when it was done and is told of.
ALLOWED = {
    "enter_premises": "field_visit.entry_allowed",
    "collect_cash": "field_visit.cash_allowed",
}
FIRST = {"dispatch.case_opened": "case_id", "dispatch.visit_planned": "visit_id"}
BREACH = "field_visit.breach_recorded"
DECISIONS = (*REFUSALS.values(), *ALLOWED.values(), BREACH)


def change_and_outbox(evidence: Evidence) -> Iterator[Violation]:
    yield from numbers(evidence)
    yield from decisions(evidence)
    yield from visits(evidence)
    yield from consents(evidence)
    yield from things(evidence)
    yield from standings(evidence)


def numbers(evidence: Evidence) -> Iterator[Violation]:
    """Each subject's events are numbered 1 to n, n is counted, and all are published."""
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in evidence.said:
        if each.sequence:
            found[each.service, each.subject].append(each.sequence)
        if not each.published and not each.topic.startswith("later."):
            yield wrong(LOST, f"{each.topic} {each.id} was never published", each.topic)
    for place, counted in evidence.counted.items():
        if sorted(found.pop(place, [])) != list(range(1, counted + 1)):
            yield wrong(
                LOST, f"the events of {place} are not 1 to {counted}", f"{place[0]}."
            )
    for place in found:
        yield wrong(UNEXPECTED, f"nobody has counted the events of {place}", f"{place[0]}.")


def decisions(evidence: Evidence) -> Iterator[Violation]:
    """Each decision has the event its outcome asks for, once; each such event, one."""
    answered = {decision_id(row.reply) for row in evidence.answered}
    said: dict[str, list[str]] = defaultdict(list)
    for each in evidence.said:
        if each.topic in DECISIONS:
            said[each.data["decision_id"]].append(each.topic)
    for row in evidence.decided:
        topics = said.pop(row.id, [])
        fitting = wanted(row.act, row.outcome, row.id in answered)
        if topics not in fitting:
            kind = DUPLICATED if len(topics) > 1 or not fitting else LOST
            yield wrong(
                kind, f"{row.act} {row.outcome} {row.id} was said as {topics}", row.act
            )
    for decision, topics in said.items():
        yield wrong(
            UNEXPECTED, f"{topics} of the decision {decision}, which is not kept", topics[0]
        )


def wanted(act: str, outcome: str, asked: bool) -> list[list[str]]:
    """Return what may be said of a decision.

    One that no answer holds is a deed that was judged when it was told of, or the
    refusal of what had been allowed under the same key before.
    """
    proceeds = outcome == "proceed"
    if asked:
        if proceeds:
            return [[ALLOWED[act]]] if act in ALLOWED else [[]]
        return [[]] if outcome == "wait" else [[REFUSALS[act]]]
    if act in ALLOWED:
        return [[]] if proceeds else [[BREACH], [REFUSALS[act]]]
    if proceeds:
        return []
    return [[]] if outcome == "wait" else [[REFUSALS[act]]]


def decision_id(reply: dict[str, Any]) -> str:
    decision = reply.get("decision") or {}
    return str(decision.get("decision_id", ""))


def visits(evidence: Evidence) -> Iterator[Violation]:
    """A pair that may knock for the first time has arrived once, and leaves once."""
    arrived = ids(evidence, "field_visit.collectors_arrived", "visit_id")
    left = ids(evidence, "field_visit.collectors_left", "visit_id")
    cleared = [visit.id for visit in evidence.visits if visit.cleared]
    closed = [visit.id for visit in evidence.visits if visit.state == "closed"]
    yield from compared(cleared, arrived, "arrival", "field_visit.")
    yield from compared(closed, left, "leaving", "field_visit.")


def consents(evidence: Evidence) -> Iterator[Violation]:
    """Every answer to `may we come in` is said once."""
    noted = [each.visit for each in evidence.kept_entries if each.fact == "consent"]
    said = ids(evidence, "field_visit.consent_recorded", "visit_id")
    yield from compared(noted, said, "consent", "field_visit.")


def things(evidence: Evidence) -> Iterator[Violation]:
    """Every case and every plan has its first event, and every plan its visit."""
    for topic, member in FIRST.items():
        yield from compared(
            evidence.things.get(topic, []), ids(evidence, topic, member), topic, topic
        )
    planned = evidence.things.get("dispatch.visit_planned", [])
    yield from compared(planned, evidence.things.get("visits", []), "visit", "field_visit.")


def standings(evidence: Evidence) -> Iterator[Violation]:
    """Every version of a thing was said once, from the first to what its owner has."""
    said: dict[tuple[str, str], list[int]] = defaultdict(list)
    for each in evidence.said:
        if each.topic.endswith("_standing"):
            said[each.topic, each.subject].append(each.data["version"])
    for thing, version in evidence.owned.items():
        versions = sorted(said.pop(thing, []))
        if versions != list(range(1, version + 1)):
            kind = DUPLICATED if len(set(versions)) < len(versions) else LOST
            yield wrong(
                kind, f"{thing} has version {version} and said {versions}", thing[0]
            )
    for thing in said:
        yield wrong(UNEXPECTED, f"{thing} was said, and is not there", thing[0])


def ids(evidence: Evidence, topic: str, member: str) -> list[str]:
    return [str(each.data[member]) for each in evidence.said if each.topic == topic]


def compared(
    are: Iterable[str], said: Iterable[str], what: str, topic: str
) -> Iterator[Violation]:
    """Name what is there and was not said so often, and the reverse."""
    one, other = Counter(are), Counter(said)
    for name, count in (one - other).items():
        yield wrong(LOST, f"{what} of {name}: {count} not said", topic)
    for name, count in (other - one).items():
        kind = DUPLICATED if one[name] else UNEXPECTED
        yield wrong(kind, f"{what} of {name}: said {count} times too often", topic)


def wrong(counts_as: str, says: str, about: str) -> Violation:
    return Violation(NAME, counts_as, says, about)
