"""The first account, signing in, staying signed in, signing out."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from chassis.settings import settings
from gateway.accounts import Accounts, NotForProduction
from gateway.keyfile import LooseFile
from gateway.parts import Parts
from gateway.store import Database
from gateway.tokens import KEY_FILE, Tokens
from proto.base import Role

pytestmark = pytest.mark.anyio

PASSWORD = "correct horse battery"
KIND = "/problems/"


def token_file() -> Path:
    return settings().keys / "first-run-token"


def first(name: str = "admin", **changed: Any) -> dict[str, Any]:
    token = token_file().read_text().strip()
    return {"token": token, "name": name, "password": PASSWORD} | changed


@pytest.fixture
async def admin(client: httpx.AsyncClient) -> dict[str, str]:
    """The header of the administrator, signed in."""
    made = await client.post("/v1/first-run", json=first())
    assert made.status_code == 200, made.text
    return (await sign_in(client, "admin"))[0]


async def sign_in(client: httpx.AsyncClient, name: str) -> tuple[dict[str, str], str]:
    body = {"name": name, "password": PASSWORD}
    found = (await client.post("/v1/sessions", json=body)).json()
    return {"Authorization": f"Bearer {found['access_token']}"}, found["refresh_token"]


def kind(response: httpx.Response) -> tuple[int, str]:
    return response.status_code, response.json()["type"].removeprefix(KIND)


async def test_a_gateway_whose_database_has_gone_again_waits_for_it(empty: None) -> None:
    database = Database(settings().database_url)
    accounts = Accounts(settings(), database)
    statement = "ALTER TABLE {} RENAME TO {}"
    await database.run(lambda c: c.execute(text(statement.format("account", "away"))))

    start = asyncio.create_task(accounts.start())
    await asyncio.wait({start}, timeout=1)
    waited = not start.done()
    await database.run(lambda c: c.execute(text(statement.format("away", "account"))))
    await asyncio.wait_for(start, 10)
    database.close()

    assert waited
    assert token_file().exists()


async def test_the_first_run_token_makes_one_administrator(client, admin) -> None:
    me = (await client.get("/v1/me", headers=admin)).json()
    assert me | {"account_id": "?"} == {
        "account_id": "?",
        "name": "admin",
        "role": "administrator",
        "agency_id": None,
        "person_id": None,
    }
    assert not token_file().exists()
    again = {"token": "x" * 43, "name": "second", "password": PASSWORD}
    response = await client.post("/v1/first-run", json=again)
    assert kind(response) == (409, "first-run-over")


async def test_of_two_first_runs_at_once_one_wins(client: httpx.AsyncClient) -> None:
    found = await asyncio.gather(
        *(client.post("/v1/first-run", json=first(name)) for name in ("one", "two", "six"))
    )
    assert sorted(each.status_code for each in found) == [200, 409, 409]


async def test_a_wrong_first_run_token_makes_nobody(client: httpx.AsyncClient) -> None:
    response = await client.post("/v1/first-run", json=first(token="y" * 43))
    assert kind(response) == (403, "first-run-token-wrong")
    assert token_file().stat().st_mode & 0o777 == 0o600


async def test_gateways_that_start_together_agree_on_the_token(parts: Parts) -> None:
    before = token_file().read_text()
    await asyncio.gather(*(parts.accounts.start() for _ in range(4)))
    assert token_file().read_text() == before


BAD_ACCOUNTS: dict[str, tuple[dict[str, Any], int, str]] = {
    "short password": ({"password": "elevenchars"}, 422, "/password"),
    "collector without person": (
        {"role": "field_collector", "agency_id": str(UUID(int=2))},
        422,
        "",
    ),
    "supervisor without agency": ({"role": "supervisor"}, 422, ""),
    "officer with agency": ({"agency_id": str(UUID(int=2))}, 422, ""),
    "no such role": ({"role": "root"}, 422, "/role"),
    "a name with a blank": ({"name": "a b"}, 422, "/name"),
    "an unknown field": ({"is_admin": True}, 422, "/is_admin"),
}


@pytest.mark.parametrize("case", BAD_ACCOUNTS)
async def test_an_account_that_does_not_fit_is_refused(client, bearer, case: str) -> None:
    changed, status, pointer = BAD_ACCOUNTS[case]
    body = {"name": "li", "password": PASSWORD, "role": "bank_officer"} | changed
    headers = bearer(Role.ADMINISTRATOR)
    response = await client.post("/v1/accounts", json=body, headers=headers)
    assert response.status_code == status
    assert [each["pointer"] for each in response.json()["errors"]] == [pointer]
    assert str(changed.get("password", "?")) not in response.text


async def test_a_collectors_token_says_whose_it_is(client, admin, parts) -> None:
    ids = {"agency_id": str(UUID(int=2)), "person_id": str(UUID(int=3))}
    body = {"name": "王伟", "password": PASSWORD, "role": "field_collector"} | ids
    made = await client.post("/v1/accounts", json=body, headers=admin)
    header, _ = await sign_in(client, "王伟")
    claims = parts.accounts.tokens.read(header["Authorization"].partition(" ")[2])
    assert claims.asker().model_dump(mode="json") == {
        "account_id": made.json()["account_id"],
        "role": "field_collector",
        **ids,
    }


async def test_a_name_is_taken_however_it_is_written(client, admin) -> None:
    for name in ("admin", "ADMIN", "\uff41\uff44\uff4d\uff49\uff4e"):
        body = {"name": name, "password": PASSWORD, "role": "compliance"}
        response = await client.post("/v1/accounts", json=body, headers=admin)
        assert kind(response) == (409, "name-taken")


async def test_wrong_name_and_wrong_password_say_the_same(client, admin) -> None:
    found = []
    for name, password in (("admin", "x" * 12), ("nobody", PASSWORD)):
        body = {"name": name, "password": password}
        response = await client.post("/v1/sessions", json=body)
        assert response.headers["www-authenticate"].startswith("Bearer")
        found.append(response.json() | {"instance": "?"})
    assert found[0] == found[1]
    assert found[0]["type"] == "/problems/wrong-password"


async def test_too_many_tries_have_to_wait(client, admin) -> None:
    body = {"name": "admin", "password": "x" * 12}
    found = [await client.post("/v1/sessions", json=body) for _ in range(11)]
    assert [each.status_code for each in found] == [401] * 10 + [429]
    assert 0 < int(found[-1].headers["retry-after"]) <= 300


async def test_a_stranger_elsewhere_does_not_lock_the_owner_out(app, client, admin) -> None:
    """Ten wrong passwords close the door to the stranger's network, not the owner's."""
    wrong = {"name": "admin", "password": "x" * 12}
    async with coming_from(app, "198.51.100.7") as stranger:
        found = [await stranger.post("/v1/sessions", json=wrong) for _ in range(30)]
        right = await stranger.post("/v1/sessions", json=wrong | {"password": PASSWORD})
    owner = await client.post("/v1/sessions", json=wrong | {"password": PASSWORD})

    assert [each.status_code for each in found] == [401] * 10 + [429] * 20
    assert (right.status_code, owner.status_code) == (429, 200)


async def test_strangers_on_many_networks_have_to_wait_as_well(app, client, admin) -> None:
    wrong, found = {"name": "admin", "password": "x" * 12}, []
    for number in range(21):
        async with coming_from(app, f"198.51.100.{number}") as stranger:
            found += [await stranger.post("/v1/sessions", json=wrong) for _ in range(5)]

    assert [each.status_code for each in found] == [401] * 100 + [429] * 5


async def test_an_owner_signing_in_does_not_give_strangers_new_tries(
    app, client, admin
) -> None:
    wrong = {"name": "admin", "password": "x" * 12}
    async with coming_from(app, "198.51.100.7") as stranger:
        before = [await stranger.post("/v1/sessions", json=wrong) for _ in range(10)]
        await sign_in(client, "admin")
        after = await stranger.post("/v1/sessions", json=wrong)

    assert {each.status_code for each in before} == {401}
    assert after.status_code == 429


def coming_from(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 40000))
    return httpx.AsyncClient(transport=transport, base_url="http://doorstep")


async def test_a_refresh_token_is_good_once(client, admin) -> None:
    _, old = await sign_in(client, "admin")
    turned = await client.post("/v1/sessions/refresh", json={"refresh_token": old})
    assert turned.status_code == 200
    # a copy of the old one: the thief's or ours, so both are out
    for token in (old, turned.json()["refresh_token"]):
        response = await client.post("/v1/sessions/refresh", json={"refresh_token": token})
        assert kind(response) == (401, "session-revoked")


async def test_of_two_uses_at_once_the_family_ends(client, admin) -> None:
    _, token = await sign_in(client, "admin")
    body = {"refresh_token": token}
    found = await asyncio.gather(
        *(client.post("/v1/sessions/refresh", json=body) for _ in range(2))
    )
    assert sorted(each.status_code for each in found) == [200, 401]
    fresh = next(each for each in found if each.status_code == 200).json()
    body = {"refresh_token": fresh["refresh_token"]}
    response = await client.post("/v1/sessions/refresh", json=body)
    assert kind(response) == (401, "session-revoked")


async def test_tokens_run_out_by_the_pretended_clock(client, admin, hands) -> None:
    header, refresh = await sign_in(client, "admin")
    hands.turn(minutes=9, seconds=59)
    assert (await client.get("/v1/me", headers=header)).status_code == 200
    hands.turn(seconds=1)
    response = await client.get("/v1/me", headers=header)
    assert kind(response) == (401, "token-expired")
    hands.turn(hours=12)
    body = {"refresh_token": refresh}
    response = await client.post("/v1/sessions/refresh", json=body)
    assert kind(response) == (401, "session-over")


async def test_signing_out_ends_the_family(client, admin) -> None:
    header, refresh = await sign_in(client, "admin")
    done = await client.delete("/v1/sessions/current", headers=header)
    assert (done.status_code, done.content) == (204, b"")
    response = await client.post("/v1/sessions/refresh", json={"refresh_token": refresh})
    assert kind(response) == (401, "session-revoked")


async def test_the_public_key_is_shown_and_the_private_one_kept(client, parts) -> None:
    key, *others = (await client.get("/v1/keys")).json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg", "purpose"}
    purposes = ["token", "pack", "receipt", "seal", "export"]
    assert [each["purpose"] for each in (key, *others)] == purposes
    path = settings().keys / KEY_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    assert Tokens(settings()).kid == key["kid"]
    path.chmod(0o644)
    with pytest.raises(LooseFile, match="chmod 600"):
        Tokens(settings())


async def test_local_accounts_do_not_run_in_production(app) -> None:
    production = settings().model_copy(update={"environment": "production"})
    with pytest.raises(NotForProduction, match="DOORSTEP_ENVIRONMENT is production"):
        Accounts(production, Database(production.database_url))
