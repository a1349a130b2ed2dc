"""What is known of a case that keeps everybody from its door."""

from rulebook.facts import DoorFacts
from rulebook.rule import EVERY_ACT, Breach, Rule, known


class Undisputed(Rule):
    """While the debt is denied or its amount disputed, nothing is collected (4.12, 4.13).

    Visitors do not judge it: the bank answers from its ledger, and resumes or recalls.
    """

    key = "dispute.suspended"
    acts = EVERY_ACT
    reads = frozenset({"disputed"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.disputed is False else self.broken()


class WithCare(Rule):
    """Illness, pregnancy and the like: when and how is for the bank's plan (4.21, 4.22).

    Which circumstance it is, nobody at a door is told.
    """

    key = "special.care"
    acts = EVERY_ACT
    reads = frozenset({"care"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        if facts.care is None or facts.care.within_plan is True:
            return None
        return self.broken()


class AddressOpen(Rule):
    """A wrong address is not visited again until the bank opens it: a term of the contract.

    It is there so that nobody else is disturbed for a debt that is not theirs.
    """

    key = "visit.address_open"
    acts = EVERY_ACT
    reads = frozenset({"address_open"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if known(facts.address_open, "address_open") else self.broken()
