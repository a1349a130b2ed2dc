"""A complaint whose service cannot be asked: landed, receipted, and handed on once."""

import asyncio
from itertools import cycle
from typing import Any
from uuid import UUID

import httpx
import jwt
import pytest

from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.landing import rows
from gateway.landing.handing import HandOver
from gateway.store import Database
from gateway.strangers import ANYBODY
from proto import ids
from proto.base import Problem, Role
from proto.complaints import ComplainByBadge, FileComplaint, key_of
from proto.grants import ComplaintReceipt
from proto.signing import digest
from tests.gateway.landed import Visit, kind
from tests.gateway.stand_in import StandIn, asker

pytestmark = pytest.mark.anyio

AWAY = Unavailable("broker-away")
DESK = asker(Role.COMPLAINTS_OFFICER)
WORDS = "他们在楼道里大喊我的名字。"


@pytest.fixture
def complaints() -> StandIn:
    return StandIn()


@pytest.fixture
def hand_over(visit: Visit, complaints: StandIn) -> HandOver:
    return HandOver(visit.parts.database, complaints)


@pytest.fixture
def desk(bearer) -> dict[str, str]:
    return dict(bearer(Role.COMPLAINTS_OFFICER))


def complaint() -> dict[str, Any]:
    said = {"complaint_id": str(ids.new()), "case_id": str(ids.new())}
    return said | {"channel": "hotline", "about": "threat", "words": WORDS}


def by_badge() -> dict[str, Any]:
    return {"complaint_id": str(ids.new()), "code": "7KQ2M0XWT4", "words": WORDS}


async def files(
    visit: Visit, desk: dict[str, str], body: Any, key: UUID | None = None
) -> httpx.Response:
    headers = desk | {"Idempotency-Key": str(key or ids.new())}
    return await visit.client.post("/v1/complaints", json=body, headers=headers)


async def receipt(visit: Visit, text: str) -> ComplaintReceipt:
    published = (await visit.client.get("/v1/keys")).json()["keys"]
    (key,) = [each for each in published if each["purpose"] == "receipt"]
    content = jwt.PyJWS().decode(text, jwt.PyJWK(key), ["ES256"])
    return ComplaintReceipt.model_validate_json(content)


async def test_what_the_desk_is_told_lands_without_its_service(visit, desk) -> None:
    visit.services.error, body = AWAY, complaint()

    answer = await files(visit, desk, body)

    assert answer.status_code == 202
    assert answer.json()["complaint_id"] == body["complaint_id"]
    said = await receipt(visit, answer.json()["receipt"])
    assert str(said.complaint_id) == body["complaint_id"]
    assert said.sha256 == digest(body)
    [row] = visit.rows("SELECT visit_id, device_id, case_id, command::text FROM landed")
    assert row[:3] == (None, None, key_of(said.complaint_id))
    assert WORDS not in row[3]


async def test_it_is_handed_on_to_complaints_for_who_took_it_in(
    visit, desk, hand_over, complaints
) -> None:
    visit.services.error, body, key = AWAY, complaint(), ids.new()
    await files(visit, desk, body, key)
    badge = by_badge()
    sent = {"Idempotency-Key": str(UUID(int=7, version=4))}
    answer = await visit.client.post("/v1/badges/complaints", json=badge, headers=sent)
    assert answer.status_code == 202

    await hand_over.hand_on()

    assert complaints.asked == [
        ("complaints", FileComplaint.model_validate(body), DESK),
        ("complaints", ComplainByBadge.model_validate(badge), ANYBODY),
    ]
    assert complaints.keys == [key, UUID(int=7, version=4)]
    assert visit.rows("SELECT count(*) FROM landed") == [(0,)]


async def test_one_that_is_refused_keeps_no_other_back(
    visit, desk, hand_over, complaints
) -> None:
    """Its case is not known, say: a person looks at it."""
    visit.services.error = AWAY
    await files(visit, desk, complaint())
    complaints.error = Answered(Problem(kind="case-not-found", status=404))
    await hand_over.hand_on()
    await files(visit, desk, complaint())
    complaints.error = None

    await hand_over.hand_on()

    left = visit.rows("SELECT state, problem FROM landed")
    assert left == [("refused", "case-not-found")]
    assert len(complaints.asked) == 2


async def test_the_same_key_lands_once_and_another_content_never(visit, desk) -> None:
    visit.services.error, body, key = AWAY, complaint(), ids.new()
    first, again = [await files(visit, desk, body, key) for _ in range(2)]
    other = await files(visit, desk, body | {"words": "别的"}, key)

    assert first.json() == again.json()
    assert kind(other) == (422, "key-of-another-content")
    assert visit.rows("SELECT count(*) FROM landed") == [(1,)]


async def test_what_the_service_refuses_never_lands(visit, desk) -> None:
    visit.services.error = Answered(Problem(kind="not-found", status=404))

    assert (await files(visit, desk, complaint())).status_code == 404
    assert visit.rows("SELECT count(*) FROM landed") == [(0,)]


async def test_only_so_many_may_wait_and_of_strangers_too(visit, desk, monkeypatch) -> None:
    monkeypatch.setattr(rows, "MOST_WAITING", 2)
    visit.services.error = AWAY

    said = [await files(visit, desk, complaint()) for _ in range(3)]

    assert [each.status_code for each in said] == [202, 202, 503]
    assert kind(said[-1]) == (503, "landing-full")
    stranger = {"Idempotency-Key": str(UUID(int=8, version=4))}
    by_code = await visit.client.post(
        "/v1/badges/complaints", json=by_badge(), headers=stranger
    )
    assert by_code.status_code == 202  # the desk's do not stand in its way


async def test_nobody_else_files_at_the_desk(visit, bearer) -> None:
    visit.services.error = AWAY
    for role in set(Role) - {Role.COMPLAINTS_OFFICER, Role.ANYONE}:
        assert (await files(visit, bearer(role), complaint())).status_code == 403
    assert visit.rows("SELECT count(*) FROM landed") == [(0,)]


async def test_the_page_at_the_door_takes_it_in_alone(visit, hand_over, complaints) -> None:
    visit.services.error = AWAY
    form = {"what": "threat", "words": WORDS, "contact": "", "key": str(ids.new())}

    page = await visit.client.post("/d/7KQ2M-0XWT4/complaint", data=form)

    assert page.status_code == 200
    assert "Your complaint is with the bank." in page.text
    await hand_over.hand_on()
    [(service, command, who)] = complaints.asked
    assert (service, who) == ("complaints", ANYBODY)
    assert command.words.endswith(WORDS)


async def test_what_landed_is_not_forgotten_when_its_service_is_back(visit, desk) -> None:
    """It has not been handed on yet: the service would take the other for it."""
    visit.services.error, body, key = AWAY, complaint(), ids.new()
    assert (await files(visit, desk, body, key)).status_code == 202
    visit.services.error = None
    asked = len(visit.services.asked)

    other = await files(visit, desk, body | {"words": "别的"}, key)

    assert kind(other) == (422, "key-of-another-content")
    assert len(visit.services.asked) == asked


async def test_many_times_at_once_at_two_gateways_it_lands_once(
    visit, desk, monkeypatch
) -> None:
    """Somebody taps again and again, and a balancer gives it now to one, now to another."""
    visit.services.error, body, key = AWAY, complaint(), ids.new()
    mine = visit.parts.database
    other = Database(visit.parts.settings.database_url)
    turns = cycle((mine, other))
    ran = mine.run
    monkeypatch.setattr(
        mine, "run", lambda work: ran(work) if next(turns) is mine else other.run(work)
    )

    said = await asyncio.gather(*(files(visit, desk, body, key) for _ in range(8)))

    other.close()
    assert {each.status_code for each in said} == {202}
    assert len({each.json()["receipt"] for each in said}) == 1
    assert visit.rows("SELECT count(*) FROM landed") == [(1,)]
