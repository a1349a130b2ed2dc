"""Who is at my door? What makes the answer a no, and that nobody learns which it was."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from chassis import topology
from chassis.errors import Unavailable
from chassis.shared import Shared
from proto import badges, ids
from proto.base import Role
from proto.complaints import WorkStanding
from proto.dispatch import CaseState
from proto.facts import ComplaintMade, WrongAddress
from proto.field_visit import BadgeChecked, CheckBadge, Ending
from proto.letters import LetterState
from services.field_visit import handlers
from services.field_visit.handlers.badges import NOBODY
from services.field_visit.model import visit_table
from tests.acting import Phone
from tests.services.pairs import Pair
from tests.services.saying import said
from tests.services.test_help import call

YES = BadgeChecked(mandated=True, agency="a", staff_numbers=("1", "1"))


@pytest.fixture
def pair(unit, watch) -> Pair:
    """A pair on its way, planned for today."""
    return Pair(unit, watch)


def asked(pair: Pair, code: str | None = None) -> BadgeChecked:
    """What whoever opens is told by a code: by default the one on the pair's badges."""
    command = CheckBadge(code=code or pair.badge)
    return pair.does(handlers.check_badge, command, Phone(ids.new()), Role.ANYONE)


def works(pair: Pair, **but) -> WorkStanding:
    return WorkStanding(case_id=pair.case, version=1, **but)


def call_elsewhere(pair: Pair) -> None:
    """Let one of the two have called for help at another visit to the case."""
    values = {
        **pair.hears.connection.execute(
            select(visit_table).where(visit_table.c.id == pair.visit)
        )
        .one()
        ._mapping,
        "id": ids.new(),
        "badge_blind": None,
        "collectors": [pair.b.person_id, ids.new()],
        "danger_at": pair.watch.now,
    }
    pair.hears.connection.execute(insert(visit_table).values(values))


def standing_is(make):
    """A story in which somebody publishes something."""
    return lambda pair: pair.hear(make(pair))


#: What makes a good code a bad one.
NO_MORE = {
    "the letter is revoked": standing_is(
        lambda pair: pair.letter_standing(2, state=LetterState.REVOKED)
    ),
    "the letter begins tomorrow": standing_is(
        lambda pair: pair.letter_standing(
            2,
            valid_from=pair.watch.now.date() + timedelta(days=1),
            valid_until=pair.watch.now.date() + timedelta(days=1),
        )
    ),
    "the letter names somebody else": standing_is(
        lambda pair: pair.letter_standing(2, people=(pair.a.person_id, ids.new()))
    ),
    "the letter is another agency's": standing_is(
        lambda pair: pair.letter_standing(2, agency_id=ids.new())
    ),
    "the agency is barred": standing_is(
        lambda pair: (
            pair.standings().__next__().model_copy(update={"active": False, "version": 2})
        )
    ),
    "one is out of service": standing_is(
        lambda pair: pair.person_standing(pair.b, 2, in_service=False)
    ),
    "one works for somebody else now": standing_is(
        lambda pair: pair.person_standing(pair.b, 2, agency_id=ids.new())
    ),
    "one's certificate ran out yesterday": standing_is(
        lambda pair: pair.person_standing(
            pair.b, 2, certified_until=pair.watch.now.date() - timedelta(days=1)
        )
    ),
    "one was never certified": standing_is(
        lambda pair: pair.person_standing(pair.b, 2, certified_from=None)
    ),
    "one has called for help there": lambda pair: call(pair),
    "one has called for help at another visit to the case": lambda pair: call_elsewhere(
        pair
    ),
    "the case is held": standing_is(
        lambda pair: pair.case_standing(2, state=CaseState.HELD)
    ),
    "the case is another agency's": standing_is(
        lambda pair: pair.case_standing(2, agency_id=ids.new())
    ),
    "somebody has complained": standing_is(lambda pair: works(pair, suspended=True)),
    "the address is closed": standing_is(
        lambda pair: pair.case_standing(2, address_open=False)
    ),
    "there are special circumstances, and no plan": standing_is(
        lambda pair: pair.case_standing(2, special=True)
    ),
    "the day is over": lambda pair: pair.watch.goes(days=1),
}


def test_a_pair_that_is_mandated_today_is_known_by_its_code(pair) -> None:
    assert asked(pair) == YES
    assert asked(pair, pair.badge.lower().replace("-", " ")) == YES


@pytest.mark.parametrize("story", NO_MORE)
def test_a_code_dies_with_what_it_rests_on(pair, story: str) -> None:
    assert asked(pair) == YES

    NO_MORE[story](pair)

    assert asked(pair) == asked(pair, badges.new()) == NOBODY


@pytest.mark.parametrize("fact", [ComplaintMade(), WrongAddress(how="never_here")])
def test_what_the_pair_was_told_at_this_door_ends_it_before_the_bank_says_so(
    pair, fact
) -> None:
    pair.check_in(pair.a, pair.b)
    assert asked(pair) == YES

    pair.record(fact)

    assert asked(pair) == NOBODY


def test_a_pair_that_has_left_is_still_the_one_that_was_here_today(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.check_out(Ending.NOBODY_HOME)

    assert asked(pair) == YES


def test_nothing_is_confirmed_while_a_no_may_be_on_its_way(
    pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is anybody told by it whether there is such a code."""
    heard = dict.fromkeys(topology.SERVICES, pair.watch.now)
    monkeypatch.setattr(Shared, "ticked", heard)
    pair.watch.goes(seconds=5)

    for code in (pair.badge, badges.new()):
        with pytest.raises(Unavailable, match="source-stale"):
            asked(pair, code)


def test_nobody_learns_by_the_time_it_takes_whether_a_code_was_ever_real(pair) -> None:
    """The same no, after the same statements in the same order."""
    pair.hear(pair.letter_standing(2, state=LetterState.REVOKED))
    connection, statements = pair.open("field_visit").connection, {}

    for code in (pair.badge, badges.new(), "请问这是谁"):
        with said(connection) as statements[code]:
            assert asked(pair, code) == NOBODY

    first, *others = statements.values()
    assert others == [first, first]
