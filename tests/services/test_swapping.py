"""Another goes instead of one of the pair, in the morning and never at the door (S14)."""

import pytest

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from proto import ids
from proto.badges import normal
from proto.base import Role
from proto.dispatch import CaseState
from proto.facts import Knocked
from proto.field_visit import (
    CheckBadge,
    CheckIn,
    PairSwapped,
    PartnerSwapped,
    RecordJournal,
    ShowVisit,
    SwapPartner,
)
from proto.pack import Deed, Met
from services.complaints import handlers as complaints
from services.dispatch import handlers as dispatch
from services.field_visit import handlers, store
from services.field_visit.handlers import swapping
from services.field_visit.model import visit_table
from tests.acting import Phone
from tests.services.conftest import NOON, topics
from tests.services.pairs import Pair, judged
from tests.services.test_packing import known, pack_of, said


class Crew(Pair):
    """A pair, somebody who may go instead, and the bank's letter for the new two."""

    def __init__(self, unit, watch) -> None:
        super().__init__(unit, watch)
        self.c, self.new_letter = Phone(ids.new()), ids.new()
        for standing in (
            self.person_standing(self.c),
            self.device_standing(self.c),
            self.letter_of(self.a, self.c),
        ):
            self.hear(standing)
        known(self)
        handlers.note_phone(self.device_standing(self.c), self.open("field_visit"))

    def letter_of(self, *phones: Phone, version: int = 1, **but):
        people = tuple(phone.person_id for phone in phones)
        its = {"letter_id": self.new_letter, "number": "SQ-2", "people": people}
        return self.letter_standing(version, **its | but)

    def swaps(self, role=Role.SUPERVISOR, agency=None, **but) -> PartnerSwapped:
        command = SwapPartner(
            **{
                "visit_id": self.visit,
                "leaves": self.b.person_id,
                "comes": self.c.person_id,
                "letter_id": self.new_letter,
            }
            | but
        )
        self.watch.goes(seconds=1)
        unit = self.open("field_visit", role, agency or self.agency)
        handlers.boss_of(command, unit)
        reply = handlers.swap_partner(command, unit)
        unit.settle()
        self.said, self.events = topics(unit), unit.said
        return reply

    def mandated(self, code: str) -> bool:
        unit = self.open("field_visit", Role.ANYONE)
        return handlers.check_badge(CheckBadge(code=code), unit).mandated

    def new_badge(self) -> str:
        return pack_of(self).visits[0].badge


@pytest.fixture
def crew(unit, watch) -> Crew:
    return Crew(unit, watch)


def test_the_new_two_go_and_what_the_old_one_had_is_worth_nothing(crew) -> None:
    before = pack_of(crew, crew.b)
    assert crew.mandated(crew.badge)

    reply = crew.swaps()

    assert reply.collectors == (crew.a.person_id, crew.c.person_id)
    assert reply.letter_id == crew.new_letter
    assert not crew.mandated(crew.badge)
    for command, handle in (
        (ShowVisit(visit_id=crew.visit), handlers.show_visit),
        (
            RecordJournal(
                visit_id=crew.visit, journal=crew.journal(Knocked(times=1), phone=crew.b)
            ),
            handlers.record_journal,
        ),
        (
            CheckIn(
                visit_id=crew.visit, present=[crew.b.presence(crew.visit, crew.watch.now)]
            ),
            handlers.check_in,
        ),
    ):
        with pytest.raises(NotFound):
            crew.does(handle, command, crew.b)
    assert pack_of(crew, crew.b).visits == ()
    after = pack_of(crew, crew.c).visits[0]
    assert after.letter.number == "SQ-2"
    assert set(after.pairing.phones) == {crew.a.device_id, crew.c.device_id}
    assert crew.mandated(after.badge)
    assert after.badge != before.visits[0].badge
    assert said(pack_of(crew), Deed.CHECK_IN, Met.NOBODY, 12 * 3600) == ("proceed", [])
    crew.begins_shift(crew.c)
    assert judged(crew.check_in(crew.a, crew.c)) == ("proceed", [])


def test_it_is_said_once_and_doing_it_again_changes_nothing(crew) -> None:
    crew.swaps()
    assert crew.said == ["field_visit.pair_swapped"]
    badge = crew.new_badge()

    assert crew.swaps().collectors == (crew.a.person_id, crew.c.person_id)
    assert (crew.said, crew.new_badge()) == ([], badge)
    with pytest.raises(Conflict, match="not-of-the-pair"):
        crew.swaps(comes=crew.b.person_id, letter_id=crew.letter)


@pytest.mark.parametrize(
    "begin",
    [
        lambda crew: crew.check_in(crew.a),
        lambda crew: crew.check_in(crew.a, crew.b),
        lambda crew: crew.record(Knocked(times=1)),
    ],
    ids=["one is there", "both are there", "one has noted something"],
)
def test_nobody_is_swapped_once_somebody_was_there(crew, begin) -> None:
    begin(crew)
    with pytest.raises(Conflict, match="visit-begun"):
        crew.swaps()
    assert crew.mandated(crew.badge)


def pointers(refused) -> dict[str, str]:
    return {detail.pointer: detail.kind for detail in refused.value.details}


LAST_YEAR = NOON.date().replace(year=2025)
WRONG = {
    "/comes cannot-go": [
        lambda c: c.person_standing(c.c, 2, in_service=False),
        lambda c: c.person_standing(c.c, 2, certified_until=LAST_YEAR),
        lambda c: c.person_standing(c.c, 2, certified_from=None),
    ],
    "/comes unknown-person": [
        lambda c: c.person_standing(c.c, 2, agency_id=ids.new()),
    ],
    "/letter_id letter-does-not-fit": [
        lambda c: c.letter_of(c.b, c.c, version=2),
        lambda c: c.letter_of(c.a, c.c, version=2, state="revoked"),
        lambda c: c.letter_of(c.a, c.c, version=2, valid_until=LAST_YEAR),
    ],
    "/letter_id unknown-letter": [
        lambda c: c.letter_of(c.a, c.c, version=2, agency_id=ids.new()),
    ],
}


@pytest.mark.parametrize(
    ("wrong", "standing"),
    [(wrong, standing) for wrong, all_ in WRONG.items() for standing in all_],
)
def test_who_comes_must_be_able_to_go_and_the_letter_name_both(
    crew, standing, wrong
) -> None:
    crew.hear(standing(crew))
    with pytest.raises(Invalid) as refused:
        crew.swaps()
    assert pointers(refused) == dict([wrong.split()])
    assert crew.mandated(crew.badge)


def test_the_letter_of_before_will_do_if_it_names_both(crew) -> None:
    with pytest.raises(Invalid) as refused:
        crew.swaps(letter_id=crew.letter)
    assert pointers(refused) == {"/letter_id": "letter-does-not-fit"}
    people = (crew.a.person_id, crew.b.person_id, crew.c.person_id)
    crew.hear(crew.letter_standing(2, people=people))
    assert crew.swaps(letter_id=crew.letter).letter_id == crew.letter


def test_nobody_swaps_with_themselves_or_somebody_nobody_knows(crew) -> None:
    for comes, kind in (
        (crew.a.person_id, "same-collector-twice"),
        (ids.new(), "unknown-person"),
    ):
        with pytest.raises(Invalid) as refused:
            crew.swaps(comes=comes)
        assert pointers(refused)["/comes"] == kind


def test_who_was_in_danger_at_that_door_never_goes_there_again(crew, unit, watch) -> None:
    other = Pair(unit, watch, beside=crew)
    handed = {"collectors": [crew.b.person_id, crew.c.person_id]}
    table = visit_table
    change = table.update().where(table.c.id == other.visit).values(handed)
    crew.hears.connection.execute(change)
    asks = crew.open("field_visit", Role.SUPERVISOR, crew.agency)
    visit = store.visit(asks.shared, crew.visit)
    assert not swapping.may_never_return(visit, crew.c.person_id)

    (beside,) = visit.siblings
    beside.danger_at = NOON

    assert swapping.may_never_return(visit, crew.c.person_id)
    command = {"leaves": crew.b.person_id, "comes": crew.c.person_id}
    its = SwapPartner(visit_id=crew.visit, letter_id=crew.new_letter, **command)
    with pytest.raises(Invalid) as refused:
        handlers.swap_partner(its, asks)
    assert pointers(refused) == {"/comes": "cannot-go"}


def test_only_a_supervisor_of_the_same_agency_may(crew) -> None:
    with pytest.raises(NotFound):
        crew.swaps(agency=ids.new())
    for role in set(Role) - {Role.SUPERVISOR}:
        with pytest.raises(Forbidden):
            crew.swaps(role)


def test_a_revoked_letter_of_before_no_longer_concerns_the_visit(crew) -> None:
    crew.swaps()
    crew.hear(crew.letter_standing(2, state="revoked"))
    crew.begins_shift(crew.c)
    assert judged(crew.check_in(crew.a, crew.c)) == ("proceed", [])


def test_a_withdrawn_visit_stays_withdrawn(crew) -> None:
    crew.hear(crew.case_standing(2, state=CaseState.HELD))
    crew.swaps()
    assert pack_of(crew, crew.c).withdrawn == (crew.visit,)


# What others make of it.


def swapped(crew: Crew) -> PairSwapped:
    crew.swaps()
    (envelope,) = crew.events
    return PairSwapped.model_validate(envelope.data)


def test_the_complaints_desk_knows_the_new_code(crew) -> None:
    event, unit = swapped(crew), crew.open("complaints")
    complaints.note_plan(crew.planned(), unit)
    unit.settle()
    complaints.note_swap(event, unit)
    unit.settle()

    badge = complaints.badge_table
    kept = unit.connection.execute(badge.select().where(badge.c.id == crew.visit)).one()
    assert kept.blind == event.badge_blind
    new = crew.hears.keyring.blind("visit.badge", normal(crew.new_badge()))
    assert kept.blind == new


def test_dispatch_plans_by_the_new_pair(crew) -> None:
    event, unit = swapped(crew), crew.open("dispatch")
    changes = unit.changes
    dispatch.swap(event, unit)
    ((table, rows),) = changes.items()
    assert table.name == "visit_plan"
    assert rows[crew.visit]["collectors"] == list(event.collectors)
    assert rows[crew.visit]["letter_id"] == crew.new_letter
    unit.forget()
