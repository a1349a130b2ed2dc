"""Who may use which route: the whole table, written out a second time."""

import json
import re
from datetime import timedelta
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI

from gateway import pages, roles
from gateway.door import doors
from gateway.parts import Parts
from gateway.tokens import ALGORITHM
from proto import ids
from proto.base import Role
from tests.gateway.stand_in import Bearer

pytestmark = pytest.mark.anyio

COLLECTOR, SUPERVISOR = Role.FIELD_COLLECTOR, Role.SUPERVISOR
BANK, COMPLIANCE = Role.BANK_OFFICER, Role.COMPLIANCE
READERS = {COLLECTOR, SUPERVISOR, BANK, COMPLIANCE}
EVERYBODY = set(Role) - {Role.ANYONE}
DESK = Role.COMPLAINTS_OFFICER
HEARERS = {SUPERVISOR, Role.PHONE_COLLECTOR, BANK, DESK, Role.INTEGRATION}
OPEN = None

TABLE: dict[tuple[str, str], set[Role] | None] = {
    ("GET", "/healthz"): OPEN,
    ("GET", "/livez"): OPEN,
    ("GET", "/readyz"): OPEN,
    ("GET", "/metrics"): OPEN,
    ("GET", "/openapi.json"): OPEN,
    ("GET", "/v1/keys"): OPEN,
    ("POST", "/v1/first-run"): OPEN,
    ("POST", "/v1/sessions"): OPEN,
    ("POST", "/v1/sessions/refresh"): OPEN,
    ("DELETE", "/v1/sessions/current"): EVERYBODY,
    ("GET", "/v1/me"): EVERYBODY,
    ("POST", "/v1/accounts"): {Role.ADMINISTRATOR},
    ("POST", "/v1/agencies"): {BANK},
    ("POST", "/v1/people"): {BANK},
    ("POST", "/v1/devices"): {BANK},
    ("POST", "/v1/devices/{device_id}/key"): {COLLECTOR},
    ("POST", "/v1/devices/{device_id}/revocation"): {SUPERVISOR, BANK},
    ("POST", "/v1/authorisations"): {BANK},
    ("POST", "/v1/authorisations/{letter_id}/revocation"): {BANK},
    ("POST", "/v1/cases"): {BANK},
    ("GET", "/v1/cases/{case_id}"): {BANK, COMPLIANCE},
    ("POST", "/v1/cases/{case_id}/hold"): {BANK},
    ("POST", "/v1/cases/{case_id}/hold-review"): {BANK},
    ("POST", "/v1/cases/{case_id}/resumption"): {BANK},
    ("POST", "/v1/cases/{case_id}/recall"): {BANK},
    ("POST", "/v1/cases/{case_id}/payoff"): {BANK},
    ("POST", "/v1/cases/{case_id}/address-reopening"): {BANK},
    ("POST", "/v1/cases/{case_id}/third-party-permits"): {BANK},
    ("POST", "/v1/cases/{case_id}/third-party-permits/{permit_id}/revocation"): {BANK},
    ("POST", "/v1/cases/{case_id}/cash-authorities"): {BANK},
    ("POST", "/v1/cases/{case_id}/cash-authorities/{authority_id}/confirmation"): {BANK},
    ("POST", "/v1/cases/{case_id}/cash-authorities/{authority_id}/revocation"): {BANK},
    ("POST", "/v1/cases/{case_id}/payment-code"): {BANK},
    ("POST", "/v1/cases/{case_id}/payment-code/{code_id}/revocation"): {BANK},
    ("GET", "/v1/cases/{case_id}/money"): {BANK, COMPLIANCE},
    ("POST", "/v1/cases/{case_id}/money-left/{incident_id}/settlement"): {BANK},
    ("POST", "/v1/visits/{visit_id}/receipts"): {COLLECTOR},
    ("GET", "/v1/receipts/{receipt_id}"): READERS,
    ("POST", "/v1/receipts/{receipt_id}/banking"): {COLLECTOR, SUPERVISOR},
    ("POST", "/v1/templates"): {BANK},
    ("POST", "/v1/complaints"): {DESK},
    ("GET", "/v1/complaints"): {DESK, COMPLIANCE},
    ("GET", "/v1/complaints/{complaint_id}"): {DESK, COMPLIANCE},
    ("POST", "/v1/complaints/{complaint_id}/closure"): {DESK},
    ("POST", "/v1/badges/complaints"): OPEN,
    ("POST", "/v1/badges/checks"): OPEN,
    ("GET", "/d"): OPEN,
    ("HEAD", "/d"): OPEN,
    ("GET", "/d/{code}"): OPEN,
    ("HEAD", "/d/{code}"): OPEN,
    ("POST", "/d/{code}/complaint"): OPEN,
    ("POST", "/v1/visits/{visit_id}/asks/collect-cash"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/asks/hand-over-letter"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/asks/ask-third-party"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/asks/show-payment-code"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/hours"): {SUPERVISOR},
    ("POST", "/v1/visits/{visit_id}/swap"): {SUPERVISOR},
    ("GET", "/v1/day"): {COLLECTOR},
    ("GET", "/v1/pack"): {COLLECTOR},
    ("POST", "/v1/visits"): {SUPERVISOR},
    ("GET", "/v1/visits"): READERS,
    ("GET", "/v1/board"): {SUPERVISOR},
    ("GET", "/v1/bank-board"): {BANK, COMPLIANCE},
    ("GET", "/v1/visits/{visit_id}/timeline"): {SUPERVISOR, BANK, COMPLIANCE},
    ("GET", "/v1/visits/{visit_id}/media"): READERS,
    ("GET", "/v1/visits/{visit_id}/coverage"): READERS,
    ("GET", "/v1/visits/{visit_id}/plausibility"): {COLLECTOR, SUPERVISOR, COMPLIANCE},
    ("POST", "/v1/visits/{visit_id}/plausibility/{finding_id}/reply"): {COLLECTOR},
    ("GET", "/v1/cases/{case_id}/timeline"): {SUPERVISOR, BANK, COMPLIANCE},
    ("GET", "/v1/operations"): {BANK, COMPLIANCE, Role.ADMINISTRATOR},
    ("GET", "/v1/visits/{visit_id}"): READERS,
    ("GET", "/v1/visits/{visit_id}/events"): READERS,
    ("GET", "/v1/events"): {SUPERVISOR, BANK, COMPLIANCE, DESK},
    ("POST", "/v1/visits/{visit_id}/check-ins"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/journal"): {COLLECTOR},
    ("GET", "/v1/visits/{visit_id}/journal"): READERS,
    ("POST", "/v1/anchors"): {COLLECTOR},
    ("GET", "/v1/visits/{visit_id}/grant"): {COLLECTOR},
    ("GET", "/v1/visits/{visit_id}/pairing"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/help"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/help/{help_id}/acknowledgement"): {SUPERVISOR, BANK},
    ("GET", "/v1/visits/{visit_id}/help/{help_id}"): {SUPERVISOR, BANK},
    ("POST", "/v1/cases/{case_id}/dangers/{danger_id}/report"): {BANK},
    ("POST", "/v1/cases/{case_id}/circumstances"): HEARERS,
    ("GET", "/v1/cases/{case_id}/circumstances"): {BANK, COMPLIANCE},
    ("POST", "/v1/cases/{case_id}/liable"): {BANK},
    ("POST", "/v1/cases/{case_id}/liable/{liable_id}/release"): {BANK},
    ("POST", "/v1/visits/{visit_id}/asks/discuss-debt"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/asks/enter-premises"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/check-out"): {COLLECTOR},
    ("POST", "/v1/visits/{visit_id}/corrections"): READERS,
    ("GET", "/v1/visits/{visit_id}/evidence"): {SUPERVISOR, BANK, COMPLIANCE},
    ("GET", "/v1/visits/{visit_id}/report"): {SUPERVISOR, BANK, COMPLIANCE},
    ("GET", "/v1/log/heads"): OPEN,
    ("OPTIONS", "/v1/uploads"): OPEN,
    ("POST", "/v1/uploads"): {COLLECTOR},
    ("HEAD", "/v1/uploads/{upload_id}"): {COLLECTOR},
    ("PATCH", "/v1/uploads/{upload_id}"): {COLLECTOR},
    ("DELETE", "/v1/uploads/{upload_id}"): {COLLECTOR},
    ("GET", "/v1/media/{media_id}"): READERS,
    ("GET", "/v1/media/{media_id}/thumbnail"): READERS,
}
TABLE |= {("GET", file.address): OPEN for file in pages.FILES}
GUARDED = [(method, path) for (method, path), roles in TABLE.items() if roles is not OPEN]
SOMETHING = str(UUID(int=9))


def address(path: str) -> str:
    return re.sub(r"{\w+_id}", SOMETHING, path)


async def knock(
    client: httpx.AsyncClient, method: str, path: str, headers: dict[str, str]
) -> tuple[int, str]:
    """Return the status and the kind of problem, if any."""
    # a body that is right nowhere: whoever may, is told so
    content = b"[]" if method == "POST" else None
    headers = headers | {"Content-Type": "application/json", "Last-Event-ID": "x"}
    response = await client.request(method, address(path), headers=headers, content=content)
    if method == "HEAD":  # its answers have no body: the status is all it says
        return response.status_code, "role-may-not" if response.status_code == 403 else ""
    if response.headers.get("content-type") != "application/problem+json":
        return response.status_code, ""
    return response.status_code, response.json()["type"].removeprefix("/problems/")


async def test_every_route_is_in_the_table(app: FastAPI) -> None:
    found = {(door.method, door.path): set(door.roles) or OPEN for door in doors(app)}
    assert found == TABLE
    assert len(found) == len(app.routes)


async def test_a_route_without_a_permission_stops_the_start(app: FastAPI) -> None:
    @app.get("/v1/stray")
    def stray() -> None: ...

    with pytest.raises(RuntimeError, match="/v1/stray is no Door"):
        doors(app)


@pytest.mark.parametrize("role", Role)
async def test_a_role_may_what_the_table_says(
    client: httpx.AsyncClient, bearer: Bearer, role: Role
) -> None:
    found, header = {}, bearer(role)
    for method, path in GUARDED:
        status, kind = await knock(client, method, path, header)
        found[method, path] = (status, kind) != (403, "role-may-not")
        # the one route that looks the account up finds none behind this token
        assert kind != "unauthenticated" or path == "/v1/me"
    assert found == {door: role in (TABLE[door] or ()) for door in GUARDED}


async def test_nobody_comes_in_without_a_good_token(
    client: httpx.AsyncClient, bad_tokens: dict[str, dict[str, str]]
) -> None:
    for method, path in GUARDED:
        for name, headers in bad_tokens.items():
            kind = "token-expired" if name == "expired" else "unauthenticated"
            kind = "" if method == "HEAD" else kind
            found = await knock(client, method, path, headers)
            assert (path, name, *found) == (path, name, 401, kind)


@pytest.fixture
def bad_tokens(parts: Parts, bearer: Bearer) -> dict[str, dict[str, str]]:
    good = bearer(Role.FIELD_COLLECTOR)["Authorization"].removeprefix("Bearer ")
    claims = parts.accounts.tokens.read(good)
    stranger = ec.generate_private_key(ec.SECP256R1())

    def forged(**changed: object) -> str:
        body = json.loads(claims.model_dump_json()) | changed
        kid = {"kid": parts.accounts.tokens.kid}
        return jwt.encode(body, parts.accounts.tokens.private, ALGORITHM, headers=kid)

    body = json.loads(claims.model_dump_json())
    kid = {"kid": parts.accounts.tokens.kid}
    minute = int(timedelta(minutes=1).total_seconds())
    tokens = {
        "garbage": "Bearer garbage",
        "half": f"Bearer {good[:-40]}",
        "basic": "Basic YWRtaW46YWRtaW4=",
        "empty": "Bearer ",
        "other key": f"Bearer {jwt.encode(body, stranger, ALGORITHM, headers=kid)}",
        "no signature": f"Bearer {jwt.encode(body, None, 'none', headers=kid)}",
        "public key as secret": f"Bearer {hmac_signed(body, kid)}",
        "no kid": f"Bearer {jwt.encode(body, parts.accounts.tokens.private, ALGORITHM)}",
        "other bank": f"Bearer {forged(aud='doorstep/other')}",
        "other issuer": f"Bearer {forged(iss='somebody')}",
        "no such role": f"Bearer {forged(role='root')}",
        "from the future": f"Bearer {forged(iat=claims.iat + 2 * minute)}",
        "expired": f"Bearer {forged(iat=claims.iat - 660, exp=claims.iat)}",
        "refresh token": f"Bearer {ids.new().hex}",
    }
    return {name: {"Authorization": value} for name, value in tokens.items()} | {"none": {}}


def hmac_signed(body: dict[str, object], kid: dict[str, str]) -> str:
    return jwt.encode(body, "k" * 64, "HS256", headers=kid)


def test_no_role_at_all_is_not_the_same_as_open() -> None:
    assert roles.OPEN is not (roles.BANK - roles.BANK)
    assert not roles.OPEN
