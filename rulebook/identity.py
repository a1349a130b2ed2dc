"""Who opened the door, and whether that is the debtor."""

from rulebook.facts import DoorFacts
from rulebook.rule import (
    AT_THE_TALK,
    WITH_A_PERSON,
    Breach,
    MaskedItems,
    Rule,
    known,
)

DEBTOR = "debtor"
#: The facts that say whether there is anybody to talk to.
MEETING = frozenset({"handing", "person_met"})


def nobody_met(facts: DoorFacts) -> bool:
    """Say whether a letter goes into a letterbox and nobody has opened."""
    return facts.handing == "letterbox" and facts.person_met is None


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

    4.17, 13.08, 13.09, 16.08, 21.037. Whoever the bank says owes it too (a guarantor, an
    heir) is no third party to it, once confirmed as that person: they may be spoken with.
    Leave to take cash is one debtor's (4.32), and so are a payment code (9.09) and consent
    to come in (21.090).
    """

    key = "third_party.debtor_only"
    acts = AT_THE_TALK
    reads = frozenset(
        {"code", "entry_reason", "identity_confirmed", "liable", "payment", "person_met"}
    )
    ways = ("anybody", "not_confirmed")

    def breach(self, facts: DoorFacts) -> Breach | None:
        met = known(facts.person_met, "person_met")
        if met == DEBTOR:
            return None
        more = (facts.payment, facts.entry_reason, facts.code)
        more_than_talk = any(each is not None for each in more)
        if met not in facts.liable or more_than_talk:
            return self.broken("anybody")
        return None if facts.identity_confirmed else self.broken("not_confirmed", met=met)


class Capable(Rule):
    """A child, or somebody drunk or confused, is asked nothing and given nothing.

    It is a term of the contract, for the sake of 4.22.
    """

    key = "person.capable"
    acts = WITH_A_PERSON
    reads = MEETING | {"person_capable"}

    def breach(self, facts: DoorFacts) -> Breach | None:
        met = nobody_met(facts) or facts.person_capable is True
        return None if met else self.broken()
