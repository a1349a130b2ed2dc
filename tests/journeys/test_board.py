"""The board is live, right whatever happens to its projector, and made again exactly."""

import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from doorstep import background
from doorstep.parts import PROJECTOR
from proto import ids
from proto.facts import (
    ConsentGiven,
    Entered,
    Left,
    MoneyLeft,
)
from tests.acting import DOWN_THE_ROAD
from tests.journeys.hurting import kill, until
from tests.world import AtADoor, Door, Platform

DAY = "2026-03-02"
AGENCYS, BANKS = (f"/v1/{name}?day={DAY}&limit=500" for name in ("board", "bank-board"))
#: Events of a case that are said and not yet on its timeline.
MISSING = " UNION ALL ".join(
    f"SELECT count(*) FROM {service}.outbox o WHERE o.due_at IS NULL"
    " AND o.envelope->'data'->>'case_id' = ANY(%s)"
    " AND NOT EXISTS (SELECT FROM oversight.timeline t WHERE t.event_id = o.event_id)"
    for service in ("dispatch", "field_visit", "complaints", "recovery", "contact")
)
VIEWS = ("timeline", "board_visit", "kept", "projection")
ACTIVE = (
    "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
    " WHERE locktype = 'advisory' AND application_name = 'doorstep-oversight'"
)


@pytest.fixture
def here(door: Door) -> AtADoor:
    return AtADoor(door, door.visit_id)


def projected(platform: Platform, *cases: Any) -> None:
    """Return when all that was said of these cases is on their timelines."""
    platform.settle()
    wanted = list(map(str, cases))
    asked = [wanted] * (MISSING.count("%s"))
    until(lambda: sum(count for (count,) in platform.rows(MISSING, *asked)) == 0)


def on_board(http: Any, visit_id: Any) -> dict[str, Any] | None:
    """A visit as it stands on the board of whoever asks."""
    theirs = http.get(AGENCYS)
    visits = (theirs if theirs.ok else http.get(BANKS)).body["visits"]
    return next((each for each in visits if each["visit_id"] == str(visit_id)), None)


def timeline(http: Any, path: str) -> list[dict[str, Any]]:
    """The whole of it, page by page."""
    entries, after = [], ""
    while True:
        page = http.get(f"{path}/timeline?limit=5{after}")
        assert page.ok, page
        entries += page.body["entries"]
        if page.body["next"] is None:
            return entries
        after = f"&after={page.body['next']}"


def topics(entries: list[dict[str, Any]]) -> list[str]:
    return [each["topic"] for each in entries]


def views(platform: Platform) -> dict[str, list[Any]]:
    """Every row of the views, as text."""
    return {
        name: platform.rows(f"SELECT t::text FROM oversight.{name} t ORDER BY 1")
        for name in VIEWS
    }


def rebuilt(platform: Platform) -> str:
    """Have the views made again; what the command said."""
    command = background.command(platform.home, "board", "rebuild")
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout


def test_a_whole_visit_is_on_the_board_while_it_happens(
    here: AtADoor, platform: Platform
) -> None:
    officer, boss, case = platform.officer, here.door.boss, f"/v1/cases/{here.case_id}"

    def shown(http: Any = officer) -> dict[str, Any]:
        projected(platform, here.case_id)
        found = on_board(http, here.visit_id)
        assert found is not None
        return found

    assert shown()["state"] == "planned"
    assert here.checks_in(DOWN_THE_ROAD).status == 403
    assert (shown()["state"], shown()["against"][0]["clauses"]) == ("refused", ["C.02"])
    assert here.checks_in().ok
    assert shown()["state"] == "at_door"
    here.notes(ConsentGiven(answer="refused", by="parent"), Entered())
    inside = shown(boss)
    assert (inside["state"], inside["breaches"]) == ("inside", 1)
    assert "4.28" in inside["against"][0]["clauses"]
    called = help_called(here)
    (alert,) = shown(boss)["help"]
    assert (alert["help_id"], alert["acknowledged_at"]) == (called, None)
    assert alert["collector"] == inside["collectors"][0]
    assert boss.post(here.door.path(f"/help/{called}/acknowledgement"), {}).ok
    assert shown()["help"][0]["acknowledged_at"] is not None
    held = {"case_id": here.case_id, "reason": "disputed"}
    assert officer.post(f"{case}/hold", held).ok
    assert shown(boss)["withdrawn"]
    platform.settle()
    assert sorted(shown()["holds"]) == ["danger", "disputed"]
    assert "holds" not in shown(boss)
    here.notes(Left(), MoneyLeft(amount="50.00", currency="CNY", counted_by_both=True))
    assert here.posts("/check-out", {"ending": "declined"}).ok
    over = shown()
    assert (over["state"], over["ending"]) == ("left", "ended_early")  # they had called
    assert over["cause"] == "danger"
    assert over["collectors"] == [f"W{each.person_id.hex[-6:]}" for each in here.door.pair]


def help_called(here: AtADoor) -> str:
    """The first of the pair calls for help; the id of the call."""
    help_id, phone = ids.new(), here.door.pair[0].phone
    call = {
        "help_id": help_id,
        "device_id": phone.device_id,
        "at": here.door.platform.now(),
    }
    assert here.posts("/help", call).ok
    return str(help_id)


def test_a_timeline_tells_of_all_services_in_order_and_to_each_what_is_theirs(
    here: AtADoor, platform: Platform
) -> None:
    case = f"/v1/cases/{here.case_id}"
    assert here.checks_in().ok
    desk = platform.account("complaints_officer")
    complaint = {"complaint_id": str(ids.new()), "case_id": here.case_id}
    complaint |= {"channel": "hotline", "about": "threat", "words": "他们很凶。"}
    assert desk.post("/v1/complaints", complaint).ok
    platform.settle()
    here.notes(MoneyLeft(amount="50.00", currency="CNY", counted_by_both=True))
    projected(platform, here.case_id)

    whole = timeline(platform.account("compliance"), case)

    sources = {each["source"].partition("/")[2] for each in whole}
    assert {"dispatch", "field_visit", "recovery", "complaints"} <= sources
    assert whole == sorted(whole, key=lambda each: each["at"])
    assert "recovery.money_left_noted" in topics(whole)
    assert "他们很凶" not in str(whole)
    theirs = timeline(here.door.boss, case)
    assert [each for each in theirs if each not in whole] == []
    at_the_door = ["dispatch.visit_planned", "field_visit.collectors_arrived"]
    assert topics(theirs)[:2] == at_the_door
    assert sorted(topics(theirs)[2:]) == [
        "dispatch.work_stopped",  # and never why
        "field_visit.clearance_revoked",
        "field_visit.money_left_behind",
    ]
    assert "complaint" not in str(theirs)
    at_this_visit = timeline(platform.officer, here.door.path())
    assert {each["visit_id"] for each in at_this_visit} == {str(here.visit_id)}


def test_another_agency_sees_neither_the_visit_nor_its_timeline(
    here: AtADoor, platform: Platform
) -> None:
    stranger = platform.account("supervisor", agency_id=ids.new())
    projected(platform, here.case_id)

    assert stranger.get(AGENCYS).body["visits"] == []
    nobodys = stranger.get(f"/v1/visits/{ids.new()}/timeline")
    for path in (here.door.path(), f"/v1/cases/{here.case_id}"):
        theirs = stranger.get(f"{path}/timeline")
        assert (theirs.status, theirs.body["type"]) == (404, nobodys.body["type"])
    collector, desk = here.door.pair[0].http, platform.account("complaints_officer")
    nobodys = (collector, desk, platform.admin)
    boards = [each.get(board) for board in (AGENCYS, BANKS) for each in nobodys]
    assert {each.status for each in boards} == {403}
    assert (stranger.get(BANKS).status, platform.officer.get(AGENCYS).status) == (403, 403)


def test_a_cursor_of_ones_own_making_is_explained(platform: Platform) -> None:
    answer = platform.officer.get("/v1/bank-board?after=yesterday")

    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/after")
    assert "next" in answer.body["errors"][0]["detail"]


@pytest.mark.long
def test_a_projector_that_is_killed_again_and_again_misses_nothing(
    door: Door, platform: Platform
) -> None:
    visits = [AtADoor(door, visit_id) for visit_id in door.visits(2)]
    for here in visits:
        kill(platform, "projector")
        assert here.checks_in().ok
        background.start(platform.home, PROJECTOR, platform.settings)
        here.notes(Entered(), Left())
        assert here.posts("/check-out", {"ending": "talked"}).ok
    projected(platform, *(here.case_id for here in visits))

    for here in visits:
        seen = on_board(door.boss, here.visit_id)
        assert seen is not None
        assert (seen["state"], seen["breaches"]) == ("left", 1)
    before = views(platform)
    rebuilt(platform)
    assert views(platform) == before


@contextmanager
def another_projector(platform: Platform, ready: Path) -> Iterator[None]:
    """A second one, which stands by."""
    command = background.command(platform.home, "run", "projector")
    own = os.environ | {"DOORSTEP_READY_FILE": str(ready)}
    log = ready.with_suffix(".log").open("wb")
    with log, subprocess.Popen(command, env=own, stdout=log, stderr=log) as process:
        until(ready.exists)
        try:
            yield
        finally:
            process.terminate()


@pytest.mark.long
def test_one_of_two_projectors_is_active_and_the_other_takes_over(
    here: AtADoor, platform: Platform, tmp_path: Path
) -> None:
    until(lambda: platform.rows(ACTIVE) == [(1,)])
    with another_projector(platform, tmp_path / "another"):
        assert platform.rows(ACTIVE) == [(1,)]
        kill(platform, "projector")
        assert here.checks_in().ok
        projected(platform, here.case_id)
        assert platform.rows(ACTIVE) == [(1,)]
        background.start(platform.home, PROJECTOR, platform.settings)
    until(lambda: platform.rows(ACTIVE) == [(1,)])


def test_the_views_are_made_again_to_the_letter_whatever_somebody_wrote_into_them(
    here: AtADoor, platform: Platform
) -> None:
    here.checks_in(DOWN_THE_ROAD)
    here.checks_in()
    projected(platform, here.case_id)
    before, visit = views(platform), here.visit_id
    tamper(platform, visit)
    assert views(platform)["timeline"] != before["timeline"]
    assert on_board(platform.officer, visit) is None

    told = rebuilt(platform)

    assert views(platform) == before
    assert f"{len(before['timeline'])} entries on the timelines" in told
    assert f"{len(before['board_visit'])} visits on the board" in told
    here.notes(Entered())  # and the projector goes on from there
    projected(platform, here.case_id)
    seen = on_board(platform.officer, visit)
    assert seen is not None
    assert seen["state"] == "inside"


def tamper(platform: Platform, visit: UUID) -> None:
    """Write into the views as somebody does who would rather be seen otherwise."""
    at, new = "oversight.timeline", "gen_random_uuid()"
    refused = "topic = 'field_visit.check_in_not_allowed' AND visit_id = %s"
    for statement in (
        f"DELETE FROM {at} WHERE {refused}",
        f"UPDATE {at} SET clauses = '{{}}', data = '{{}}', visit_id = {new}"
        " WHERE topic = 'field_visit.collectors_arrived' AND visit_id = %s",
        f"INSERT INTO {at} SELECT {new}, at, said_at, 'field_visit.premises_left', source,"
        " subject, 99, visit_id, case_id, agency_id, clauses, data, generation, place"
        f" FROM {at} WHERE topic = 'dispatch.visit_planned' AND visit_id = %s",
        "DELETE FROM oversight.board_visit WHERE visit_id = %s",
        f"INSERT INTO oversight.board_visit SELECT {new}, case_id, agency_id, day,"
        " not_before, for_bank, for_agency FROM oversight.board_visit"
        " WHERE visit_id <> %s LIMIT 1",
        'UPDATE oversight.kept SET version = version + 5, body = body || \'{"code": "x"}\''
        " WHERE topic = 'workforce.agency_standing' AND key = (SELECT agency_id"
        f" FROM {at} WHERE topic = 'dispatch.visit_planned' AND visit_id = %s)",
    ):
        platform.do(statement, visit)


def test_nobody_sees_a_gap_while_the_views_are_made_again(
    here: AtADoor, platform: Platform
) -> None:
    here.checks_in()
    projected(platform, here.case_id)
    before = on_board(platform.officer, here.visit_id)
    looked, done = [], threading.Event()

    def look() -> None:
        while not done.is_set():
            looked.append(on_board(platform.officer, here.visit_id))

    with_eyes_open = threading.Thread(target=look)
    with_eyes_open.start()
    try:
        rebuilt(platform)
    finally:
        done.set()
        with_eyes_open.join()

    assert len(looked) > 1
    assert [each for each in looked if each != before] == []
