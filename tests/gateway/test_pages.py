"""The files of the operations page, as a browser gets them: open, policed, and cached."""

import re

import httpx
import pytest

from gateway.pages import FILES, FOLDER

pytestmark = pytest.mark.anyio

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' blob:",
    "media-src": "blob:",
    "connect-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}


def policy(response: httpx.Response) -> dict[str, str]:
    parts = response.headers["content-security-policy"].split("; ")
    return {name: rest for name, _, rest in (part.partition(" ") for part in parts)}


async def test_every_file_is_given_to_anybody_under_a_strict_policy(
    client: httpx.AsyncClient,
) -> None:
    assert {file.path for file in FILES} == set(FOLDER.iterdir())
    for file in FILES:
        response = await client.get(file.address)
        assert (response.status_code, response.content) == (200, file.path.read_bytes())
        assert response.headers["content-type"].partition(";")[0] == file.media
        assert policy(response) == POLICY
        assert response.headers["x-content-type-options"] == "nosniff"
        assert response.headers["referrer-policy"] == "no-referrer"


async def test_no_other_answer_may_run_a_script(client: httpx.AsyncClient) -> None:
    for path in ("/v1/keys", "/healthz", "/opsx", "/openapi.json"):
        assert policy(await client.get(path)) == {
            "default-src": "'none'",
            "frame-ancestors": "'none'",
        }


async def test_what_a_browser_has_is_not_sent_again(client: httpx.AsyncClient) -> None:
    first = await client.get("/ops")
    assert first.headers["cache-control"] == "no-cache"
    tag = {"If-None-Match": first.headers["etag"]}
    again = await client.get("/ops", headers=tag)
    assert (again.status_code, again.content) == (304, b"")
    other = await client.get("/ops/ops.css", headers=tag)
    assert other.status_code == 200


async def test_nothing_but_its_files_is_under_the_page(client: httpx.AsyncClient) -> None:
    for path in ("/ops/", "/ops/index.html", "/ops/../app.py", "/ops/%2e%2e/app.py"):
        response = await client.get(path)
        assert response.status_code == 404, path


async def test_a_page_asks_nobody_else_for_anything() -> None:
    page = (FOLDER / "index.html").read_text("utf-8")
    assert re.findall(r'(?:src|href)="(?!/ops/)', page) == []
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page)
    assert "url(" not in (FOLDER / "ops.css").read_text("utf-8")
