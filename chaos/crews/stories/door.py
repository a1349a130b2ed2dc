"""A whole visit from the first knock to the way out."""

from chaos.crews.acts import Acts
from chaos.crews.sorts import Planned
from proto.facts import (
    ConsentGiven,
    Entered,
    Identified,
    Introduced,
    Left,
    PersonMet,
    Recording,
    Relation,
)

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
DEBTOR = PersonMet(relation=Relation.DEBTOR)
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
CONSENT = ConsentGiven(answer="given", by=Relation.DEBTOR)
REASON = "limited_mobility"


def whole(acts: Acts, visit: Planned) -> None:
    """From the first knock to the way out, as the rules have it."""
    acts.check_in(visit, "200")
    talk_and_go(acts, visit)


def talk_and_go(acts: Acts, visit: Planned) -> None:
    """What comes after a check-in."""
    opened(acts, visit)
    acts.enter(visit, REASON, "200", facts=(CONSENT,))
    acts.journal(visit, Entered(), Left())
    if acts.now_and_then(0.3):
        acts.both_leave(visit)
    else:  # it is sealed when its time is up
        acts.check_out(visit)


def opened(acts: Acts, visit: Planned) -> None:
    """Somebody opens, and is known to be the debtor."""
    acts.journal(visit, RECORDING, INTRODUCED, DEBTOR)
    acts.discuss(visit, "200", facts=(CONFIRMED,))
