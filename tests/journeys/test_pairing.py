"""Two phones prove that they are side by side, at a door, through all real parts."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from doorstep import pairing
from proto.facts import ShiftEnded, ShiftStarted
from tests import acting
from tests.world import Collector, Door, clauses


def told(door: Door, event: str) -> int:
    """How many events of a visit there are."""
    door.platform.settle()
    return door.platform.rows(
        "SELECT count(*) FROM field_visit.outbox WHERE envelope->>'type' = %s"
        " AND envelope->'data'->>'visit_id' = %s",
        f"field_visit.{event}",
        str(door.visit_id),
    )[0][0]


def ticket_of(door: Door, who: Collector) -> pairing.PairingTicket:
    """What a phone fetched in the morning, while it had a signal."""
    shown = who.http.get(door.path("/pairing"))
    assert shown.ok, shown
    return pairing.ticket_in(shown.body["ticket"], who.http.get("/v1/keys").body)


def sends(door: Door, who: Collector, *present, **more):
    body = {"present": [each.model_dump(mode="json") for each in present]} | more
    return who.http.post(door.path("/check-ins"), body)


def test_a_pair_in_a_cellar_of_whom_one_has_a_signal(door) -> None:
    """The second phone is in flight mode from the morning on: it only shows and scans."""
    first, second = door.pair
    tickets = [ticket_of(door, each) for each in door.pair]
    second.http.close()
    here, now = acting.AT_THE_DOOR, door.platform.now()

    shown = pairing.show(first.phone, tickets[0], here, now)
    scanned = pairing.answer(second.phone, shown, tickets[1], here, now)
    present = pairing.both(first.phone, shown, scanned, tickets[0])
    closing = first.phone.closing(present[1], 3_200).model_dump(mode="json")
    cleared = sends(door, first, *present, closing=closing)

    assert (cleared.status, clauses(cleared)) == (200, [])
    assert told(door, "collectors_arrived") == 1


def test_codes_that_were_shown_before_open_no_door(door) -> None:
    first, _ = door.pair
    ticket = ticket_of(door, first)
    phones = [each.phone for each in door.pair]
    here, now = acting.AT_THE_DOOR, door.platform.now()
    old = pairing.side_by_side(*phones, ticket, here, now - timedelta(minutes=4))
    new = pairing.side_by_side(*phones, ticket, here, now)

    stale = sends(door, first, *old)
    assert (stale.status, clauses(stale)) == (202, ["C.04"])
    mixed = sends(door, first, new[0], old[1])
    assert (mixed.status, mixed.kind) == (403, "pairing-answers-another")
    carried = sends(door, first, new[1])
    assert (carried.status, carried.kind) == (403, "presence-of-another")
    assert told(door, "collectors_arrived") == 0


def test_a_pairing_of_one_door_is_none_at_the_next(door) -> None:
    first, _ = door.pair
    (next_door,) = door.visits(1)
    phones = [each.phone for each in door.pair]
    here, now = acting.AT_THE_DOOR, door.platform.now()
    theirs = ticket_of(door, first).model_copy(update={"visit_id": next_door})
    present = pairing.side_by_side(*phones, theirs, here, now)

    body = {"present": [each.model_dump(mode="json") for each in present]}
    answer = first.http.post(f"/v1/visits/{next_door}/check-ins", body)

    assert (answer.status, answer.kind) == (403, "pairing-of-another-visit")


def test_two_presences_without_a_pairing_say_which_field_is_missing(door) -> None:
    present = [each.presence(door.visit_id) for each in door.pair]

    answer = door.pair[0].http.post(door.path("/check-ins"), {"present": present})

    assert (answer.status, answer.kind) == (422, "malformed")
    pointers = [each["pointer"] for each in answer.body["errors"]]
    assert pointers == ["/present/0/nonce", "/present/1/nonce"]


@pytest.mark.parametrize("turn", [1, -1])
def test_two_phones_with_a_signal_each_need_no_pairing(door, turn) -> None:
    one, other = door.pair[::turn]
    path = door.path("/check-ins")

    alone = one.http.post(path, {"present": [one.presence(door.visit_id)]})
    assert (alone.status, clauses(alone)) == (202, ["4.27"])
    both = other.http.post(path, {"present": [other.presence(door.visit_id)]})
    assert (both.status, clauses(both)) == (200, [])
    assert told(door, "collectors_arrived") == 1


def test_both_send_their_pairing_at_the_same_instant(door) -> None:
    """Each has scanned the other's: two pairings, and one arrival."""
    here, now = acting.AT_THE_DOOR, door.platform.now()
    ticket = ticket_of(door, door.pair[0])
    ready = threading.Barrier(2)

    def check_in(who, other) -> int:
        present = pairing.side_by_side(who.phone, other.phone, ticket, here, now)
        ready.wait(timeout=30)
        return sends(door, who, *present).status

    with ThreadPoolExecutor(2) as pool:
        turns = (door.pair, door.pair[::-1])
        answers = [pool.submit(check_in, *turn) for turn in turns]

    assert [each.result() for each in answers] == [200, 200]
    assert told(door, "collectors_arrived") == 1


def test_two_who_are_not_together_wait_for_each_other(door) -> None:
    first, second = door.pair
    path, metres = door.path("/check-ins"), 120 / 111_000
    away = acting.AT_THE_DOOR.model_copy(
        update={"latitude": acting.AT_THE_DOOR.latitude + metres}
    )

    first.http.post(path, {"present": [first.presence(door.visit_id)]})
    apart = second.http.post(path, {"present": [second.presence(door.visit_id, away)]})
    assert (apart.status, clauses(apart)) == (202, ["C.24"])
    together = second.http.post(path, {"present": [second.presence(door.visit_id)]})
    assert together.status == 200


def test_whose_shift_is_over_is_not_at_the_door(door) -> None:
    first, second = door.pair
    journal = door.path("/journal")
    assert second.http.post(journal, second.notes(door.visit_id, ShiftEnded())).ok
    second.confirm()

    over = first.http.post(door.path("/check-ins"), door.present())
    assert (over.status, clauses(over)) == (403, ["C.23"])

    assert second.http.post(journal, second.notes(door.visit_id, ShiftStarted())).ok
    assert first.http.post(door.path("/check-ins"), door.present()).status == 200


def test_nobody_else_is_given_the_ticket(door, platform, tmp_path) -> None:
    stranger = Door(platform, tmp_path / "other").pair[0]

    assert stranger.http.get(door.path("/pairing")).status == 404
    assert door.boss.get(door.path("/pairing")).status == 403
    assert platform.nobody().get(door.path("/pairing")).status == 401
