"""The stories of docs/door-stories.md in which a visit ends otherwise than it was planned.

What waits for its time is brought forward in the database; that it comes due, is carried
by the broker and takes effect is the platform's own doing.
"""

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from chassis import clock, rounds
from chassis.database import engine
from doorstep import embedded
from doorstep.client import Happened, Unreachable
from proto import ids
from proto.facts import AtTheGate, Knocked, Left, PartnerGone
from proto.field_visit import LookAround
from tests.acting import AT_THE_DOOR, DOWN_THE_ROAD
from tests.journeys.hurting import kill, until
from tests.journeys.test_stories import CONFIRMED, DEBTOR, OF_THE_DEBT, cleared, refused
from tests.world import AtADoor, Door, Platform, clauses, plain

CUT, LEFT = "field_visit.visit_cut_short", "field_visit.collectors_left"
SUSPECTED, CLIMBED = "field_visit.breach_suspected", "field_visit.help_climbed"


@pytest.fixture(scope="module")
def door(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Door:
    """One agency and its pair for all of these; every story has a case of its own."""
    return Door(platform, tmp_path_factory.mktemp("phones"))


@pytest.fixture
def way(door: Door) -> AtADoor:
    """A pair on its way."""
    return AtADoor(door, door.visits(1)[0])


@pytest.fixture
def here(way: AtADoor) -> AtADoor:
    return cleared(way)


@pytest.fixture
def looks(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Let the look of this minute come: `looks(here, "met")` brings that forward first."""
    its = engine(platform.settings["DATABASE_URL"], "field_visit", pool=0)

    def look(here: AtADoor, *what: str, settles: bool = True) -> None:
        ago = platform.now() - timedelta(seconds=1)
        for each in what:
            platform.do(
                "UPDATE field_visit.visit SET look_at = %s,"
                " due = due || jsonb_build_object(%s::text, %s::text) WHERE id = %s",
                *(ago, each, ago.isoformat(), here.visit_id),
            )
        monkeypatch.setattr(clock, "now", platform.now)
        rounds.say(its, "field_visit", LookAround(), f"story-{ids.new()}")
        if settles:
            platform.settle()

    yield look
    its.dispose()


def comes_due(here: AtADoor, order: str) -> None:
    """Let what a visit told itself to do later be due now, once."""
    platform = here.door.platform
    platform.do(
        "UPDATE field_visit.outbox SET due_at = %s WHERE published_at IS NULL"
        " AND envelope->>'type' = %s AND envelope->'data'->>'visit_id' = %s",
        *(platform.now(), f"later.field_visit.{order}", str(here.visit_id)),
    )


def told(here: AtADoor, by: Any = None) -> list[dict[str, Any]]:
    """All that the supervisor reads of this visit, oldest first."""
    answer = (by or here.door.boss).get(f"/v1/visits/{here.visit_id}/timeline?limit=500")
    return list(answer.body["entries"]) if answer.ok else []


def topics(here: AtADoor, by: Any = None) -> list[str]:
    return [each["topic"] for each in told(here, by)]


def follow(here: AtADoor, by: Any) -> list[Happened]:
    """What a phone hears of its visit from now on."""
    heard: list[Happened] = []

    def listen() -> None:
        with suppress(Unreachable):
            for event in by.http.events(f"/v1/visits/{here.visit_id}/events"):
                heard.append(event)

    threading.Thread(target=listen, daemon=True).start()
    until(lambda: bool(heard))  # its first word is where it stands
    return heard


def test_s4_turned_away_at_the_gate_is_an_ordinary_outcome(way, platform) -> None:
    """Half a mile from the door: nobody has to lie about where they stand."""
    assert refused(way.checks_in(at=DOWN_THE_ROAD)) == {"C.02"}
    other = AtADoor(way.door, way.door.visits(1)[0])
    gate = AtTheGate(admitted=False, position=DOWN_THE_ROAD)
    early = other.posts("/check-out", {"ending": "not_admitted"})
    assert (early.status, early.kind) == (409, "not-checked-in")

    body = other.door.pair[0].notes(other.visit_id, gate) | {"ending": "not_admitted"}
    closed = other.posts("/check-out", body)

    other.door.pair[0].confirm()
    assert (closed.status, closed.body["ending"]) == (200, "not_admitted")
    assert other.shown()["state"] == "closed"
    platform.settle()
    until(lambda: LEFT in topics(other))
    assert SUSPECTED not in topics(other)


def test_s6_nobody_home_after_two_knocks_and_not_before(here, platform) -> None:
    here.notes(Knocked(times=1))

    assert here.posts("/check-out", {"ending": "nobody_home"}).ok

    platform.settle()
    until(lambda: SUSPECTED in topics(here))
    (suspected,) = (each for each in told(here) if each["topic"] == SUSPECTED)
    assert suspected["clauses"] == ["C.35"]


def test_s6_who_stays_where_nobody_opens_is_marked_once(here, looks) -> None:
    looks(here, "met")
    looks(here)

    until(lambda: SUSPECTED in topics(here))
    (suspected,) = (each for each in told(here) if each["topic"] == SUSPECTED)
    assert suspected["clauses"] == ["C.10"]


def test_s8_both_phones_are_warned_before_the_hours_end(here, looks) -> None:
    """Fifteen minutes and five, over the stream of the visit, with what to say."""
    here.notes(DEBTOR)
    heard = [follow(here, by) for by in here.door.pair]

    looks(here, "warn_first")
    looks(here, "warn_last")

    for mine in heard:
        until(lambda mine=mine: len(warnings(mine)) == 2)
        for warned in warnings(mine):
            assert set(warned["script"]) == {"zh-CN", "en"}
            assert warned["minutes"] > 0
    looks(here, "hours_end")
    until(lambda: SUSPECTED in topics(here))
    (stayed,) = (each for each in told(here) if each["topic"] == SUSPECTED)
    assert {"4.05", "21.084"} <= set(stayed["clauses"])


@pytest.mark.long
def test_s8_a_warning_that_comes_due_while_the_broker_is_dead_is_said_once(
    here, platform, looks
) -> None:
    """And while whoever would say it is dead too; what was missed is one warning."""
    here.notes(DEBTOR)
    kill(platform, "broker")
    kill(platform, "services")

    looks(here, "warn_first", settles=False)
    looks(here, "warn_last", settles=False)
    embedded.up(platform.home)

    platform.settle()
    closes = "field_visit.window_closes"
    until(lambda: closes in topics(here), 60)
    looks(here)
    assert topics(here).count(closes) == 1


def warnings(heard: list[Happened]) -> list[dict[str, Any]]:
    closes = "field_visit.window_closes"
    return [each.data["data"] for each in list(heard) if each.topic == closes]


def test_s9_a_phone_without_a_signal_learns_at_its_next_word_that_it_is_withdrawn(
    here, platform
) -> None:
    """What it noted meanwhile is kept; what it was allowed is over, under its key too."""
    assert here.asks("discuss-debt", DEBTOR, CONFIRMED).status == 200
    phone = here.door.pair[0]
    phone.notes(here.visit_id, Left())  # no signal: written down and not sent
    case = here.case_id
    held = {"reason": "bank_decision"}
    assert platform.officer.post(f"/v1/cases/{case}/hold", held).ok
    platform.settle()

    sent = here.posts("/journal", phone.notes(here.visit_id))
    phone.confirm()
    asked = here.posts("/asks/discuss-debt", {})

    assert (sent.status, sent.body["new"]) == (200, 1)
    assert (asked.status, asked.kind) == (409, "not-checked-in")
    again = here.checks_in()
    assert refused(again) == {"4.38"}
    assert "withdrawn" in again.body["script"]["en"]
    shown = here.shown()
    assert (shown["withdrawn"], shown["sheet"], shown["badge"]) == (True, None, None)
    revoked = [each for each in told(here) if each["topic"].endswith("clearance_revoked")]
    assert [each["data"]["because"] for each in revoked] == ["dispatch.case_standing"]


def test_s14_one_falls_ill_and_the_other_ends_and_leaves(here, platform) -> None:
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    here.notes(PartnerGone(cause="ill"))

    asked = here.posts("/asks/discuss-debt", {})
    assert (asked.status, asked.kind) == (409, "visit-leaving")
    assert here.checks_in().kind == "visit-leaving"
    here.notes(Left())  # facts are taken as before
    unsaid = AtADoor(here.door, here.door.visits(1)[0])
    cleared(unsaid)
    assert unsaid.posts("/check-out", {"ending": "ended_early"}).status == 422
    closed = here.posts("/check-out", {"ending": "ended_early"})
    assert (closed.body["ending"], closed.body["cause"]) == ("ended_early", "ill")

    platform.settle()
    comes_due(here, "expect_left")
    platform.settle()
    until(lambda: LEFT in topics(here))
    (cut,) = (each for each in told(here) if each["topic"] == CUT)
    assert set(cut["data"]["script"]) == {"zh-CN", "en"}
    assert SUSPECTED not in topics(here)
    board = here.door.boss.get("/v1/board?limit=500").body["visits"]
    (mine,) = (each for each in board if each["visit_id"] == str(here.visit_id))
    assert (mine["state"], mine["ending"], mine["cause"]) == ("left", "ended_early", "ill")


def test_s14_who_has_not_left_in_time_is_suspected_once_through_kills(
    here, platform
) -> None:
    """kill -9 of whoever would look, between the timer's coming due and its effect."""
    here.notes(PartnerGone(cause="walked_off"))
    kill(platform, "relay")
    comes_due(here, "expect_left")
    kill(platform, "services")
    embedded.up(platform.home)

    platform.settle()
    until(lambda: SUSPECTED in topics(here))
    platform.settle()
    (suspected,) = (each for each in told(here) if each["topic"] == SUSPECTED)
    assert suspected["clauses"] == ["C.33"]


def test_s13_a_threat_to_jump(here, platform) -> None:
    """All talk ends, more people are told until one acts, the case is held, and neither of
    the two is planned there again.
    """
    here.asks("discuss-debt", DEBTOR, CONFIRMED)
    heard = follow(here, here.door.pair[1])
    help_id, phone = ids.new(), here.door.pair[0]
    body = {
        "help_id": help_id,
        "device_id": phone.phone.device_id,
        "at": platform.now(),
        "kind": "self_harm",
        "position": AT_THE_DOOR.model_dump(mode="json"),
    }
    case = here.case_id
    known = here.posts("/help", plain(body))
    assert known.status == 200
    for said in known.body["script"].values():
        assert "120" in said
        assert not [word for word in OF_THE_DEBT if word in said]
    assert here.posts("/asks/discuss-debt", {}).kind == "visit-leaving"
    until(lambda: CUT in [each.topic for each in list(heard)])

    platform.settle()
    for _ in range(2):
        comes_due(here, "climb_help")
        platform.settle()
    until(lambda: topics(here).count(CLIMBED) == 2)
    climbed = [each["data"] for each in told(here) if each["topic"] == CLIMBED]
    assert [each["to"] for each in climbed] == ["bank_officer", "everybody"]
    assert "self_harm" not in str(told(here)) + str(told(here, platform.officer))
    path = f"/v1/visits/{here.visit_id}/help/{help_id}"
    seen = here.door.boss.get(path).body
    assert (seen["kind"], seen["position"]["latitude"]) == (
        "self_harm",
        AT_THE_DOOR.latitude,
    )
    assert phone.http.get(path).status == 403
    acknowledged = here.door.boss.post(f"{path}/acknowledgement", {})
    assert acknowledged.body["acknowledged_at"]
    comes_due(here, "climb_help")
    platform.settle()
    assert topics(here).count(CLIMBED) == 2

    bank = platform.officer.get(f"/v1/cases/{case}").body
    assert [hold["reason"] for hold in bank["holds"]] == ["danger"]
    (danger,) = bank["dangers"]
    assert (danger["clauses"], danger["outcome"]) == (["C.38"], None)
    assert (here.shown()["withdrawn"], here.shown()["sheet"]) == (True, None)
    assert here.posts("/check-out", {"ending": "talked"}).body["cause"] == "danger"
    report = {"outcome": "reported", "file_number": "沪公受字001号"}
    reported = platform.officer.post(f"/v1/cases/{case}/dangers/{help_id}/report", report)
    assert reported.body["dangers"][0]["outcome"] == "reported"
    again = {
        "visit_id": ids.new(),
        "case_id": case,
        "collectors": [each.person_id for each in here.door.pair],
        "letter_id": here.door.letter_id,
        "not_before": platform.now(),
        "not_after": platform.now() + timedelta(hours=2),
    }
    planned = here.door.boss.post("/v1/visits", plain({"visits": [again]}))
    assert planned.status == 422
    assert "never-again" in str(planned.body)


def test_s13_the_bank_has_an_open_duty_on_its_board(here, platform) -> None:
    phone = here.door.pair[1]
    body = {"help_id": ids.new(), "device_id": phone.phone.device_id, "at": platform.now()}
    assert here.posts("/help", plain(body), by=phone).ok
    platform.settle()

    def mine(path: str, by: Any) -> dict[str, Any]:
        shown = by.get(f"{path}?limit=500").body["visits"]
        return next(each for each in shown if each["visit_id"] == str(here.visit_id))

    until(lambda: bool(mine("/v1/bank-board", platform.officer)["duties"]))
    (duty,) = mine("/v1/bank-board", platform.officer)["duties"]
    assert (duty["clauses"], duty["reported_at"]) == (["C.38"], None)
    agency = mine("/v1/board", here.door.boss)
    assert "duties" not in agency
    assert (agency["withdrawn"], agency["cause"]) == (True, "danger")


def test_one_who_waits_alone_and_the_other_are_both_told(way, looks) -> None:
    first, second = way.door.pair
    heard = [follow(way, by) for by in (first, second)]
    alone = way.posts("/check-ins", {"present": [first.presence(way.visit_id)]})
    assert (alone.status, clauses(alone)) == (202, ["4.27"])

    looks(way, "partner")

    missing = "field_visit.partner_missing"
    for mine in heard:
        until(lambda mine=mine: missing in [each.topic for each in list(mine)])
        (event,) = (each for each in list(mine) if each.topic == missing)
        assert event.data["data"]["collector_id"] == str(second.person_id)


def test_a_visit_that_nobody_ends_is_closed_by_itself(here, looks, platform) -> None:
    before = platform.now() - timedelta(days=1)
    platform.do(
        "UPDATE field_visit.visit SET not_after = %s WHERE id = %s", before, here.visit_id
    )
    looks(here, "run_out")

    assert here.shown()["state"] == "closed"
    assert here.shown()["ending"] == "never_ended"
    late = here.posts("/check-out", {"ending": "talked"})
    assert (late.status, late.body["ending"]) == (200, "never_ended")
