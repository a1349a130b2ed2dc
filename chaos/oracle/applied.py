"""Check 4: every event took effect with each of its hearers, once and in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from chaos.oracle.one_to_one import ALLOWED, DECISIONS
from chaos.remains.evidence import DUPLICATED, LOST, UNEXPECTED, Evidence, Said, Violation
from chassis import topology

NAME = "applied once, in order"
#: Standings that a door keeps as what may be used once: `folded.py` compares them.
OF_LEAVES = frozenset({"recovery.cash_standing"})
#: What oversight puts on the record: what was refused, suspected, or left undone.
SUSPECTED = "field_visit.breach_suspected"
UNDONE = (
    "recovery.receipt_missing",
    "recovery.banking_overdue",
    "dispatch.danger_report_overdue",
)
RECORDED = {*DECISIONS, SUSPECTED, *UNDONE} - set(ALLOWED.values())
#: And what is done, when a clause speaks against how.
IF_AGAINST = ("recovery.cash_banked", "recovery.money_left_noted")


def applied_once_in_order(evidence: Evidence) -> Iterator[Violation]:
    yield from heard_by_all(evidence)
    yield from heard_of_nobody(evidence)
    yield from effects(evidence)
    yield from shown(evidence)
    yield from newest_kept(evidence)
    yield from in_order(evidence)


def heard_by_all(evidence: Evidence) -> Iterator[Violation]:
    """Every event is in the inbox of everybody who hears its topic."""
    for hearer in topology.HEARS:
        topics, inbox = set(topology.topics(hearer)), evidence.inbox.get(hearer, {})
        for each in evidence.said:
            if each.topic in topics and each.id not in inbox:
                yield wrong(
                    LOST, f"{hearer} never heard {each.topic} {each.id}", each.topic
                )


def heard_of_nobody(evidence: Evidence) -> Iterator[Violation]:
    said = {each.id for each in evidence.said}
    for hearer, inbox in evidence.inbox.items():
        for event in sorted(inbox.keys() - said):
            yield wrong(UNEXPECTED, f"{hearer} heard {event}, which nobody said")


def effects(evidence: Evidence) -> Iterator[Violation]:
    """An arrival is noted once by complaints, a refusal or breach once by oversight."""
    arrived = [
        str(each.data["visit_id"])
        for each in evidence.said
        if each.topic == "field_visit.collectors_arrived"
    ]
    yield from compared(arrived, evidence.arrivals, "an arrival")
    judged = [
        f"{each.topic} {each.data.get('decision_id')}"
        for each in evidence.said
        if each.topic in RECORDED or (each.topic in IF_AGAINST and each.data.get("clauses"))
    ]
    yield from compared(judged, (f"{a} {b}" for a, b in evidence.findings), "a finding")


def shown(evidence: Evidence) -> Iterator[Violation]:
    """What names a visit or a case is on the timeline; a visit that is over has left."""
    about = [
        each.id
        for each in evidence.said
        if each.data.keys() & {"visit_id", "case_id"}
        and not each.topic.startswith("later.")
    ]
    yield from compared(about, evidence.timeline, "an event")
    for visit in evidence.visits:
        state = evidence.board.get(visit.id)
        if (visit.state == "closed") is not (state == "left"):
            yield wrong(
                LOST, f"the visit {visit.id} is {visit.state}, on the board {state}"
            )


def compared(said: Iterable[str], done: Iterable[str], what: str) -> Iterator[Violation]:
    one, other = Counter(said), Counter(done)
    for name in one - other:
        yield wrong(LOST, f"{what} was not noted: {name}")
    for name, count in (other - one).items():
        yield wrong(DUPLICATED, f"{what} was noted {count} times too often: {name}")


def newest_kept(evidence: Evidence) -> Iterator[Violation]:
    """Whoever keeps a standing keeps the version its owner has."""
    for hearer in topology.HEARS:
        topics = set(topology.topics(hearer)) - OF_LEAVES
        kept = evidence.kept.get(hearer, {})
        for thing, version in evidence.owned.items():
            if thing[0] in topics and kept.get(thing) != version:
                said = f"{hearer} keeps version {kept.get(thing)} of {thing}, not {version}"
                yield wrong(LOST, said, thing[0])


def in_order(evidence: Evidence) -> Iterator[Violation]:
    """Nowhere does a first coming go back within a subject's events of one lane."""
    by_id = {each.id: each for each in evidence.said}
    tapped = dict.fromkeys(evidence.tapped)  # each once, where it came first
    yield from backwards(by_id, tapped, "the exchange")
    for hearer, events in evidence.applied.items():
        yield from backwards(by_id, events, f"{hearer}, by its log,")
    for hearer, inbox in evidence.inbox.items():
        # Events of one batch bear one moment: among them the order is that of the log.
        events = sorted(inbox, key=lambda each: (inbox[each], sequence(by_id, each)))
        yield from backwards(by_id, events, f"{hearer}, by its inbox,")


def sequence(by_id: dict[str, Said], event: str) -> int:
    return by_id[event].sequence if event in by_id else 0


def backwards(
    by_id: dict[str, Said], events: Iterable[str], where: str
) -> Iterator[Violation]:
    last: dict[tuple[str, str, bool], int] = defaultdict(int)
    for event in events:
        each = by_id.get(event)
        if each is None or not each.sequence:
            continue
        if each.sequence < last[each.place]:
            what = f"{each.sequence} after {last[each.place]} of {each.place}"
            yield wrong(UNEXPECTED, f"{where} had {what}", each.topic)
        last[each.place] = max(last[each.place], each.sequence)


def wrong(counts_as: str, says: str, about: str = "") -> Violation:
    return Violation(NAME, counts_as, says, about)
