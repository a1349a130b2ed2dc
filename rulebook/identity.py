"""Who opened the door, and whether that is the debtor."""

from rulebook.facts import DoorFacts
from rulebook.rule import AT_THE_TALK, Breach, MaskedItems, Rule, known

DEBTOR = "debtor"


class Confirmed(Rule):
    """The person has confirmed by name to be the debtor (4.11, 16.11)."""

    key = "identity.confirmed"
    acts = AT_THE_TALK
    reads = frozenset({"identity_confirmed"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if facts.identity_confirmed else self.broken()


class Items(Rule):
    """And has confirmed some masked items of the case as well (4.10, 16.10)."""

    key = "identity.items"
    acts = AT_THE_TALK
    reads = frozenset({"confirmed_items"})
    at_least: MaskedItems

    def breach(self, facts: DoorFacts) -> Breach | None:
        confirmed = facts.confirmed_items
        if confirmed >= self.at_least:
            return None
        return self.broken(confirmed=confirmed, at_least=self.at_least)


class DebtorOnly(Rule):
    """The matter is the debtor's alone; everybody else (第三方) is told nothing.

    4.17, 13.08, 13.09, 16.08, 21.037.
    """

    key = "third_party.debtor_only"
    acts = AT_THE_TALK
    reads = frozenset({"person_met"})

    def breach(self, facts: DoorFacts) -> Breach | None:
        return None if known(facts.person_met, "person_met") == DEBTOR else self.broken()
