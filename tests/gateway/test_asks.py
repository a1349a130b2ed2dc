"""A route is one question to one service, and its answer."""

from typing import Any
from uuid import UUID

import httpx
import pytest

from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.tries import PER_STRANGER, WINDOW_S
from proto import ids
from proto.base import Detail, Problem, Role
from proto.field_visit import (
    CheckOut,
    Ending,
    ListVisits,
)
from tests.gateway.stand_in import Bearer, StandIn, asker

pytestmark = pytest.mark.anyio

VISIT = UUID(int=9)
COMPLAINTS, TOO_MANY = "/v1/badges/complaints", (429, "/problems/too-many-tries")
COMPLAINT = {
    "complaint_id": str(VISIT),
    "code": "7K3FQ2M9TA",
    "about": "other",
    "words": "They shouted.",
}
AT_VISIT = f"/v1/visits/{VISIT}"
CLAUSE = "每次外访须由两人以上进行。"
REASON = {
    "key": "visit.min_visitors",
    "book": "cn_pledge",
    "clause": "4.29",
    "cite": "CN-PLEDGE/10",
    "quote": CLAUSE,
    "outcome": "stop",
    "says": {"zh-CN": "现场只有一人。", "en": "Only one of you is here."},
    "cure": {"zh-CN": "请等待另一人。", "en": "Wait for the other."},
    "values": {"present": 1},
}


def clearance(outcome: str) -> dict[str, Any]:
    decision = {
        "act": "check_in",
        "outcome": outcome,
        "reasons": [] if outcome == "proceed" else [REASON | {"outcome": outcome}],
        "books": ["cn_pledge"],
        "books_hash": "0" * 64,
        "on": "2026-03-02",
        "decision_id": str(UUID(int=5)),
        "decided_at": "2026-03-02T07:00:00Z",
        "good_until": None,
    }
    ahead = {"act": "check_in", "when": "both", "outcome": "proceed", "clauses": []}
    script = {"zh-CN": "您好。", "en": "Good day."}
    return {
        "visit_id": str(VISIT),
        "decision": decision,
        "script": script,
        "ahead": [ahead],
        "payment_code": None,
    }


async def ask_to_talk(client: httpx.AsyncClient, headers: dict[str, str]) -> httpx.Response:
    return await client.post(f"{AT_VISIT}/asks/discuss-debt", json={}, headers=headers)


async def test_the_path_names_the_visit_and_the_token_who_asks(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.reply = {"visit_id": str(VISIT), "ending": "talked"}
    for body in ({"ending": "talked"}, {"ending": "talked", "visit_id": str(VISIT)}):
        headers = bearer(Role.FIELD_COLLECTOR)
        response = await client.post(f"{AT_VISIT}/check-out", json=body, headers=headers)
        assert response.status_code == 200, response.text
        assert response.json() == {"visit_id": str(VISIT), "ending": "talked"}
    command = CheckOut(visit_id=VISIT, ending=Ending.TALKED)
    assert (
        services.asked
        == [
            ("field_visit", command, asker(Role.FIELD_COLLECTOR)),
        ]
        * 2
    )


async def test_a_list_is_asked_for_by_the_query(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.reply = {"visits": []}
    headers = bearer(Role.SUPERVISOR)
    response = await client.get(f"/v1/visits?limit=7&after={VISIT}", headers=headers)
    assert response.json() == {"visits": []}
    assert services.asked[0][1] == ListVisits(limit=7, after=VISIT)


@pytest.mark.parametrize(("outcome", "status"), [("proceed", 200), ("wait", 202)])
async def test_a_clearance_that_is_no_refusal_is_shown(
    client, bearer, services, outcome: str, status: int
) -> None:
    services.reply = clearance(outcome)
    response = await ask_to_talk(client, bearer(Role.FIELD_COLLECTOR))
    assert response.status_code == status
    assert response.headers["content-type"] == "application/json"
    assert response.json() == clearance(outcome)


@pytest.mark.parametrize("outcome", ["ask", "stop"])
@pytest.mark.parametrize(
    ("language", "title", "detail"),
    [
        ("en", "This is not allowed now", "Only one of you is here. Wait for the other."),
        ("zh-CN", "目前不允许", "现场只有一人。 请等待另一人。"),
    ],
)
async def test_a_refusal_is_a_problem_with_the_decision_inside(
    client, bearer, services, outcome: str, language: str, title: str, detail: str
) -> None:
    services.reply = clearance(outcome)
    headers = bearer(Role.FIELD_COLLECTOR) | {"Accept-Language": language}
    response = await ask_to_talk(client, headers)
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json() | {"instance": "?"} == {
        "type": "/problems/not-allowed",
        "title": title,
        "status": 403,
        "detail": detail,
        "instance": "?",
        **clearance(outcome),
    }
    assert response.status_code == 403


async def test_a_services_problem_is_told_in_the_callers_language(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    row = Detail(pointer="/cases/3/agency_id", kind="unknown-agency", values={"key": "A7"})
    services.error = Answered(Problem(kind="malformed", status=422, details=(row,)))
    response = await ask_to_talk(client, bearer(Role.FIELD_COLLECTOR))
    assert response.status_code == 422
    assert response.json()["errors"] == [
        {
            "pointer": "/cases/3/agency_id",
            "kind": "unknown-agency",
            "detail": "the agency A7 is not registered; "
            "register it with POST /v1/agencies first",
        }
    ]


async def test_what_does_not_answer_says_when_to_ask_again(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.error = Unavailable("service-absent", service="field_visit")
    response = await ask_to_talk(client, bearer(Role.FIELD_COLLECTOR))
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert response.json()["detail"].startswith("Nobody answers for The doorstep.")


async def test_a_service_may_raise_what_no_catalogue_knows(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.error = Answered(Problem(kind="moon-phase", status=99))
    response = await ask_to_talk(client, bearer(Role.FIELD_COLLECTOR))
    assert response.status_code == 500
    assert '"moon-phase"' in response.json()["detail"]


async def test_an_order_travels_under_the_callers_key(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.reply = clearance("proceed")
    own = "01926f3a-7c1e-7000-8000-000000000000"
    for sent in (own, f'"{own}"', "order 7"):
        headers = bearer(Role.FIELD_COLLECTOR) | {"Idempotency-Key": sent}
        assert (await ask_to_talk(client, headers)).status_code == 200
    assert services.keys == [UUID(own), UUID(own), ids.named("idempotency_key", "order 7")]


async def test_a_question_needs_no_key(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn
) -> None:
    services.reply = {"visits": []}
    headers = bearer(Role.SUPERVISOR) | {"Idempotency-Key": ""}
    assert (await client.get("/v1/visits", headers=headers)).status_code == 200
    assert services.keys == [None]


@pytest.mark.parametrize("key", ["order 7", "1", f"{VISIT}x"])
async def test_strangers_who_are_one_account_may_only_send_a_uuid_as_their_key(
    client: httpx.AsyncClient, services: StandIn, key: str
) -> None:
    """Or one would be given what another got under a key as easy to think of."""
    headers = {"Idempotency-Key": key}

    response = await client.post(COMPLAINTS, json=COMPLAINT, headers=headers)

    assert response.status_code == 422
    assert response.json()["type"] == "/problems/key-not-a-uuid"
    assert "UUID" in response.json()["detail"]
    assert services.asked == []
    services.reply = {"complaint_id": str(VISIT)}
    headers = {"Idempotency-Key": f'"{VISIT}"'}
    answer = await client.post(COMPLAINTS, json=COMPLAINT, headers=headers)
    assert (answer.status_code, services.keys) == (200, [VISIT])


async def test_a_stranger_who_tries_again_and_again_is_told_to_wait(
    client: httpx.AsyncClient, services: StandIn
) -> None:
    """Checks and complaints of one network are counted together."""
    filed = {"complaint_id": str(VISIT)}
    nobody = {"mandated": False, "agency": None, "staff_numbers": []}
    check = {"code": COMPLAINT["code"]}
    for _ in range(PER_STRANGER // 2):
        services.reply = filed
        assert (await client.post(COMPLAINTS, json=COMPLAINT)).status_code == 200
        services.reply = nobody
        assert (await client.post("/v1/badges/checks", json=check)).status_code == 200

    response = await client.post(COMPLAINTS, json=COMPLAINT)

    assert (response.status_code, response.json()["type"]) == TOO_MANY
    assert 0 < int(response.headers["retry-after"]) <= WINDOW_S
    assert len(services.asked) == PER_STRANGER


@pytest.mark.parametrize(
    ("key", "kind"), [("", "key-missing"), ("x" * 256, "key-too-long")]
)
async def test_an_order_without_a_fit_key_is_told_how_to_make_one(
    client: httpx.AsyncClient, bearer: Bearer, services: StandIn, key: str, kind: str
) -> None:
    headers = bearer(Role.FIELD_COLLECTOR) | {"Idempotency-Key": key}
    response = await ask_to_talk(client, headers)
    assert (response.status_code, response.json()["type"]) == (422, f"/problems/{kind}")
    assert "UUID" in response.json()["detail"]
    assert services.asked == []
