"""Two phones prove that they are side by side; whatever is no such proof is refused."""

from datetime import timedelta

import pytest
from sqlalchemy import func, insert, null, select

from chassis.errors import Conflict, Forbidden, Invalid, NotFound
from proto import ids
from proto.base import Role
from proto.decision import Outcome
from proto.facts import ShiftEnded, ShiftStarted
from proto.field_visit import CheckIn, CheckOut, Ending
from proto.pairing import ShowPairing
from proto.places import Position
from proto.workforce import DeviceState
from services.field_visit import handlers
from services.field_visit.model import visit_table
from tests.acting import AT_THE_DOOR, DOOR, Phone, side_by_side
from tests.services.pairs import RECORDING, THE_DEBTOR, Pair, judged

#: A hundredth of a degree of latitude is eleven hundred metres.
METRE = 1 / 111_000


@pytest.fixture
def pair(unit, watch) -> Pair:
    return Pair(unit, watch)


def near(metres: float, accuracy_m: float = 8) -> Position:
    """A place so far to the north of the door."""
    there = DOOR | {"latitude": DOOR["latitude"] + metres * METRE}
    return Position(**there, accuracy_m=accuracy_m)


def codes(pair, apart_s=0.0, at=AT_THE_DOOR, there=AT_THE_DOOR):
    """The presences of a pairing whose second phone answers so much later."""
    now = pair.watch.now
    first = pair.a.presence(pair.visit, now, at, nonce=pair.nonce)
    later = now + timedelta(seconds=apart_s)
    code = {"nonce": pair.nonce, "answers": first.fingerprint()}
    return [first, pair.b.presence(pair.visit, later, there, **code)]


def checks_in(pair, present, phone=None, closing=None):
    command = CheckIn(visit_id=pair.visit, present=present, closing=closing)
    return pair.does(handlers.check_in, command, phone)


def refused(pair, present, phone=None, closing=None) -> str:
    with pytest.raises((Forbidden, Invalid)) as refusal:
        checks_in(pair, present, phone, closing)
    details = [each.kind for each in refusal.value.details]
    return details[0] if details else refusal.value.kind


def test_one_phone_checks_both_in_once_they_have_paired(pair) -> None:
    assert judged(checks_in(pair, codes(pair))) == (Outcome.PROCEED, [])
    assert pair.said == ["field_visit.collectors_arrived"]


def test_either_of_the_two_may_carry_them_in_either_order(pair) -> None:
    assert judged(checks_in(pair, codes(pair)[::-1], pair.b)) == (Outcome.PROCEED, [])


def test_two_presences_that_never_met_are_no_pairing(pair) -> None:
    now = pair.watch.now
    present = [phone.presence(pair.visit, now) for phone in (pair.a, pair.b)]

    assert refused(pair, present) == "not-paired"


def test_a_phone_cannot_carry_the_partners_presence_without_a_pairing(pair) -> None:
    alone = pair.b.presence(pair.visit, pair.watch.now)

    assert refused(pair, [alone], pair.a) == "presence-of-another"


def test_nor_an_answer_without_what_it_answers(pair) -> None:
    assert refused(pair, codes(pair)[1:], pair.a) == "presence-of-another"


def test_two_that_name_the_nonce_and_answer_nothing_are_no_pairing(pair) -> None:
    now, nonce = pair.watch.now, pair.nonce
    present = [p.presence(pair.visit, now, nonce=nonce) for p in (pair.a, pair.b)]

    assert refused(pair, present) == "not-paired"


def test_two_that_both_answer_are_no_pairing(pair) -> None:
    first, answer = codes(pair)
    code = {"nonce": pair.nonce, "answers": answer.fingerprint()}
    both = pair.a.presence(pair.visit, pair.watch.now, **code)

    assert refused(pair, [both, answer]) == "not-paired"


def test_an_answer_to_another_code_is_none(pair) -> None:
    _, answer = codes(pair)
    pair.watch.goes(seconds=5)
    again = pair.a.presence(pair.visit, pair.watch.now, nonce=pair.nonce)

    assert refused(pair, [again, answer]) == "pairing-answers-another"


def test_an_answer_to_the_same_place_signed_anew_is_none(pair) -> None:
    """A phone that shows its code twice has shown two codes."""
    first, answer = codes(pair)
    where = (pair.visit, first.at, first.position)
    again = pair.a.presence(*where, nonce=pair.nonce)
    assert again.model_copy(update={"signature": first.signature}) == first

    assert refused(pair, [again, answer]) == "pairing-answers-another"


def test_a_code_of_another_visit_of_theirs_is_none(pair, unit, watch) -> None:
    other = Pair(unit, watch)
    present = side_by_side((pair.a, pair.b), pair.visit, other.nonce, watch.now)

    assert refused(pair, present) == "pairing-of-another-visit"


def test_nor_does_it_help_to_check_in_alone_with_it(pair) -> None:
    code = pair.a.presence(pair.visit, pair.watch.now, nonce=ids.new())

    assert refused(pair, [code]) == "pairing-of-another-visit"


def test_a_pairing_of_this_morning_is_refused_as_a_whole(pair) -> None:
    present = codes(pair)
    pair.watch.goes(hours=8)

    assert judged(checks_in(pair, present)) == (Outcome.WAIT, ["C.04"])


def test_a_pairing_sent_twice_says_the_same_twice_and_moves_nothing(pair) -> None:
    present = codes(pair)
    assert judged(checks_in(pair, present)) == (Outcome.PROCEED, [])

    assert judged(checks_in(pair, present)) == (Outcome.PROCEED, [])
    assert pair.said == []


def test_one_person_with_two_phones_is_no_pair(pair) -> None:
    spare = Phone(pair.a.person_id)
    pair.hear(pair.device_standing(spare))
    present = side_by_side((pair.a, spare), pair.visit, pair.nonce, pair.watch.now)

    assert refused(pair, present) == "presence-twice"


def test_one_phone_does_not_stand_for_both(pair) -> None:
    borrowed = Phone(pair.b.person_id, pair.a.device_id, pair.a.private)
    present = side_by_side((pair.a, borrowed), pair.visit, pair.nonce, pair.watch.now)

    assert refused(pair, present) == "device-not-yours"


def test_the_answer_of_a_revoked_phone_is_none(pair) -> None:
    present = codes(pair)
    pair.hear(pair.device_standing(pair.b, version=2, state=DeviceState.REVOKED))

    assert refused(pair, present) == "device-revoked"


def test_an_answer_whose_place_was_changed_is_not_signed(pair) -> None:
    first, answer = codes(pair, there=near(500))
    moved = answer.model_copy(update={"position": AT_THE_DOOR})

    assert refused(pair, [first, moved]) == "signature-does-not-fit"


def test_fifteen_seconds_are_in_time_and_sixteen_are_not(pair) -> None:
    assert judged(checks_in(pair, codes(pair, 16))) == (Outcome.WAIT, ["C.25"])

    assert judged(checks_in(pair, codes(pair, 15))) == (Outcome.PROCEED, [])


@pytest.mark.parametrize("fast_s", [-120, 45])
def test_a_clock_that_is_wrong_does_not_part_a_pair_whose_phone_counted(pair, fast_s):
    present = codes(pair, fast_s)
    assert judged(checks_in(pair, present)) == (Outcome.WAIT, ["C.25"])

    closing = pair.a.closing(present[1], elapsed_ms=4_000)
    assert judged(checks_in(pair, present, closing=closing)) == (Outcome.PROCEED, [])


def test_a_clock_three_minutes_off_is_believed_by_nobody(pair) -> None:
    slow, fast = codes(pair, -181), codes(pair, 181)

    closing = pair.a.closing(slow[1], elapsed_ms=4_000)
    assert judged(checks_in(pair, slow, closing=closing)) == (Outcome.WAIT, ["C.04"])
    closing = pair.a.closing(fast[1], elapsed_ms=4_000)
    assert judged(checks_in(pair, fast, closing=closing)) == (Outcome.STOP, ["C.05"])


def test_a_phone_that_counted_too_long_is_believed(pair) -> None:
    present = codes(pair, 1)
    closing = pair.a.closing(present[1], elapsed_ms=15_001)

    assert judged(checks_in(pair, present, closing=closing)) == (Outcome.WAIT, ["C.25"])


def test_only_who_showed_the_code_says_how_long_it_took(pair) -> None:
    first, answer = codes(pair, 60)

    theirs = pair.b.closing(answer, elapsed_ms=1)
    assert refused(pair, [first, answer], closing=theirs) == "pairing-answers-another"
    of_another = pair.a.closing(first, elapsed_ms=1)
    assert refused(pair, [first, answer], closing=of_another) == "pairing-answers-another"
    changed = pair.a.closing(answer, elapsed_ms=60_000).model_copy(update={"elapsed_ms": 1})
    assert refused(pair, [first, answer], closing=changed) == "signature-does-not-fit"


def test_two_at_the_ends_of_the_house_are_not_together(pair) -> None:
    far = codes(pair, at=near(-60), there=near(60))

    assert judged(checks_in(pair, far)) == (Outcome.WAIT, ["C.24"])


def test_what_their_radii_leave_open_counts_for_the_pair(pair) -> None:
    vague = codes(pair, at=near(-60, 40), there=near(60, 40))

    assert judged(checks_in(pair, vague)) == (Outcome.PROCEED, [])


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_two_phones_check_in_apart_in_either_order(pair, order) -> None:
    one, other = (getattr(pair, name) for name in order)
    assert judged(pair.check_in(one)) == (Outcome.WAIT, ["4.27"])

    assert judged(pair.check_in(other)) == (Outcome.PROCEED, [])


def test_two_that_check_in_apart_are_near_each_other_too(pair) -> None:
    pair.check_in(pair.a, at=near(-60))

    assert judged(pair.check_in(pair.b, at=near(60))) == (Outcome.WAIT, ["C.24"])
    assert judged(pair.check_in(pair.b, at=near(-60))) == (Outcome.PROCEED, [])


def test_a_presence_that_was_overtaken_says_nothing_of_where_they_are_now(pair) -> None:
    old = codes(pair)
    pair.watch.goes(seconds=5)
    pair.check_in(pair.b, at=near(100))

    assert judged(checks_in(pair, old)) == (Outcome.WAIT, ["C.24"])


def test_whose_shift_has_not_begun_does_not_check_in(pair) -> None:
    spare = Phone(pair.b.person_id)
    pair.hear(pair.device_standing(spare))
    handlers.note_phone(pair.device_standing(spare), pair.hears)

    present = side_by_side((pair.a, spare), pair.visit, pair.nonce, pair.watch.now)
    assert judged(checks_in(pair, present)) == (Outcome.STOP, ["C.23"])
    pair.begins_shift(spare)
    assert judged(checks_in(pair, present)) == (Outcome.PROCEED, [])


def test_whose_shift_has_ended_does_nothing_any_more(pair) -> None:
    pair.check_in(pair.a, pair.b)
    pair.record(ShiftEnded(), phone=pair.b)

    assert judged(pair.may_talk(RECORDING, *THE_DEBTOR)) == (Outcome.STOP, ["C.23"])
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.STOP, ["C.23"])
    pair.record(ShiftStarted(), phone=pair.b)
    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def test_an_end_that_comes_with_the_ask_counts_for_the_ask(pair) -> None:
    pair.check_in(pair.a, pair.b)

    clearance = pair.may_talk(RECORDING, *THE_DEBTOR, ShiftEnded())
    assert judged(clearance) == (Outcome.STOP, ["C.23"])


def test_a_shift_begun_at_one_door_is_begun_at_the_next(pair, unit, watch) -> None:
    """By the phone's whole journal, whichever visit an entry is of."""
    pair.record(ShiftEnded(), phone=pair.a)
    pair.record(ShiftStarted(), phone=pair.a)

    assert judged(pair.check_in(pair.a, pair.b)) == (Outcome.PROCEED, [])


def asks_for_ticket(pair, phone=None):
    return pair.does(handlers.show_pairing, ShowPairing(visit_id=pair.visit), phone)


def test_the_ticket_names_both_phones_their_keys_and_the_nonce(pair) -> None:
    ticket = asks_for_ticket(pair)

    assert (ticket.visit_id, ticket.nonce) == (pair.visit, pair.nonce)
    assert {(p.device_id, p.collector_id, p.thumbprint) for p in ticket.phones} == {
        (phone.device_id, phone.person_id, phone.public_key.thumbprint())
        for phone in (pair.a, pair.b)
    }


def test_the_ticket_knows_no_phone_that_was_revoked(pair) -> None:
    pair.hear(pair.device_standing(pair.b, version=2, state=DeviceState.REVOKED))

    assert [p.device_id for p in asks_for_ticket(pair).phones] == [pair.a.device_id]


def test_nobody_else_is_given_the_ticket(pair) -> None:
    stranger = Phone(ids.new())
    command = ShowPairing(visit_id=pair.visit)
    unit = pair.open("field_visit", Role.FIELD_COLLECTOR, pair.agency, stranger.person_id)

    with pytest.raises(NotFound):
        handlers.show_pairing(command, unit)


def test_a_visit_that_is_over_has_no_ticket(pair) -> None:
    pair.check_in(pair.a, pair.b)
    over = CheckOut(visit_id=pair.visit, ending=Ending.NOBODY_HOME)
    pair.does(handlers.check_out, over)

    with pytest.raises(Conflict, match="visit-closed"):
        asks_for_ticket(pair)


def test_a_visit_planned_by_the_code_of_before_has_a_nonce_too(pair) -> None:
    columns = [each.name for each in visit_table.c if each.name not in ("id", "nonce")]
    values = [null() if name == "badge_blind" else visit_table.c[name] for name in columns]
    one = select(func.gen_random_uuid(), *values).where(visit_table.c.id == pair.visit)
    made = insert(visit_table).from_select(["id", *columns], one, include_defaults=False)
    nonce = pair.hears.connection.scalar(made.returning(visit_table.c.nonce))

    assert nonce not in (None, pair.nonce)


def test_every_visit_has_a_nonce_of_its_own(pair, unit, watch) -> None:
    assert pair.nonce not in (None, Pair(unit, watch).nonce)
