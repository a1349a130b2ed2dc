"""Check 8: no active visit with fewer than two.

Two people with two phones, of the agency that the case is with, named in their letter; and
nothing was allowed before both were there, or after one of them was out.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from chaos.oracle.permitted import asked
from chaos.remains.doors import Here
from chaos.remains.evidence import UNEXPECTED, Evidence, Violation, Visit

NAME = "no active visit with fewer than two"
CHECK_IN, REVOKE = "check_in", "revoke_device"
#: Events after which nothing is allowed at a door any more.
ENDS = ("field_visit.visit_cut_short", "field_visit.collectors_left")
#: Seconds after the acknowledgement that a phone is lost until every door knows.
HEARD_S = 1.0
TWO = 2


def two_at_every_door(evidence: Evidence) -> Iterator[Violation]:
    here: dict[str, list[Here]] = defaultdict(list)
    for each in evidence.doors.here:
        here[each.visit].append(each)
    for visit in evidence.visits:
        if visit.cleared and (says := flaw_of(visit, here[visit.id], evidence)):
            yield wrong(f"the visit {visit.id} was cleared: {says}", CHECK_IN)
    yield from counted(evidence)
    yield from between(evidence)
    yield from with_their_phones(evidence, here)


def flaw_of(visit: Visit, here: list[Here], evidence: Evidence) -> str:
    """Return what is wrong with who stood at a door; nothing when they were two."""
    doors, letter = evidence.doors, evidence.doors.letters.get(visit.letter)
    people, phones = {each.person for each in here}, {each.device for each in here}
    flaws = {
        f"{len(people)} people": len(people) != TWO or people != set(visit.pair),
        f"{len(phones)} phones": len(phones) != TWO,
        "a phone of somebody else": any(
            doors.holders.get(each.device) != each.person for each in here
        ),
        "somebody of another agency": any(
            doors.agencies.get(each) != visit.agency for each in people
        ),
        "a letter that does not name both": letter is None
        or letter.agency != visit.agency
        or not people <= letter.people,
    }
    return next((flaw for flaw, is_so in flaws.items() if is_so), "")


def counted(evidence: Evidence) -> Iterator[Violation]:
    """Whatever was allowed, was so with two different people there."""
    for row in asked(evidence):
        there = {each["collector_id"] for each in row.facts.get("here", ())}
        if len(there) < TWO:
            yield wrong(f"{row.act} {row.id} was allowed with {len(there)} there", row.act)


def between(evidence: Evidence) -> Iterator[Violation]:
    """It was so between the first allowed check-in and the end, by what was said of it."""
    let, ends = asked(evidence), ends_of(evidence)
    begins: dict[str, float] = {}
    for row in let:
        if row.act == CHECK_IN:
            begins[row.visit] = min(row.at, begins.get(row.visit, row.at))
    for row in let:
        begin, end = begins.get(row.visit), ends.get(row.visit, float("inf"))
        if begin is None or row.at < begin:
            yield wrong(f"{row.act} {row.id} was allowed before both were there", row.act)
        elif row.at > end:
            yield wrong(f"{row.act} {row.id} was allowed when one was out", row.act)


def ends_of(evidence: Evidence) -> dict[str, float]:
    """Return when each visit was said to be over, by the real clock."""
    found: dict[str, float] = {}
    for each in evidence.said:
        if each.topic in ENDS:
            visit, at = str(each.data["visit_id"]), moment(each.data)
            at -= evidence.ahead_s
            found[visit] = min(at, found.get(visit, at))
    return found


def moment(data: dict[str, Any]) -> float:
    return datetime.fromisoformat(data["at"]).timestamp()


def with_their_phones(
    evidence: Evidence, here: dict[str, list[Here]]
) -> Iterator[Violation]:
    """Nothing was allowed more than a second after one of their phones was locked out."""
    lost = {
        told.operation.about: told.answer.ended + HEARD_S
        for told in evidence.told
        if told.operation.name == REVOKE and told.answer and told.answer.ended
    }
    for row in asked(evidence):
        gone = [lost[each.device] for each in here[row.visit] if each.device in lost]
        if any(row.at > at for at in gone):
            yield wrong(f"{row.act} {row.id} was allowed with a lost phone", row.act)


def wrong(says: str, about: str) -> Violation:
    return Violation(NAME, UNEXPECTED, says, about)
