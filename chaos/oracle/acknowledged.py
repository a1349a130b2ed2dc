"""Check 1: whatever was acknowledged is kept once, as it was acknowledged; and no more."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from chaos.crews.ledger import Told
from chaos.remains.evidence import (
    DUPLICATED,
    LOST,
    UNEXPECTED,
    Answered,
    Evidence,
    Violation,
)

NAME, JOURNAL = "acknowledged once", "record_journal"
#: Carried out later under a file's id, and answered by a receipt: check 9 is of them.
FILE = "receive_media"


def acknowledged_once(evidence: Evidence) -> Iterator[Violation]:
    """Compare the ledgers with what the services remember, and with their own tables."""
    yield from answers_are_kept(evidence)
    yield from nothing_unsent(evidence)
    yield from decisions_are_kept(evidence)
    yield from visits_are_closed(evidence)
    yield from journals_are_kept(evidence)


def wrong(counts_as: str, says: str, about: str) -> Violation:
    return Violation(NAME, counts_as, says, about)


def answers_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Every acknowledged answer is remembered once, with the body that was given."""
    kept: dict[tuple[str, str, str], list[Answered]] = defaultdict(list)
    for row in evidence.answered:
        kept[row.key, row.principal, row.operation].append(row)
    for told in evidence.told:
        each = told.operation
        if not told.acknowledged or told.answer is None or each.name == FILE:
            continue
        rows = kept[each.key, each.principal, each.name]
        if not rows:
            yield wrong(
                LOST, f"{each.name} {each.key} was acknowledged and is not kept", each.name
            )
        elif len(rows) > 1:
            yield wrong(
                DUPLICATED, f"{each.name} {each.key} is kept {len(rows)} times", each.name
            )
        elif not told.answer.landed and rows[0].reply != told.answer.reply:
            yield wrong(
                LOST, f"{each.name} {each.key} is kept with another answer", each.name
            )


def nothing_unsent(evidence: Evidence) -> Iterator[Violation]:
    """Every answer of a person of the run is to an order that was sent, just so."""
    sent = {told.operation.key: told.operation for told in evidence.told}
    people = {each.principal for each in sent.values()}
    first = min((row.key for row in sent.values()), default="")
    for row in evidence.answered:
        if row.principal not in people or row.key < first or row.operation == FILE:
            continue  # before the run, when its things were made; or a file's
        each = sent.get(row.key)
        if each is None or each.digest != row.digest or each.name != row.operation:
            yield wrong(
                UNEXPECTED, f"{row.operation} {row.key} was never sent so", row.operation
            )


def decisions_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Every decision that was told is kept, with its outcome and its clauses."""
    kept = {row.id: row for row in (*evidence.decided, *evidence.decided_by_bank)}
    for told in evidence.told:
        decision = decision_of(told)
        if not decision:
            continue
        row = kept.get(decision["decision_id"])
        clauses = {reason["clause"] for reason in decision["reasons"]}
        if row is None:
            yield wrong(
                LOST,
                f"the decision {decision['decision_id']} is not kept",
                told.operation.name,
            )
        elif (row.outcome, set(row.clauses)) != (decision["outcome"], clauses):
            yield wrong(
                LOST,
                f"the decision {row.id} is kept otherwise than it was told",
                told.operation.name,
            )


def decision_of(told: Told) -> dict[str, Any] | None:
    """Return the decision that was told to an operation, if it was one."""
    reply = told.answer.reply if told.answer else None
    return (reply or {}).get("decision")


def visits_are_closed(evidence: Evidence) -> Iterator[Violation]:
    kept = {visit.id: visit for visit in evidence.visits}
    for told in evidence.told:
        if told.operation.name != "check_out" or not told.acknowledged:
            continue
        visit = kept.get(told.operation.about)
        if visit is None or visit.state != "closed":
            yield wrong(
                LOST,
                f"the visit {told.operation.about} was closed and is not",
                told.operation.name,
            )


def journals_are_kept(evidence: Evidence) -> Iterator[Violation]:
    """Every phone's entries are kept as it wrote them, without a gap, each once."""
    written = {(entry.device, entry.seq): entry for entry in evidence.written}
    kept = {(entry.device, entry.seq): entry for entry in evidence.kept_entries}
    for place, count in Counter((e.device, e.seq) for e in evidence.kept_entries).items():
        if count > 1:
            yield wrong(
                DUPLICATED, f"entry {place[1]} of {place[0]} is kept {count} times", JOURNAL
            )
    for place, entry in kept.items():
        if written.get(place) != entry:
            yield wrong(
                UNEXPECTED, f"entry {place[1]} of {place[0]} was never written so", JOURNAL
            )
    for device, through in acknowledged_through(evidence).items():
        for seq in range(1, through + 1):
            if (device, seq) not in kept:
                yield wrong(
                    LOST, f"entry {seq} of {device} was acknowledged, is not kept", JOURNAL
                )


def acknowledged_through(evidence: Evidence) -> dict[str, int]:
    """Return up to which entry each phone was told that its journal is kept."""
    found: dict[str, int] = {}
    for told in evidence.told:
        reply = told.answer.reply if told.answer else None
        if reply and told.operation.name == JOURNAL and "through" in reply:
            device = reply["device_id"]
            found[device] = max(found.get(device, 0), reply["through"])
    return found
