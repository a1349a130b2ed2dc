"""Receipts and bankings while parts die: each given once, no number left out."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from doorstep.client import Answer
from proto import ids
from tests.acting import MAINLAND
from tests.journeys.hurting import kill, revive, until
from tests.journeys.test_stories import CONFIRMED, DEBTOR, authorise, cleared
from tests.world import AtADoor, Door, Platform, plain

DOORS = 8

#: Seconds by which each kill comes later than the one before, so that it falls
#: into another step of the work.
KILLED_LATER = 0.004


@pytest.fixture
def doors(platform: Platform, tmp_path: Path) -> Iterator[list[tuple[AtADoor, str, str]]]:
    """Doors at which cash may be taken now, each with its authority."""
    agency = Door(platform, tmp_path)
    found = [AtADoor(agency, one) for one in agency.visits(DOORS, books=MAINLAND)]
    granted = []
    for here in found:
        cleared(here)
        here.asks("discuss-debt", DEBTOR, CONFIRMED)
        authority = str(authorise(here).body["authority_id"])
        granted.append((here, here.case_id, authority))
    platform.settle()
    for here, *_ in granted:
        assert here.asks("collect-cash", amount="900.00").status == 200
    platform.settle()
    yield granted
    revive(platform)


def insist(http: Any, path: str, body: dict[str, Any]) -> Answer:
    """Send the same under the same key until somebody answers."""
    key, answers = str(ids.new()), list[Answer]()
    until(lambda: answers.append(http.post(path, body, key)) or answers[-1].status != 503)
    return answers[-1]


def give_and_bank(here: AtADoor, case_id: str, authority: str) -> tuple[Answer, Answer]:
    receipt_id, http = str(ids.new()), here.door.pair[0].http
    wanted = {"receipt_id": receipt_id, "authority_id": authority}
    wanted |= {"case_id": case_id, "amount": "900.00"}
    given = insist(http, f"/v1/visits/{here.visit_id}/receipts", plain(wanted))
    paid = {"case_id": case_id, "amount": "900.00", "slip": receipt_id}
    return given, insist(http, f"/v1/receipts/{receipt_id}/banking", paid)


def test_a_receipt_is_given_once_however_often_the_services_die(doors, platform) -> None:
    seen, hurt = list[tuple[Answer, Answer]](), 0
    with ThreadPoolExecutor(max_workers=1) as phone:
        for place, at_door in enumerate(doors):
            answers = phone.submit(give_and_bank, *at_door)
            if place % 2 == 0:
                time.sleep(place * KILLED_LATER)
                kill(platform, "relay" if place == 4 else "services")
                hurt += not answers.done()
                revive(platform)
            seen.append(answers.result())

    assert hurt, "everything was answered before anything died"
    assert {(given.status, banked.status) for given, banked in seen} == {(200, 200)}
    numbers = [int(given.body["number"].rpartition("-")[2]) for given, _ in seen]
    assert numbers == list(range(numbers[0], numbers[0] + DOORS))
    platform.settle()
    mine = [str(here.visit_id) for here, *_ in doors]
    said = platform.rows(
        "SELECT count(*), count(DISTINCT envelope->'data'->>'visit_id')"
        " FROM recovery.outbox WHERE envelope->>'type' = 'recovery.receipt_issued'"
        " AND envelope->'data'->>'visit_id' = ANY(%s)",
        mine,
    )
    assert said == [(DOORS, DOORS)]
    spent = "SELECT count(*) FROM recovery.receipt WHERE visit_id = ANY(%s::uuid[])"
    assert platform.rows(spent, mine) == [(DOORS,)]
