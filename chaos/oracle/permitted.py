"""Check 7: no entry without its three facts, no cash without a live unspent authority.

The three facts of an entry are those of `rulebook/entry.py`: a reason of the bank's list
(4.28), the consent of the debtor, who is known to be it, not taken back (4.29 21.090), and
that nobody objects. They are folded here from the entries that were kept before.

Who of two phones came first does not matter: of one authority one person is let take one
sum at one door, one receipt is given, and only that spends it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from chaos.oracle.one_to_one import decision_id
from chaos.remains.doors import Noted, Verdict
from chaos.remains.evidence import (
    DUPLICATED,
    LOST,
    UNEXPECTED,
    Decided,
    Evidence,
    Violation,
)
from chaos.remains.money import Authority, Permit, Receipt

NAME = "entry and cash only as allowed"
ENTER, COLLECT, RECEIPT = "enter_premises", "collect_cash", "issue_receipt"
DEBTOR = "debtor"
REVOKE = "revoke_cash"
#: Seconds after the acknowledgement of a revocation until every door knows.
HEARD_S = 1.0
#: Deeds that are told, by the act that has to be allowed before.
DEEDS = {"entered": ENTER, "cash_handed": COLLECT}
#: Masked items that have to be confirmed (4.10 16.10).
ITEMS = 2


@dataclass
class Threshold:
    """What is known at a door, by what was noted there, in the order it came."""

    debtor: bool = False
    known: bool = False
    consent: bool = False
    objection: bool = False

    def take(self, fact: dict[str, object]) -> None:
        match fact:
            case {"kind": "person_met", "relation": relation}:
                if relation != DEBTOR:
                    self.known = self.consent = False
                self.debtor = relation == DEBTOR
            case {"kind": "identified", "name_said": True, "items": list(items)}:
                self.known = self.known or (self.debtor and len(items) >= ITEMS)
            case {"kind": "consent", "answer": "given", "by": "debtor"}:
                self.consent = self.known
            case {"kind": "consent"} if fact["answer"] != "given":
                self.consent = False
            case {"kind": "consent_withdrawn"}:
                self.consent = False
            case {"kind": "objected"}:
                self.objection = True

    @property
    def lacks(self) -> list[str]:
        met = {
            "the debtor is not known": self.known,
            "no consent": self.consent,
            "somebody objects": not self.objection,
        }
        return [name for name, fine in met.items() if not fine]


def only_as_allowed(evidence: Evidence) -> Iterator[Violation]:
    yield from entries(evidence)
    yield from deeds(evidence)
    yield from permits(evidence)
    yield from used_once(evidence)
    yield from receipts(evidence)


def by_visit(noted: Iterable[Noted]) -> dict[str, list[Noted]]:
    found: dict[str, list[Noted]] = defaultdict(list)
    for each in sorted(noted, key=lambda each: each.number):
        found[each.visit].append(each)
    return found


def entries(evidence: Evidence) -> Iterator[Violation]:
    """Whoever was let in had the three facts, kept before."""
    noted = by_visit(evidence.doors.noted)
    for row in evidence.decided:
        if (row.act, row.outcome) != (ENTER, "proceed"):
            continue
        there = Threshold()
        for each in noted[row.visit]:
            if each.counts and each.at <= row.at:
                there.take(each.fact)
        lacks, reason = there.lacks, row.facts.get("entry_reason")
        if reason not in (row.facts.get("allowed_entry_reasons") or ()):
            lacks.append(f"the reason is {reason}")
        if lacks:
            yield wrong(UNEXPECTED, f"the entry {row.id} was allowed: {lacks}", ENTER)


def deeds(evidence: Evidence) -> Iterator[Violation]:
    """What was done has one verdict: a breach with its clauses, or it was let be done."""
    verdicts: dict[tuple[str, int], list[Verdict]] = defaultdict(list)
    for verdict in evidence.doors.verdicts:
        verdicts[verdict.device, verdict.seq].append(verdict)
    let = asked(evidence)
    for noted in evidence.doors.noted:
        if noted.kind not in DEEDS:
            continue
        act, found = DEEDS[noted.kind], verdicts[noted.device, noted.seq]
        what = f"{noted.kind} ({noted.device} {noted.seq})"
        if len(found) != 1:
            kind = DUPLICATED if found else LOST
            yield wrong(kind, f"{what} has {len(found)} verdicts", act)
        elif found[0].verdict == "breach" and not found[0].clauses:
            yield wrong(LOST, f"{what} is a breach of no clause", act)
        elif found[0].verdict == "fine" and not before(let, act, noted):
            yield wrong(UNEXPECTED, f"{what} is fine, and nobody had allowed it", act)


def asked(evidence: Evidence) -> list[Decided]:
    """Return the allowances that were somebody's answer; others judge what was done."""
    answered = {decision_id(row.reply) for row in evidence.answered}
    rows = evidence.decided
    return [row for row in rows if row.outcome == "proceed" and row.id in answered]


def before(let: Iterable[Decided], act: str, noted: Noted) -> bool:
    return any(
        (row.act, row.visit) == (act, noted.visit) and row.at <= noted.at for row in let
    )


def permits(evidence: Evidence) -> Iterator[Violation]:
    """Every permit for cash rests on an authority that was live, for that case and sum."""
    money, cases = evidence.money, {visit.id: visit.case for visit in evidence.visits}
    authorities = {each.id: each for each in money.authorities}
    spent = {each.authority: each.at for each in money.receipts} | taken_back(evidence)
    by_decision = {each.decision: each for each in money.permits}
    for row in asked(evidence):
        if row.act != COLLECT:
            continue
        permit = by_decision.get(row.id)
        if permit is None:
            yield wrong(LOST, f"recovery never heard of the permit {row.id}", COLLECT)
            continue
        flaw = flaw_of(permit, authorities.get(permit.authority), spent)
        if cases.get(row.visit) != permit.case or row.visit != permit.visit:
            flaw = "it is of another case"
        if flaw:
            yield wrong(UNEXPECTED, f"cash was allowed by {row.id}: {flaw}", COLLECT)
    decided = {row.id for row in evidence.decided}
    for permit in money.permits:
        if permit.decision not in decided:
            yield wrong(UNEXPECTED, f"nobody decided the permit {permit}", COLLECT)


def flaw_of(permit: Permit, by: Authority | None, spent: dict[str, float]) -> str:
    """Return what is wrong with a permit; nothing when its authority was live."""
    if by is None:
        return "there is no such authority"
    flaws = {
        "it is of another case": by.case != permit.case,
        "it is above the cap": permit.amount > by.cap,
        "it was given before the bank's leave": permit.at < by.at,
        "it had expired": permit.at >= by.good_until,
        "it was spent or taken back": spent.get(by.id, float("inf")) <= permit.at,
    }
    return next((flaw for flaw, is_so in flaws.items() if is_so), "")


def taken_back(evidence: Evidence) -> dict[str, float]:
    """Return from when on the bank's leave was surely known to be taken back."""
    return {
        told.operation.about: told.answer.ended + HEARD_S
        for told in evidence.told
        if told.operation.name == REVOKE and told.answer and told.answer.ended
    }


def used_once(evidence: Evidence) -> Iterator[Violation]:
    """By one authority one person is let take one sum at one door."""
    who = {row.id: row.asked_by for row in asked(evidence)}
    uses: dict[str, set[tuple[str, str, str]]] = defaultdict(set)
    for each in evidence.money.permits:
        use = each.visit, who.get(each.decision, "?"), str(each.amount)
        uses[each.authority].add(use)
    for authority, found in uses.items():
        if len(found) > 1:
            says = f"by the authority {authority} more than one was let take: {found}"
            yield wrong(DUPLICATED, says, COLLECT)


def receipts(evidence: Evidence) -> Iterator[Violation]:
    """A receipt spends its authority, once; none is spent without; none is lost."""
    money = evidence.money
    given = Counter(each.authority for each in money.receipts)
    for key, count in given.items():
        if count > 1:
            yield wrong(DUPLICATED, f"the authority {key} has {count} receipts", RECEIPT)
    for each in money.authorities:
        if (each.state == "spent") is not (each.id in given):
            kind = LOST if each.state == "spent" else UNEXPECTED
            says = (
                f"the authority {each.id} is {each.state}, with {given[each.id]} receipts"
            )
            yield wrong(kind, says, RECEIPT)
    allowed = {each.decision: each for each in money.permits}
    for receipt in money.receipts:
        if says := unlike(receipt, allowed.get(receipt.permit)):
            yield wrong(UNEXPECTED, f"the receipt {receipt.number} {says}", RECEIPT)
    yield from acknowledged(evidence)


def unlike(receipt: Receipt, permit: Permit | None) -> str:
    """Return how a receipt differs from what was allowed."""
    if permit is None:
        return "is for what nobody allowed"
    if (receipt.visit, receipt.case) != (permit.visit, permit.case):
        return "is of another visit"
    if receipt.authority != permit.authority:
        return "is by another authority"
    return "is above what was allowed" if receipt.amount > permit.amount else ""


def acknowledged(evidence: Evidence) -> Iterator[Violation]:
    """Every receipt that was given is kept, with its number and sum."""
    kept = {(r.id, r.number, str(r.amount)) for r in evidence.money.receipts}
    for told in evidence.told:
        reply = told.answer.reply if told.answer else None
        if told.operation.name != RECEIPT or not reply:
            continue
        given = reply["receipt_id"], reply["number"], reply["amount"]
        if given not in kept:
            yield wrong(LOST, f"the receipt {given} was given and is not kept", RECEIPT)


def wrong(counts_as: str, says: str, about: str) -> Violation:
    return Violation(NAME, counts_as, says, about)
