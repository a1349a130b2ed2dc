"""A day without a signal: by the pack alone, and then held against what the rules say."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from doorstep.codes import NotDrawn
from doorstep.packs import Carried, NotAPack, Said
from proto import ids
from proto.decision import Outcome
from proto.dispatch import HoldReason
from proto.facts import (
    ConsentGiven,
    Entered,
    Fact,
    Hardship,
    Identified,
    Introduced,
    Left,
    PersonMet,
    Recording,
)
from proto.pack import Deed, Lack, Met
from tests.acting import MAINLAND
from tests.banking import PAYLOAD, Signer, publish
from tests.journeys.hurting import until
from tests.world import AtADoor, Collector, Door, Platform, sent

RECORDING = Recording(announced=True, running=True)
INTRODUCED = Introduced(mandate_declared=True, badge_shown=True, letter_shown=True)
CONFIRMED = Identified(name_said=True, items=("card_tail", "birth_year"))
MOTHER, DEBTOR = PersonMet(relation="parent"), PersonMet(relation="debtor")
CONSENT = ConsentGiven(answer="given", by="debtor")
#: Nobody holds a case for these by hand: a complaint and a call for help do.
BY_ITSELF = (HoldReason.COMPLAINT, HoldReason.DANGER)


@pytest.fixture(scope="module")
def door(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Door:
    return Door(platform, tmp_path_factory.mktemp("phones"))


@pytest.fixture
def way(door: Door) -> AtADoor:
    """A pair on its way to a door where no book says that money is never taken."""
    return AtADoor(door, door.visits(1, books=MAINLAND)[0])


def fetched(who: Collector) -> Carried:
    """The pack of a collector, checked by the keys that were pinned at enrolment.

    A phone that is told that nobody can be sure now asks again.
    """
    path = f"/v1/pack?device_id={who.phone.device_id}"
    until(lambda: who.http.get(path).status != 503)
    answer = who.http.get(path)
    assert answer.ok, answer
    keys = who.http.get("/v1/keys").body["keys"]
    return Carried.read(answer.body["pack"], keys, who.phone.device_id)


def says(pack: Carried, visit_id: UUID, deed: Deed, met: Met, *lacking: Lack) -> Said:
    return pack.says(visit_id, deed, met, pack.pack.made_at + timedelta(minutes=1), lacking)


def outcome(answer: Any) -> tuple[str, tuple[str, ...]]:
    decision = answer.body["decision"]
    against = dict.fromkeys(reason["clause"] for reason in decision["reasons"])
    return decision["outcome"], tuple(against)


def told(said: Said) -> tuple[str, tuple[str, ...]]:
    return said.outcome.value, said.clauses


def test_a_day_without_a_signal_is_decided_as_it_is_judged_afterwards(way: AtADoor) -> None:
    """What the pack says at a door is what the service says once it can be asked."""
    pair, visit = way.door.pair, way.visit_id
    pack = fetched(pair[0])
    assert says(pack, visit, Deed.CHECK_IN, Met.NOBODY).allowed

    # Without a signal: the phone alone decides, and writes down what is done by it.
    no_talk = says(pack, visit, Deed.DISCUSS_DEBT, Met.PARENT)
    talk = says(pack, visit, Deed.DISCUSS_DEBT, Met.DEBTOR)
    enter = says(pack, visit, Deed.ENTER_PREMISES, Met.DEBTOR)
    assert (no_talk.allowed, talk.allowed, enter.allowed) == (False, True, True)
    assert not says(pack, visit, Deed.COLLECT_CASH, Met.DEBTOR).allowed

    # The signal is back: the same facts are judged, one ask after the other.
    assert way.checks_in().ok
    began = (RECORDING, INTRODUCED)
    assert outcome(way.asks("discuss-debt", *began, MOTHER)) == told(no_talk)
    assert outcome(way.asks("discuss-debt", DEBTOR, CONFIRMED)) == told(talk)
    reason = {"reason": pack.pack.tables[0].reasons[0]}
    assert outcome(way.asks("enter-premises", CONSENT, **reason)) == told(enter)
    without = told(says(pack, visit, Deed.ENTER_PREMISES, Met.DEBTOR, Lack.REASON))
    assert outcome(way.asks("enter-premises")) == without


def test_a_payment_code_is_shown_without_a_signal_and_kept_afterwards(way: AtADoor) -> None:
    platform, visit, one = way.door.platform, way.visit_id, way.door.pair[0]
    signer, now = Signer("2026-1"), platform.now()
    publish(Path(platform.settings["DOORSTEP_KEYS"]), signer)
    code = signer.code(way.case_id, now - timedelta(hours=1), now + timedelta(hours=8))
    body = {"code_id": str(ids.new()), "code": code}
    sent(platform.officer, f"/v1/cases/{way.case_id}/payment-code", body)
    platform.settle()
    pack, keys = fetched(one), one.http.get("/v1/keys").body["keys"]
    assert way.checks_in().ok

    # No signal from here on: the pack says who may be shown it, the phone whose it is.
    assert not says(pack, visit, Deed.SHOW_PAYMENT_CODE, Met.PARENT).allowed
    assert says(pack, visit, Deed.SHOW_PAYMENT_CODE, Met.DEBTOR).allowed
    carried = pack.visit(visit)
    assert carried is not None
    assert carried.code is not None
    for fact in (RECORDING, INTRODUCED, DEBTOR, CONFIRMED):
        one.phone.note(visit, fact, platform.now())
    at, its = platform.now(), carried.code
    assert one.phone.shows(visit, its.case_id, its.code, keys, at) == PAYLOAD
    forged = Signer("2026-1").code(way.case_id, now, now + timedelta(hours=1))
    with pytest.raises(NotDrawn, match="signature does not fit"):
        one.phone.shows(visit, its.case_id, forged, keys, at)

    answer = way.notes()  # the signal is back
    assert answer.body["new"] == 5
    entries = one.http.get(f"/v1/visits/{visit}/journal").body["entries"]
    shown = [each for each in entries if each["kind"] == "payment_code_shown"]
    assert [(each["verdict"], each["clauses"]) for each in shown] == [("fine", [])]


def test_what_was_done_by_the_pack_is_kept_when_the_phone_is_back(way: AtADoor) -> None:
    """Checked in while there was a signal; the basement has none; the journal follows."""
    pair, visit = way.door.pair, way.visit_id
    pack = fetched(pair[0])
    assert way.checks_in().ok
    reason = pack.pack.tables[0].reasons[0]
    allowed = way.asks(
        "enter-premises", RECORDING, INTRODUCED, DEBTOR, CONFIRMED, CONSENT, reason=reason
    )
    assert outcome(allowed) == told(says(pack, visit, Deed.ENTER_PREMISES, Met.DEBTOR))

    facts: tuple[Fact, ...] = (Entered(), Left())
    body = pair[0].notes(visit, *facts)  # on disk; nothing is sent
    grant = next(each.grant for each in pack.pack.visits if each.visit_id == visit)
    assert grant
    answer = way.posts("/journal", body)  # later
    pair[0].confirm()

    assert answer.ok, answer
    breaches = way.door.platform.rows(
        "SELECT count(*) FROM field_visit.outbox WHERE envelope->'data'->>'visit_id' = %s"
        " AND envelope->>'type' LIKE 'field_visit.breach%%'",
        str(visit),
    )
    assert breaches == [(0,)]


def test_the_grant_in_a_pack_is_the_one_that_facts_land_with(way: AtADoor) -> None:
    one = way.door.pair[0]
    visit = fetched(one).visit(way.visit_id)
    alone = one.http.get(f"/v1/visits/{way.visit_id}/grant")

    assert visit is not None
    assert visit.grant is not None
    assert visit.grant.partition(".")[0] == alone.body["grant"].partition(".")[0]


def test_a_case_held_on_the_way_is_withdrawn_in_the_next_pack_and_live_at_once(
    way: AtADoor,
) -> None:
    """Offline the old pack goes on until it expires: whatever it says is judged later."""
    one = way.door.pair[0]
    before = fetched(one)
    case = way.case_id
    hold = {"case_id": case, "reason": "bank_decision"}
    assert way.door.platform.officer.post(f"/v1/cases/{case}/hold", hold).ok
    way.door.platform.settle()

    after = fetched(one)

    assert says(before, way.visit_id, Deed.CHECK_IN, Met.NOBODY).allowed
    assert says(after, way.visit_id, Deed.CHECK_IN, Met.NOBODY).because == "withdrawn"
    assert after.visit(way.visit_id) is None
    assert way.checks_in().status == 403
    late = before.pack.good_until
    assert (
        before.says(way.visit_id, Deed.CHECK_IN, Met.NOBODY, late).because == "pack-expired"
    )


def test_of_every_reason_to_hold_a_case_a_pack_says_the_same(door: Door) -> None:
    """Held, recalled, paid: an id among the withdrawn, and nothing else of it anywhere."""
    one, officer = door.pair[0], door.platform.officer
    reasons = [each.value for each in HoldReason if each not in BY_ITSELF]
    ended = {"recall": {}, "payoff": {}}
    ways = {each: ("hold", {"reason": each}) for each in reasons}
    ways |= {each: (each, body) for each, body in ended.items()}
    cases = door.cases(len(ways))
    visits = door.planned(cases)
    before = fetched(one)
    assert all(before.visit(each) for each in visits)
    for case, (what, body) in zip(cases, ways.values(), strict=True):
        answer = officer.post(f"/v1/cases/{case}/{what}", {"case_id": str(case)} | body)
        assert answer.ok, answer
    door.platform.settle()

    after = fetched(one).pack

    assert set(visits) <= set(after.withdrawn)
    told = after.model_dump_json(exclude={"withdrawn", "scripts"})
    words = [*map(str, visits), *map(str, cases), *reasons, *map(str, Hardship)]
    assert [each for each in words if f'"{each}"' in told] == []


def test_nobody_else_gets_it_and_a_lost_phone_gets_none(door: Door, way: AtADoor) -> None:
    one, other = door.pair
    path = f"/v1/pack?device_id={one.phone.device_id}"
    nobody = door.platform.nobody()
    statuses = {
        "partner": other.http.get(path).status,
        "supervisor": door.boss.get(path).status,
        "officer": door.platform.officer.get(path).status,
        "nobody": nobody.get(path).status,
    }
    assert statuses == {"partner": 404, "supervisor": 403, "officer": 403, "nobody": 401}
    text = one.http.get(path).body["pack"]
    with pytest.raises(NotAPack, match="another phone"):
        Carried.read(text, nobody.get("/v1/keys").body["keys"], other.phone.device_id)


def test_a_revoked_phone_gets_no_pack_any_more(platform: Platform, tmp_path) -> None:
    door = Door(platform, tmp_path)
    one = door.pair[0]
    assert fetched(one).visit(door.visit_id)
    revocation = f"/v1/devices/{one.phone.device_id}/revocation"
    assert door.boss.post(
        revocation, {"device_id": str(one.phone.device_id), "reason": "lost"}
    ).ok
    path = f"/v1/pack?device_id={one.phone.device_id}"

    until(lambda: one.http.get(path).status == 403)

    assert one.http.get(path).kind == "device-revoked"
    assert says(
        fetched(door.pair[1]), door.visit_id, Deed.CHECK_IN, Met.NOBODY
    ).outcome in (Outcome.PROCEED,)
