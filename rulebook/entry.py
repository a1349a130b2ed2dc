"""Whether the pair may come in. Three facts, each with a clause of its own."""

from rulebook.facts import DoorFacts
from rulebook.identity import DEBTOR
from rulebook.rule import ENTRY, Breach, Rule, known
from rulebook.wording import listing


class EntryReason(Rule):
    """Nobody enters a home or office without a special reason of the bank's (4.28)."""

    key = "visit.entry_reason"
    acts = ENTRY
    reads = frozenset({"allowed_entry_reasons", "entry_reason"})
    ways = ("missing", "not_listed")

    def breach(self, facts: DoorFacts) -> Breach | None:
        if facts.entry_reason is None:
            return self.broken(
                "missing", allowed=listing("entry_reason", facts.allowed_entry_reasons)
            )
        listed = known(facts.allowed_entry_reasons, "allowed_entry_reasons")
        if facts.entry_reason in listed:
            return None
        return self.broken("not_listed", allowed=listing("entry_reason", listed))


class EntryConsent(Rule):
    """The debtor's own leave, given once identified and not taken back (4.29, 21.090).

    An invitation by anybody else is not consent.
    """

    key = "visit.entry_consent"
    acts = ENTRY
    reads = frozenset({"consent"})
    ways = ("missing", "not_the_debtor", "before_identified", "withdrawn")

    def breach(self, facts: DoorFacts) -> Breach | None:
        consent = facts.consent
        if consent is None:
            return self.broken("missing")
        flaws = {
            "not_the_debtor": consent.by != DEBTOR,
            "before_identified": not consent.after_identified,
            "withdrawn": consent.withdrawn is not False,
        }
        way = next((way for way, flawed in flaws.items() if flawed), None)
        return self.broken(way) if way else None


class NoObjection(Rule):
    """No adult present has said no: a term of the contract, for consent's sake."""

    key = "visit.no_objection"
    acts = ENTRY
    reads = frozenset({"objection"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.objection is False else self.broken()
