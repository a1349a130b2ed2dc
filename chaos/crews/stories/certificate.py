"""A collector's certificate is taken back, and given again."""

from chaos.crews import attempts
from chaos.crews.acts import LEAVING, REFUSED, Acts
from chaos.crews.ledger import Told
from chaos.crews.sorts import Planned
from proto.workforce import RegisterPeople
from tests import acting
from tests.world import plain


def taken_back_before(acts: Acts, visit: Planned) -> None:
    """Before they come to the door: both are there, and one may not be."""
    acts.past(register(acts, certificate=None))
    acts.check_in(visit, REFUSED, forbidden=attempts.UNCERTIFIED)


def taken_back_meanwhile(acts: Acts, visit: Planned) -> None:
    """While they are at the door: who is left goes."""
    acts.check_in(visit, "200")
    acts.past(register(acts, certificate=None))
    acts.discuss(visit, LEAVING, forbidden=attempts.SENT_OFF)
    acts.check_out(visit)


def given_back(acts: Acts, visit: Planned) -> None:
    """It is given again, and they check in as soon as that is known at the door."""
    register(acts)
    acts.until_one_may(lambda: [acts.check_in(visit, "200", REFUSED)])


def register(acts: Acts, **but: None) -> Told:
    """Have an officer say what there is to know of the second collector."""
    door = acts.crew.door
    second = door.pair[1].person_id
    people = plain({"people": [acting.person(second, door.agency_id, **but)]})
    return acts.asked_by(acts.crew.officer, RegisterPeople, second, people, "200")
