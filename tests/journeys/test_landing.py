"""Facts of a door while nobody there can be asked: never lost, never twice."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.landing.giving import RECEIPT_HEADER
from proto import ids
from proto.facts import (
    Circumstance,
    PersonMet,
    Relation,
)
from tests.conftest import ROOT
from tests.journeys.hurting import kill, revive, until
from tests.world import AtADoor, Collector, Door, Platform, clauses, plain

NO_BROKER = {"AMQP_URI": "amqp://127.0.0.1:1"}
AS_EVER = "from gateway.main import run; run()"
#: It has committed what landed, and dies before it says so.
LANDS_AND_DIES = f"""
import os
from gateway.store import Database
from proto.grants import Landed
committed = Database.run
async def and_die(self, work):
    found = await committed(self, work)
    if isinstance(found, Landed | str):  # of a complaint, the receipt alone
        os.kill(os.getpid(), 9)
    return found
Database.run = and_die
{AS_EVER}
"""
#: It has heard that its service has it, and dies before it lets the row go.
HANDS_ON_AND_DIES = f"""
import os
from gateway.landing.handing import HandOver
async def die(self, told):
    if told:
        os.kill(os.getpid(), 9)
HandOver.settle = die
{AS_EVER}
"""
SPOUSE = PersonMet(relation=Relation.SPOUSE)
HARDSHIP = Circumstance(hardship="pregnancy")
KEPT = """SELECT count(*), count(DISTINCT seq) FROM field_visit.journal
 WHERE visit_id = %s AND fact ->> 'kind' <> 'shift_started'"""
COMPLAINTS = """SELECT count(*) FROM gateway.landed
 WHERE operation IN ('file_complaint', 'complain_by_badge')"""
SHOUTED = "他们在楼道里大喊我的名字。"
LANDED = "SELECT count(*) FROM gateway.landed WHERE visit_id = %s"


@contextmanager
def gateway(
    platform: Platform, code: str = AS_EVER, **but: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Another gateway of the platform, run by this code; its address and process."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {"DOORSTEP_HTTP_PORT": str(port)} | but
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=os.environ | platform.settings | own,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        until(lambda: process.poll() is not None or alive(url))
        yield url, process
    finally:
        process.kill()
        process.wait()


def alive(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def alone(platform: Platform) -> Iterator[str]:
    """A gateway that will never reach the broker; the platform's own hands on for it."""
    with gateway(platform, **NO_BROKER) as (url, _):
        yield url


@pytest.fixture(autouse=True)
def whole_again(platform: Platform):
    """Whatever a test killed runs again for the next one."""
    yield
    revive(platform)


def granted(door: Door, collector: Collector | None = None) -> str:
    answer = (collector or door.pair[0]).http.get(door.path("/grant"))
    assert answer.ok, answer
    return str(answer.body["grant"])


def sends(
    url: str,
    who: Collector,
    path: str,
    body: dict[str, Any],
    grant: str | None = None,
    key: UUID | None = None,
) -> httpx.Response:
    headers = who.http.headers | {"Idempotency-Key": str(key or ids.new())}
    headers |= {"Visit-Grant": grant} if grant else {}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as http:
        return http.post(path, json=plain(body), timeout=10)


def kept(door: Door) -> tuple[int, int]:
    """How many entries field_visit has of the visit, and how many different ones."""
    return door.platform.rows(KEPT, door.visit_id)[0]


def handed_on(door: Door) -> Callable[[], bool]:
    return lambda: door.platform.rows(LANDED, door.visit_id) == [(0,)]


def told(door: Door, topic: str) -> list[bool]:
    """Whether each such event of the visit was urgent."""
    query = (
        "SELECT urgent FROM field_visit.outbox WHERE envelope->>'type' = %s"
        " AND envelope->'data'->>'visit_id' = %s"
    )
    found = door.platform.rows(query, f"field_visit.{topic}", str(door.visit_id))
    return [urgent for (urgent,) in found]


def test_without_a_broker_facts_and_help_are_taken_in_and_arrive_once(
    door: Door, platform: Platform
) -> None:
    me = door.pair[0]
    grant = granted(door)
    first = sends(platform.url, me, door.path("/journal"), me.notes(door.visit_id, SPOUSE))
    assert (first.status_code, first.json()["new"]) == (200, 1)
    assert first.headers[RECEIPT_HEADER]
    me.confirm()
    kill(platform, "broker")

    heard, keys = [me.notes(door.visit_id, HARDSHIP)], [ids.new(), ids.new()]
    me.confirm()
    heard.append(me.notes(door.visit_id, SPOUSE))
    help_ = {
        "help_id": ids.new(),
        "device_id": me.phone.device_id,
        "at": platform.now(),
    }
    refused = sends(platform.url, me, door.path("/journal"), heard[0])
    landed = [
        sends(platform.url, me, door.path("/journal"), body, grant, key)
        for body, key in zip(heard, keys, strict=True)
    ]
    landed.append(sends(platform.url, me, door.path("/help"), help_, grant))

    assert refused.status_code == 503
    assert [each.status_code for each in landed] == [202] * 3, landed[0].text
    assert kept(door) == (1, 1)
    query = "SELECT l::text FROM gateway.landed l WHERE visit_id = %s"
    rows = platform.rows(query, door.visit_id)
    assert len(rows) == 3
    words = ("pregnancy", "circumstance", "spouse", "hardship")
    assert [word for word in words if word in str(rows)] == []

    revive(platform)
    until(handed_on(door), 40)
    platform.settle()
    assert kept(door) == (3, 3)
    assert (told(door, "circumstance_noted"), told(door, "help_called")) == ([True], [True])
    again = sends(platform.url, me, door.path("/journal"), heard[0], grant, keys[0])
    assert (again.status_code, kept(door)) == (200, (3, 3))
    acknowledged = door.boss.post(
        door.path(f"/help/{help_['help_id']}/acknowledgement"), {}
    )
    assert acknowledged.body["acknowledged_at"]
    assert told(door, "help_acknowledged") == [True]


def test_complaints_are_taken_in_without_a_broker_and_then_hold_the_case(
    door: Door, platform: Platform, alone: str
) -> None:
    """One by the desk, whom somebody rang up, and one on the page at the door."""
    here = AtADoor(door, door.visit_id)
    case_id, code = here.case_id, here.shown()["badge"]
    desk, filed = platform.account("complaints_officer"), ids.new()
    rang_up = {"complaint_id": filed, "case_id": case_id, "channel": "hotline"}
    headers = desk.headers | {"Idempotency-Key": str(ids.new())}
    body = plain(rang_up | {"words": SHOUTED})
    with httpx.Client(base_url=alone, trust_env=False) as http:
        landed = http.post("/v1/complaints", json=body, headers=headers)
        form = {"what": "conduct", "words": SHOUTED, "contact": "", "key": str(ids.new())}
        page = http.post(f"/d/{code}/complaint", data=form)

    assert (landed.status_code, page.status_code) == (202, 200), landed.text
    assert landed.json()["complaint_id"] == str(filed)
    until(lambda: platform.rows(COMPLAINTS) == [(0,)])
    platform.settle()
    refused = here.checks_in()
    assert (refused.status, clauses(refused)) == (403, ["4.38"])
    listed = desk.get("/v1/complaints?limit=200").body["complaints"]
    mine = [each for each in listed if each["case_id"] == case_id]
    assert sorted(each["channel"] for each in mine) == ["badge", "hotline"]
    shown = [desk.get(f"/v1/complaints/{each['complaint_id']}").body for each in mine]
    assert [each["words"].endswith(SHOUTED) for each in shown] == [True, True]


def test_a_gateway_killed_between_landing_and_answer_loses_and_doubles_nothing(
    door: Door, platform: Platform
) -> None:
    me, key = door.pair[0], ids.new()
    grant, body = granted(door), me.notes(door.visit_id, SPOUSE)
    with gateway(platform, LANDS_AND_DIES, **NO_BROKER) as (url, process):
        with pytest.raises(httpx.TransportError):
            sends(url, me, door.path("/journal"), body, grant, key)
        assert process.wait(10) == -signal.SIGKILL

    until(handed_on(door))
    assert kept(door) == (1, 1)
    again = sends(platform.url, me, door.path("/journal"), body, grant, key)
    assert (again.status_code, again.json()["through"], kept(door)) == (200, 2, (1, 1))


def test_a_gateway_killed_between_landing_a_complaint_and_answer_files_it_once(
    door: Door, platform: Platform, alone: str
) -> None:
    """Whoever rang up is on the line still: the desk sends it again, to another gateway,
    which cannot reach the broker either.
    """
    here, desk = AtADoor(door, door.visit_id), platform.account("complaints_officer")
    rang_up = {"complaint_id": ids.new(), "case_id": here.case_id, "channel": "hotline"}
    sent = {
        "json": plain(rang_up | {"words": SHOUTED}),
        "headers": desk.headers | {"Idempotency-Key": str(ids.new())},
    }
    with gateway(platform, LANDS_AND_DIES, **NO_BROKER) as (url, process):
        with pytest.raises(httpx.TransportError):
            httpx.post(f"{url}/v1/complaints", trust_env=False, **sent)
        assert process.wait(10) == -signal.SIGKILL

    again = httpx.post(f"{alone}/v1/complaints", trust_env=False, **sent)

    assert again.status_code == 202, again.text
    until(lambda: platform.rows(COMPLAINTS) == [(0,)])
    platform.settle()
    listed = desk.get("/v1/complaints?limit=200").body["complaints"]
    assert [each["case_id"] for each in listed].count(here.case_id) == 1
    after = httpx.post(f"{platform.url}/v1/complaints", trust_env=False, **sent)
    assert (after.status_code, after.json()["complaint_id"]) == (
        200,
        str(rang_up["complaint_id"]),
    )


@pytest.mark.long
def test_a_gateway_killed_before_it_lets_go_hands_on_again_and_once_counts(
    door: Door, platform: Platform, alone: str
) -> None:
    me = door.pair[0]
    grant, body = granted(door), me.notes(door.visit_id, SPOUSE)
    kill(platform, "gateway")
    assert sends(alone, me, door.path("/journal"), body, grant).status_code == 202

    with gateway(platform, HANDS_ON_AND_DIES) as (_, process):
        assert process.wait(20) == -signal.SIGKILL
    assert (kept(door), platform.rows(LANDED, door.visit_id)) == ((1, 1), [(1,)])

    revive(platform)
    until(handed_on(door))
    assert kept(door) == (1, 1)


def test_what_a_phone_wrote_before_it_was_revoked_is_kept_and_does_not_count(
    door: Door, platform: Platform, alone: str
) -> None:
    me = door.pair[0]
    grant, body = granted(door), me.notes(door.visit_id, SPOUSE)
    lost = f"/v1/devices/{me.phone.device_id}/revocation"
    assert platform.officer.post(lost, {"reason": "left in a taxi"}).ok
    platform.settle()

    assert sends(alone, me, door.path("/journal"), body, grant).status_code == 202

    until(handed_on(door))
    counts = (
        "SELECT counts FROM field_visit.journal WHERE visit_id = %s"
        " AND kind <> 'shift_started'"
    )
    assert platform.rows(counts, door.visit_id) == [(False,)]
    fresh = door.pair[1].http.get(door.path("/grant")).body["grant"]
    refused = sends(alone, me, door.path("/journal"), body, str(fresh))
    assert refused.status_code == 404  # not one of the pair's phones any more
    partner = sends(alone, door.pair[1], door.path("/journal"), body, grant)
    assert partner.status_code == 202  # one phone carries what the other one wrote
    until(handed_on(door))
    assert kept(door) == (1, 1)
