"""What surrounds every request: headers, one line in the log, and the last net."""

import json
import logging
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import REGISTRY

from chassis.logs import OneLine
from gateway import asks
from gateway.parts import Parts
from proto.base import Role
from tests.gateway.stand_in import Bearer, StandIn

pytestmark = pytest.mark.anyio

VISIT = f"/v1/visits/{UUID(int=9)}"


async def test_nothing_is_kept_framed_or_shared_with_other_sites(
    client: httpx.AsyncClient, bearer: Bearer
) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    for headers in (origin, origin | bearer(Role.COMPLIANCE)):
        response = await client.get(VISIT, headers=headers)
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["cache-control"] == "no-store"
        assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
        assert not [name for name in response.headers if "access-control" in name]


async def test_ready_only_with_database_and_broker(
    client: httpx.AsyncClient, services: StandIn, parts: Parts
) -> None:
    assert (await client.get("/healthz")).status_code == 200
    assert (await client.get("/readyz")).status_code == 200
    services.connected = False
    response = await client.get("/readyz")
    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "the message broker." in response.json()["detail"]
    parts.database.close()
    parts.database.engine = type(parts.database)("postgresql://x@127.0.0.1:1/x").engine
    detail = (await client.get("/readyz")).json()["detail"]
    assert "the message broker, the database." in detail
    assert (await client.get("/healthz")).status_code == 200


async def test_an_error_of_ours_tells_and_logs_no_values(
    client, bearer, monkeypatch, caplog
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret-value")

    monkeypatch.setattr(asks, "with_path_ids", broken)
    with caplog.at_level(logging.INFO, "doorstep"):
        response = await client.get(VISIT, headers=bearer(Role.COMPLIANCE))
    problem = response.json()
    assert (response.status_code, problem["type"]) == (500, "/problems/unexpected")
    assert "secret-value" not in response.text
    lines = [json.loads(OneLine().format(record)) for record in caplog.records]
    lines = [line for line in lines if line.get("service") == "gateway"]
    trace = problem["instance"].removeprefix("urn:uuid:")
    assert [(line["trace"], line["message"]) for line in lines] == [
        (trace, "show_visit")
    ] * 2
    assert lines[0]["error"] == "RuntimeError"
    assert "secret-value" not in json.dumps(lines)


async def test_a_line_names_the_route_and_never_what_was_asked(client, caplog) -> None:
    with caplog.at_level(logging.INFO, "doorstep"):
        body = {"name": "secret-name", "password": "secret-password"}
        await client.post("/v1/sessions?secret-query=1", json=body)
        await client.get("/secret-path")
    text = "\n".join(OneLine().format(record) for record in caplog.records)
    assert "sign_in" in text
    assert "secret" not in text


STRAY = {
    "no such route": ("GET", "/v1/nothing", 404, "route-not-found"),
    "an id that is none": ("GET", "/v1/visits/x", 404, "route-not-found"),
    "a slash too many": ("GET", "/v1/visits/", 404, "route-not-found"),
    "no docs": ("GET", "/docs", 404, "route-not-found"),
    "other method": ("PUT", "/v1/visits", 405, "method-not-allowed"),
    "preflight": ("OPTIONS", "/v1/visits", 405, "method-not-allowed"),
}


@pytest.mark.parametrize("case", STRAY)
async def test_a_stray_request_is_a_problem(client: httpx.AsyncClient, case: str) -> None:
    method, path, status, kind = STRAY[case]
    response = await client.request(method, path)
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, response.json()["type"]) == (status, f"/problems/{kind}")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/json", 200),
        ("text/html, application/*;q=0.5", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("text/event-stream", 406),
    ],
)
async def test_only_what_we_have_can_be_asked_for(
    client: httpx.AsyncClient, accept: str, status: int
) -> None:
    response = await client.get("/v1/keys", headers={"Accept": accept})
    assert response.status_code == status


async def test_the_description_holds_together(app: FastAPI, client) -> None:
    found = (await client.get("/openapi.json")).json()
    assert found["openapi"] == "3.1.0"
    text, schemas = json.dumps(found), found["components"]["schemas"]
    named = {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}
    assert named <= set(schemas)
    assert "$defs" not in text
    talk = found["paths"]["/v1/visits/{visit_id}/asks/discuss-debt"]["post"]
    refusal = talk["responses"]["403"]["content"]["application/problem+json"]["schema"]
    assert "decision" in schemas[refusal["$ref"].rpartition("/")[2]]["properties"]
    assert {"200", "202", "401", "403", "404", "409", "422", "503"} <= set(
        talk["responses"]
    )
    assert "visit_id" not in schemas["DiscussDebt"]["required"]


async def test_requests_are_counted_by_operation_and_never_by_address(client) -> None:
    def counted(operation: str, status: str) -> float:
        labels = {"operation": operation, "status": status}
        return REGISTRY.get_sample_value("doorstep_requests_total", labels) or 0.0

    before = counted("keys", "200"), counted("none", "404")
    await client.get("/v1/keys")
    await client.get("/v1/nobody/13800138000")
    found = (await client.get("/metrics")).text

    after = counted("keys", "200"), counted("none", "404")
    assert after == (before[0] + 1, before[1] + 1)
    assert "13800138000" not in found
