"""Bad input of every kind is a problem with a sentence, never a 500."""

import json
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest

from gateway.bodies import DEEPEST, IMPORT, PHONE, parse
from gateway.errors import Unreadable
from gateway.wording import LANGUAGES
from proto.base import Role
from tests.gateway.stand_in import Bearer

pytestmark = pytest.mark.anyio

VISIT = str(UUID(int=9))
OUT = f"/v1/visits/{VISIT}/check-out"

BAD: dict[str, tuple[bytes, int, str]] = {
    "empty": (b"", 400, "not-json"),
    "not json": (b"{visit}", 400, "not-json"),
    "half": (b'{"ending": "talk', 400, "not-json"),
    "two values": (b"{} {}", 400, "not-json"),
    "latin-1": ('{"ending": "é"}'.encode("latin-1"), 400, "not-utf-8"),
    "utf-16": ('{"ending": "talked"}'.encode("utf-16"), 400, "not-utf-8"),
    "byte order mark": (b"\xef\xbb\xbf{}", 400, "not-json"),
    "overlong": (b'{"a": "\xc0\xaf"}', 400, "not-utf-8"),
    "control character": (b'{"a": "\x01"}', 400, "not-json"),
    "depth bomb": (b"[" * 100_000, 400, "too-deep"),
    "closed depth bomb": (b"[" * 400 + b"]" * 400, 400, "too-deep"),
    "object bomb": (b'{"a":' * 50_000, 400, "too-deep"),
    "huge int": (b'{"a": ' + b"9" * 5000 + b"}", 400, "number-too-large"),
    "beyond 2^53": (b'{"a": 9007199254740993}', 400, "number-too-large"),
    "infinite float": (b'{"a": 1e999}', 400, "number-too-large"),
    "long float": (b'{"a": 0.' + b"1" * 5000 + b"}", 400, "number-too-large"),
    "NaN": (b'{"a": NaN}', 400, "number-too-large"),
    "Infinity": (b'{"a": -Infinity}', 400, "number-too-large"),
    "duplicate name": (b'{"ending": "talked", "ending": "x"}', 400, "duplicate-name"),
    "duplicate inside": (b'{"a": [{"b": 1, "b": 1}]}', 400, "duplicate-name"),
    "NUL": (b'{"ending": "\\u0000"}', 400, "text-not-storable"),
    "NUL in a name": (b'{"\\u0000": 1}', 400, "text-not-storable"),
    "lone surrogate": (b'{"ending": "\\ud800"}', 400, "text-not-storable"),
    "surrogates the wrong way": (b'{"a": ["\\udc00\\ud800"]}', 400, "text-not-storable"),
    "a list": (b"[]", 422, "malformed"),
    "null": (b"null", 422, "malformed"),
    "a text": (b'"x"', 422, "malformed"),
    "a number": (b"1", 422, "malformed"),
    "missing field": (b"{}", 422, "malformed"),
    "unknown field": (b'{"ending": "talked", "x": 1}', 422, "malformed"),
    "wrong enum": (b'{"ending": "secret-value"}', 422, "malformed"),
    "another id": (
        b'{"ending": "talked", "visit_id": "00000000-0000-0000-0000-000000000007"}',
        422,
        "malformed",
    ),
    "an id that is none": (b'{"ending": "talked", "visit_id": 7}', 422, "malformed"),
    "long name": (b'{"' + b"x" * 5000 + b'": 1}', 422, "malformed"),
    "too large": (b" " * (PHONE + 1), 413, "body-too-large"),
}


@pytest.mark.parametrize("case", BAD)
async def test_a_bad_body_is_a_problem(
    client: httpx.AsyncClient, bearer: Bearer, case: str
) -> None:
    content, status, kind = BAD[case]
    headers = bearer(Role.FIELD_COLLECTOR) | {"Content-Type": "application/json"}
    for language in LANGUAGES:
        headers["Accept-Language"] = language
        response = await client.post(OUT, content=content, headers=headers)
        problem = response.json()
        assert (response.status_code, problem["type"]) == (status, f"/problems/{kind}")
        assert response.headers["content-type"] == "application/problem+json"
        assert response.headers["content-language"] == language
        assert "secret-value" not in response.text
        assert len(response.content) < 2_000
        texts = [problem["title"], problem["detail"]]
        texts += [each["detail"] for each in problem.get("errors", ())]
        assert not [text for text in texts if "{" in text or "[" in text]


@pytest.mark.parametrize(("opens", "closes"), [(b"[", b"]"), (b'{"a": ', b"}")])
def test_a_value_nests_so_deep_and_no_deeper(opens: bytes, closes: bytes) -> None:
    """Whatever is shallow beside it."""
    levels = DEEPEST - 2
    assert parse(b"[[0], %b1%b]" % (opens * levels, closes * levels))
    levels += 1
    with pytest.raises(Unreadable, match="too-deep"):
        parse(b"[[0], %b1%b]" % (opens * levels, closes * levels))


MEDIA = {
    "form": {"Content-Type": "application/x-www-form-urlencoded"},
    "none": {},
    "text": {"Content-Type": "text/plain"},
    "other charset": {"Content-Type": "application/json; charset=gbk"},
    "zipped": {"Content-Type": "application/json", "Content-Encoding": "gzip"},
}


@pytest.mark.parametrize("case", MEDIA)
async def test_only_plain_json_is_taken(client, bearer, case: str) -> None:
    headers = bearer(Role.FIELD_COLLECTOR) | MEDIA[case]
    response = await client.post(OUT, content=b'{"ending": "talked"}', headers=headers)
    assert (response.status_code, response.json()["type"]) == (415, "/problems/media-type")


async def endless(sent: list[int]) -> AsyncIterator[bytes]:
    while sum(sent) < 64 * IMPORT:
        sent.append(1 << 16)
        yield b" " * (1 << 16)


@pytest.mark.parametrize(
    ("path", "role", "most"),
    [(OUT, Role.FIELD_COLLECTOR, PHONE), ("/v1/cases", Role.BANK_OFFICER, IMPORT)],
)
async def test_a_body_without_end_is_not_read_to_its_end(
    app, bearer, path: str, role: Role, most: int
) -> None:
    sent: list[int] = []
    body = endless(sent)
    status: list[int] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": await anext(body), "more_body": True}

    async def send(message) -> None:
        status.append(message.get("status", 0))

    headers = {"content-type": "application/json"} | bearer(role)
    await app(scope(path, headers), receive, send)
    assert status[0] == 413
    assert sum(sent) <= most + (1 << 16)


async def test_a_length_that_is_too_long_is_refused_unread(app, bearer) -> None:
    status: list[int] = []

    async def receive() -> dict[str, object]:
        raise AssertionError("nothing was to be read")

    async def send(message) -> None:
        status.append(message.get("status", 0))

    headers = {"content-type": "application/json", "content-length": "9" * 30}
    await app(scope(OUT, headers | bearer(Role.FIELD_COLLECTOR)), receive, send)
    assert status[0] == 413


def scope(path: str, headers: dict[str, str]) -> dict[str, object]:
    raw = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": raw,
        "client": ("192.0.2.1", 1),
        "server": ("doorstep", 80),
    }


QUERIES = ["limit=0", "limit=201", "limit=x", "after=x", "color=red", "limit=1&limit=2"]


@pytest.mark.parametrize("query", QUERIES)
async def test_a_bad_query_is_a_problem(client, bearer, query: str) -> None:
    headers = bearer(Role.COMPLIANCE)
    response = await client.get(f"/v1/visits?{query}", headers=headers)
    assert (response.status_code, response.json()["type"]) == (422, "/problems/malformed")


async def test_a_pointer_is_escaped(client, bearer) -> None:
    headers = bearer(Role.FIELD_COLLECTOR)
    body = {"ending": "talked", "a/b~c": 1}
    response = await client.post(OUT, json=body, headers=headers)
    assert response.json()["errors"] == [
        {
            "pointer": "/a~1b~0c",
            "kind": "field",
            "detail": "is not a field here; leave it out",
        }
    ]


async def test_every_bad_row_of_an_import_is_named(
    client: httpx.AsyncClient,
    bearer,
) -> None:
    rows = [{"agency_id": "x", "code": "", "name": "n"} for _ in range(300)]
    rows.append({"agency_id": VISIT, "code": "A", "name": "n"})
    content = json.dumps({"agencies": rows}).encode()
    headers = bearer(Role.BANK_OFFICER) | {"Content-Type": "application/json"}
    response = await client.post("/v1/agencies", content=content, headers=headers)
    errors = response.json()["errors"]
    assert len(errors) == 600
    assert errors[-1] == {
        "pointer": "/agencies/299/code",
        "kind": "field",
        "detail": "is too short; its length has to be at least 1",
    }
