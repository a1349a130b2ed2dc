"""S14 in the morning: one of the pair cannot come, and another goes instead."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from copy import copy
from dataclasses import dataclass
from functools import partial
from threading import Barrier
from uuid import UUID

import pytest

from doorstep.client import Answer
from proto import ids
from proto.pack import Deed, Met
from tests import acting
from tests.journeys.hurting import until
from tests.journeys.test_badge_page import (
    WORDS,
    complains,
    looks,
    of_the_case,
    what_the_agency_sees,
)
from tests.journeys.test_pack import fetched, says
from tests.world import AtADoor, Collector, Door, Platform, plain, sent

ROUNDS = 12


@dataclass
class Team:
    """A pair, and two more of their agency, with a letter for each who may come."""

    door: Door
    others: tuple[Collector, Collector]
    letters: tuple[UUID, UUID]

    @classmethod
    def of(cls, door: Door) -> "Team":
        people = [ids.new(), ids.new()]
        entries = [acting.person(person, door.agency_id) for person in people]
        sent(door.platform.officer, "/v1/people", {"people": entries})
        door.platform.settle()
        others = (door.collector(people[0]), door.collector(people[1]))
        letters = (ids.new(), ids.new())
        issued = [
            {
                "letter_id": letter,
                "number": f"SQ{letter.hex}",
                "agency_id": door.agency_id,
                "people": [door.pair[0].person_id, other.person_id],
                "valid_from": "2026-03-01",
                "valid_until": "2026-03-31",
            }
            for letter, other in zip(letters, others, strict=True)
        ]
        sent(door.platform.officer, "/v1/authorisations", {"letters": issued})
        door.platform.settle()
        return cls(door, others, letters)

    def swap(self, visit_id: UUID, which: int = 0) -> Answer:
        body = {
            "leaves": self.door.pair[1].person_id,
            "comes": self.others[which].person_id,
            "letter_id": self.letters[which],
        }
        return self.door.boss.post(f"/v1/visits/{visit_id}/swap", plain(body))


@pytest.fixture(scope="module")
def team(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Team:
    return Team.of(Door(platform, tmp_path_factory.mktemp("phones")))


def mandated(platform: Platform, code: str) -> bool:
    answer = platform.nobody().post("/v1/badges/checks", {"code": code})
    assert answer.ok, answer
    return bool(answer.body["mandated"])


def together(*acts: Callable[[], Answer]) -> list[Answer]:
    """Do these at the same instant."""
    start = Barrier(len(acts))

    def go(act: Callable[[], Answer]) -> Answer:
        start.wait()
        return act()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(go, acts))


def test_s14_a_partner_is_swapped_in_the_morning_and_the_old_papers_die(team: Team) -> None:
    door, platform = team.door, team.door.platform
    (visit,) = door.visits(1)
    one, ill = door.pair
    comes = team.others[0]
    old = fetched(ill).visit(visit)
    assert old is not None
    assert mandated(platform, old.badge or "")

    answer = team.swap(visit)

    assert answer.ok, answer
    assert answer.body["collectors"] == [str(one.person_id), str(comes.person_id)]
    for path in ("", "/grant"):
        assert ill.http.get(f"/v1/visits/{visit}{path}").status == 404
    assert fetched(ill).visit(visit) is None
    assert not mandated(platform, old.badge or "")
    new = fetched(comes)
    carried = new.visit(visit)
    assert carried is not None
    assert mandated(platform, carried.badge or "")
    assert carried.badge != old.badge
    assert says(new, visit, Deed.CHECK_IN, Met.NOBODY).allowed
    comes.begins_shift(visit)
    door.learn_nonces([visit])
    path = f"/v1/visits/{visit}/check-ins"
    refused = one.http.post(path, door.present(visit, pair=(one, ill)))
    assert (refused.status, refused.kind) == (403, "not-your-visit")
    assert one.http.post(path, door.present(visit, pair=(one, comes))).ok
    until(lambda: staff(door, visit) == staff_numbers(platform, one, comes))


def test_a_complaint_by_the_code_of_before_a_swap_holds_the_case(team: Team) -> None:
    """Who was swapped out has shown it, or shows it still: the bank hears of it all the
    same, the case is held, and the agency sees nothing of it.
    """
    door, platform = team.door, team.door.platform
    visit, unlike = (AtADoor(door, each) for each in door.visits(2))
    old = visit.shown()["badge"]
    for each in (visit, unlike):
        assert team.swap(each.visit_id).ok
    until(lambda: not mandated(platform, old))
    platform.settle()
    page = looks(platform, old).text

    answer = complains(platform, old, page)

    assert answer.status_code == 200
    assert "Your complaint is with the bank." in answer.text
    [number] = re.findall(r'<dd class="full">([\w-]+)</dd>', answer.text)
    platform.settle()
    told = (number, "conduct", f"They were rude, or would not leave\n\n{WORDS}")
    assert of_the_case(platform, visit.case_id) == [told]
    pack = fetched(door.pair[0])
    assert pack.visit(visit.visit_id) is None
    assert pack.visit(unlike.visit_id) is not None

    hold = {"reason": "bank_decision"}
    assert platform.officer.post(f"/v1/cases/{unlike.case_id}/hold", hold).ok
    platform.settle()
    mine = copy(door)
    mine.pair = (door.pair[0], team.others[0])
    assert what_the_agency_sees(mine, visit) == what_the_agency_sees(mine, unlike)


def staff(door: Door, visit_id: UUID) -> list[str]:
    """Who goes there, as their agency's board shows it."""
    rows = door.boss.get("/v1/board").body["visits"]
    found = (row for row in rows if row["visit_id"] == str(visit_id))
    return next((list(row["collectors"]) for row in found), [])


def staff_numbers(platform: Platform, *who: Collector) -> list[str]:
    query = "SELECT body->>'staff_no' FROM field_visit.kept WHERE key = %s"
    return [platform.rows(query, each.person_id)[0][0] for each in who]


def test_two_supervisors_at_once_swap_one_partner_once(team: Team) -> None:
    for visit in team.door.visits(ROUNDS):
        answers = together(*(partial(team.swap, visit, which) for which in (0, 1)))

        assert sorted(each.status for each in answers) == [200, 409]
        won = next(each for each in answers if each.ok)
        lost = next(each for each in answers if not each.ok)
        assert lost.kind == "not-of-the-pair"
        shown = team.door.boss.get(f"/v1/visits/{visit}").body
        assert shown["collectors"] == won.body["collectors"]


def test_a_swap_and_a_check_in_at_once_have_one_winner(team: Team) -> None:
    door = team.door
    for visit in door.visits(ROUNDS):
        way = AtADoor(door, visit)
        swap, check_in = together(partial(team.swap, visit), way.checks_in)

        shown = door.boss.get(f"/v1/visits/{visit}").body
        old = [str(each.person_id) for each in door.pair]
        if swap.ok:
            assert (check_in.status, check_in.kind) == (403, "not-your-visit")
            assert (shown["state"], shown["present"]) == ("planned", [])
            assert shown["collectors"] != old
        else:
            assert (swap.status, swap.kind) == (409, "visit-begun")
            assert check_in.ok
            assert shown["collectors"] == old


def test_nobody_is_swapped_by_another_agency(
    team: Team, platform: Platform, tmp_path
) -> None:
    other = Door(platform, tmp_path)
    body = {
        "leaves": team.door.pair[1].person_id,
        "comes": other.pair[0].person_id,
        "letter_id": other.letter_id,
    }
    answer = other.boss.post(f"/v1/visits/{team.door.visit_id}/swap", plain(body))
    assert answer.status == 404
    answer = team.door.boss.post(f"/v1/visits/{team.door.visit_id}/swap", plain(body))
    assert answer.status == 422
