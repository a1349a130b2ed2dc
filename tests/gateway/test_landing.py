"""A fact whose service cannot be asked: landed with a grant, and receipted."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chassis.errors import Unavailable
from chassis.rpc import Answered
from gateway.landing import rows
from gateway.landing.giving import RECEIPT_HEADER
from gateway.landing.signing import JWS
from gateway.tokens import GOOD_FOR
from proto import ids
from proto.base import Problem, Role
from proto.facts import (
    Circumstance,
    Objected,
    PersonMet,
    Relation,
)
from proto.grants import LandingReceipt
from proto.journal import Unread
from proto.signing import digest
from tests.acting import Phone
from tests.gateway.landed import THE_OTHER, Visit, kind
from tests.gateway.stand_in import asker

pytestmark = pytest.mark.anyio

AWAY = Unavailable("broker-away")


async def test_what_the_service_has_taken_is_receipted_in_a_header(visit) -> None:
    visit.services.reply = {"through": 1}
    body = visit.body()

    response = await visit.sends(body, None)

    assert (response.status_code, response.json()) == (200, {"through": 1})
    assert await visit.receipt(response.headers[RECEIPT_HEADER]) == LandingReceipt(
        kind="journal",
        visit_id=visit.visit_id,
        device_id=visit.phone.device_id,
        sha256=digest(body),
        sequence=1,
        received_at=visit.hands.now(),
    )
    assert visit.rows("SELECT * FROM landing_receipt") == []


async def test_a_fact_lands_with_a_receipt_when_the_service_cannot_be_asked(visit) -> None:
    visit.services.error = AWAY
    hardship = Circumstance(hardship="pregnancy")
    body = visit.body(PersonMet(relation=Relation.SPOUSE), hardship)

    response = await visit.sends(body, visit.header())

    assert response.status_code == 202, response.text
    receipt = await visit.receipt(response.json()["receipt"])
    assert (receipt.sha256, receipt.sequence) == (digest(body), 2)
    ((row,),) = visit.rows("SELECT landed::text FROM landed")
    assert [word for word in ("pregnancy", "spouse", "circumstance") if word in row] == []


async def test_a_call_for_help_lands_too(visit) -> None:
    visit.services.error = AWAY
    help_id = ids.new()
    body = {"help_id": str(help_id), "device_id": str(visit.phone.device_id)}
    body["at"] = visit.hands.now().isoformat()

    response = await visit.sends(body, visit.header(), to="help")

    assert response.status_code == 202, response.text
    receipt = await visit.receipt(response.json()["receipt"])
    assert (receipt.kind, receipt.sequence) == ("help", None)
    its = visit.rows("SELECT operation, by_another FROM landed")
    assert its == [("summon_help", None)]


async def test_a_call_that_landed_is_not_forgotten_when_its_service_is_back(
    visit, monkeypatch
) -> None:
    """It has not been handed on yet: the service would take the other for it."""
    visit.services.error, key = AWAY, ids.new()
    body = {"help_id": str(ids.new()), "device_id": str(visit.phone.device_id)}
    body["at"] = visit.hands.now().isoformat()
    other = body | {"help_id": str(ids.new())}
    grant = visit.header()
    assert (await visit.sends(body, grant, to="help", key=key)).status_code == 202
    visit.services.error = None

    asked = len(visit.services.asked)
    answer = await visit.sends(other, grant, to="help", key=key)

    assert kind(answer) == (422, "key-of-another-content")
    assert len(visit.services.asked) == asked
    # Without its own database a gateway keeps nobody from calling for help.
    monkeypatch.setattr(visit.parts.database, "run", AsyncMock(side_effect=AWAY))
    assert (await visit.sends(body, grant, to="help", key=key)).status_code == 200


async def test_a_call_for_help_does_not_wait_for_a_database_that_hangs(
    visit, monkeypatch
) -> None:
    monkeypatch.setattr(visit.parts.database, "run", lambda _: asyncio.sleep(60))
    body = {"help_id": str(ids.new()), "device_id": str(visit.phone.device_id)}
    body["at"] = visit.hands.now().isoformat()

    async with asyncio.timeout(20):
        answer = await visit.sends(body, visit.header(), to="help")

    assert answer.status_code == 200


async def calls(visit: Visit, device_id: UUID, grant: str) -> tuple[int, str]:
    body = {"help_id": str(ids.new()), "device_id": str(device_id)}
    body["at"] = visit.hands.now().isoformat()
    response = await visit.sends(body, grant, to="help")
    return (202, "") if response.status_code == 202 else kind(response)


async def test_nobody_fills_the_line_of_help_of_another(visit, monkeypatch) -> None:
    """A call on the other's phone, or on one that the grant does not know, is taken all
    the same: into a line of the caller's own, whatever phone it names.
    """
    visit.services.error = AWAY
    monkeypatch.setattr(rows, "MOST_WAITING", 2)
    monkeypatch.setattr(rows, "MOST_BY_ANOTHER", 3)
    mine, theirs = visit.phone, Phone(THE_OTHER)
    both = (*visit.grant().phones, *replace(visit, phone=theirs).grant().phones)
    grant = visit.header(phones=both)
    named = [theirs.device_id, ids.new(), theirs.device_id, theirs.device_id, ids.new()]

    said = [await calls(visit, each, grant) for each in named]

    assert said == [(202, "")] * 3 + [(503, "landing-full")] * 2
    visit.bearer, me = as_the_other(visit), visit.bearer
    assert [await calls(visit, theirs.device_id, grant) for _ in range(2)] == [
        (202, "")
    ] * 2
    assert await calls(visit, theirs.device_id, grant) == (503, "landing-full")
    visit.bearer = me
    assert await calls(visit, mine.device_id, grant) == (202, "")


def as_the_other(visit: Visit) -> dict[str, str]:
    """Sign the other of the pair in."""
    other = asker(Role.FIELD_COLLECTOR).model_copy(
        update={"person_id": THE_OTHER, "account_id": ids.new()}
    )
    return {"Authorization": f"Bearer {visit.parts.accounts.tokens.sign(other, ids.new())}"}


async def test_without_a_grant_it_is_503_as_ever(visit) -> None:
    visit.services.error = AWAY

    response = await visit.sends(visit.body(), None)

    assert (kind(response), response.headers["retry-after"]) == ((503, "broker-away"), "1")
    assert visit.rows("SELECT * FROM landed") == []


@pytest.mark.parametrize(
    "problem",
    [
        Unavailable("service-absent", service="field_visit"),
        Unavailable("line-full", service="field_visit"),
        Answered(Problem(kind="database-does-not-answer", status=503)),
        Answered(Problem(kind="too-late", status=503)),
    ],
    ids=lambda problem: str(problem),
)
async def test_whatever_keeps_it_from_the_service_it_lands(visit, problem) -> None:
    visit.services.error = problem
    assert (await visit.sends(visit.body(), visit.header())).status_code == 202


@pytest.mark.parametrize("status", [403, 404, 409, 422])
async def test_what_the_service_refuses_is_never_landed(visit, status) -> None:
    visit.services.error = Answered(Problem(kind="journal-fork", status=status))

    response = await visit.sends(visit.body(), visit.header())

    assert response.status_code == status
    assert visit.rows("SELECT * FROM landed") == []


def forged(visit: Visit) -> dict[str, tuple[str, tuple[int, str]]]:
    """Grants that are worth nothing, and what is said of them."""
    signer, hour = visit.parts.landing.grants.signer, timedelta(hours=1)
    content = visit.grant().model_dump_json().encode()
    good, now = visit.header(), visit.hands.now()
    stranger = ec.generate_private_key(ec.SECP256R1())
    mine = visit.grant(collectors=(visit.phone.person_id, ids.new()))
    changed = JWS.encode(content, stranger, "ES256", headers=signer.header)
    head, _, signature = changed.split(".")
    secret = signer.jwk["x"].encode()
    named = {name: signer.header[name] for name in ("kid", "typ")}
    token = visit.bearer["Authorization"].removeprefix("Bearer ")

    def signed(**header: Any) -> str:
        return JWS.encode(content, signer.private, "ES256", headers=header)

    ours = (401, "grant-not-ours")
    return {
        "garbage": ("garbage", ours),
        "empty": ("", ours),
        "half": (good[:-40], ours),
        "another key": (changed, ours),
        "another content": (f"{head}.{good.split('.')[1]}.{signature}", ours),
        "none": (jwt.PyJWS().encode(content, "", "none", headers=named), ours),
        "hmac": (jwt.PyJWS().encode(content, secret, "HS256", headers=named), ours),
        "no kid": (signed(typ="visit-grant"), ours),
        "a receipt's kind": (signed(**signer.header | {"typ": "landing-receipt"}), ours),
        "with more": (signed(**signer.header, crit=["b64"]), ours),
        "a receipt": (visit.parts.landing.receipts.sign(mine), ours),
        "an access token": (token, ours),
        "of an earlier shape": (signer.sign(visit.phone.public_key), ours),
        "expired": (visit.header(good_until=now), (401, "grant-not-good-now")),
        "of tomorrow": (visit.header(granted_at=now + hour), (401, "grant-not-good-now")),
        "another visit's": (
            visit.header(visit_id=ids.new()),
            (403, "grant-of-another-visit"),
        ),
        "another pair's": (
            visit.header(collectors=(THE_OTHER, ids.new())),
            (403, "grant-of-another-pair"),
        ),
    }


async def test_a_grant_that_is_not_good_lands_nothing(visit) -> None:
    visit.services.error = AWAY
    grants = forged(visit)

    found = {
        name: kind(await visit.sends(visit.body(), grant))
        for name, (grant, _) in grants.items()
    }

    assert found == {name: said for name, (_, said) in grants.items()}
    assert visit.rows("SELECT * FROM landed") == []


async def test_a_grant_lets_in_nobody_who_is_not_signed_in(visit) -> None:
    visit.services.error = AWAY
    grant, body = visit.header(), visit.body()
    visit.hands.turn(seconds=GOOD_FOR.total_seconds())

    assert kind(await visit.sends(body, grant)) == (401, "token-expired")
    visit.bearer = {}
    assert kind(await visit.sends(body, grant)) == (401, "unauthenticated")
    assert visit.rows("SELECT * FROM landed") == []


async def test_a_batch_of_a_strangers_phone_is_refused_and_never_landed(visit) -> None:
    visit.services.error = AWAY
    stranger = Phone(visit.phone.person_id)
    writes = stranger.writes(visit.visit_id, visit.hands.now(), PersonMet(relation="kin"))
    body = {"journal": writes.model_dump(mode="json")}

    assert kind(await visit.sends(body, visit.header())) == (404, "not-found")

    assert visit.rows("SELECT * FROM landed") == []
    assert visit.rows("SELECT * FROM landing_receipt") == []


async def test_what_a_phone_never_signed_lands_only_from_its_own_collector(visit) -> None:
    """One of the pair cannot fill the other's line, nor speak for the other's phone."""
    visit.services.error = AWAY
    mine, visit.phone = visit.phone, Phone(THE_OTHER)
    phones = (*visit.grant().phones, *replace(visit, phone=mine).grant().phones)
    grant = visit.header(phones=phones)
    forgeries = [
        mine.writes(visit.visit_id, visit.hands.now(), PersonMet(relation="kin")),
        mine.signed([Unread({"seq": "x"})]),
    ]

    for forged in forgeries:
        named = {"device_id": str(visit.phone.device_id)}
        body = {"journal": forged.model_dump(mode="json") | named}
        said = (403, "signature-does-not-fit")
        assert kind(await visit.sends(body, grant)) == said
    assert visit.rows("SELECT * FROM landed") == []
    assert visit.rows("SELECT * FROM landing_receipt") == []
    theirs = await visit.sends(visit.body(Objected(by="spouse")), grant)
    assert theirs.status_code == 202, theirs.text


async def test_what_is_odd_about_a_batch_is_for_its_service_to_say(visit) -> None:
    """What cannot be read, is of another visit or is not signed lands like the rest."""
    visit.services.error = AWAY
    two = (PersonMet(relation="debtor"), PersonMet(relation="kin"))
    writes = visit.phone.writes(visit.visit_id, visit.hands.now(), *two)
    entries = writes.model_dump(mode="json")["entries"]
    batches = (
        writes.model_copy(update={"entries": writes.entries[:1]}),
        visit.phone.writes(ids.new(), visit.hands.now(), *two),
        visit.phone.signed([writes.entries[0], writes.entries[0]]),
        visit.phone.signed([Unread({"seq": "x"}), *writes.entries[1:]]),
    )
    for journal in batches:
        body = {"journal": journal.model_dump(mode="json")}
        assert (await visit.sends(body, visit.header())).status_code == 202

    rubbish = {"journal": writes.model_dump(mode="json") | {"entries": [7, *entries]}}
    receipt = await visit.sends(rubbish, visit.header())
    assert (await visit.receipt(receipt.json()["receipt"])).sequence == 2
    assert visit.rows("SELECT count(*) FROM landed") == [(5,)]


async def test_the_same_key_gives_the_same_receipt_and_lands_once(visit) -> None:
    visit.services.error = AWAY
    body, key, grant = visit.body(), ids.new(), visit.header()
    first = await visit.sends(body, grant, key)
    visit.hands.turn(minutes=2)

    again = await visit.sends(body, grant, key)
    other = await visit.sends(visit.body(), grant, key)

    assert (again.status_code, again.json()) == (202, first.json())
    assert kind(other) == (422, "key-of-another-content")
    assert visit.rows("SELECT count(*) FROM landed") == [(1,)]
    visit.rows("DELETE FROM landed RETURNING 1")  # it was handed on
    again = await visit.sends(body, grant, key)
    assert (again.status_code, again.json()) == (202, first.json())
    assert kind(await visit.sends(visit.body(), grant, key)) == kind(other)
    assert visit.rows("SELECT count(*) FROM landed") == [(0,)]


async def test_the_same_key_many_times_at_once_lands_once(visit) -> None:
    visit.services.error = AWAY
    body, key, grant = visit.body(), ids.new(), visit.header()

    sent = await asyncio.gather(*(visit.sends(body, grant, key) for _ in range(8)))

    assert {each.status_code for each in sent} == {202}
    assert len({each.json()["receipt"] for each in sent}) == 1
    assert visit.rows("SELECT count(*) FROM landed") == [(1,)]


async def test_what_follows_what_landed_lands_behind_it(visit) -> None:
    """The service was back before we had handed the first one on: it never hears of a gap
    that is ours, and that it would tell a supervisor of.
    """
    visit.services.error = AWAY
    assert (await visit.sends(visit.body(), visit.header())).status_code == 202
    visit.services.error, visit.services.reply = None, {"through": 3}

    assert (await visit.sends(visit.body(), visit.header())).status_code == 202
    assert (await visit.sends(visit.body(), None)).status_code == 200  # it has no grant

    visit.rows("DELETE FROM landed RETURNING 1")  # they were handed on
    assert (await visit.sends(visit.body(), visit.header())).status_code == 200


async def test_what_may_follow_what_landed_is_sent_again_while_nobody_can_tell(
    visit, monkeypatch
) -> None:
    """Our database did not say whether something waits, and the service was there."""
    visit.services.error = AWAY
    assert (await visit.sends(visit.body(), visit.header())).status_code == 202
    visit.services.error, visit.services.reply = None, {"through": 3}
    asked = len(visit.services.asked)

    def away(*_: object) -> bool:
        raise Unavailable("database-does-not-answer")

    monkeypatch.setattr(rows, "waits", away)
    refused = await visit.sends(visit.body(), visit.header())

    assert kind(refused) == (503, "database-does-not-answer")
    assert len(visit.services.asked) == asked


async def test_a_gateway_that_was_started_anew_knows_what_waits(visit) -> None:
    visit.services.error = AWAY
    assert (await visit.sends(visit.body(), visit.header())).status_code == 202
    visit.services.error, visit.parts.landing.phones = None, None

    assert (await visit.sends(visit.body(), visit.header())).status_code == 202


async def test_of_one_phone_only_so_much_may_wait(visit, monkeypatch) -> None:
    visit.services.error = AWAY
    monkeypatch.setattr(rows, "MOST_WAITING", 2)
    grant, key = visit.header(), ids.new()
    first = visit.body()
    landed = [await visit.sends(first, grant, key)]
    landed += [await visit.sends(visit.body(), grant) for _ in range(2)]

    assert [each.status_code for each in landed] == [202, 202, 503]
    assert kind(landed[-1]) == (503, "landing-full")
    assert (await visit.sends(first, grant, key)).status_code == 202
    assert visit.rows("SELECT count(*) FROM landing_receipt") == [(2,)]


async def test_nothing_lands_for_a_case_that_was_shredded(visit) -> None:
    visit.services.error = AWAY
    insert = "INSERT INTO keyring.key (key_id) VALUES (:id) RETURNING 1"
    visit.rows(insert, id=visit.case_id)

    response = await visit.sends(visit.body(), visit.header())

    assert kind(response) == (409, "key-shredded")
    assert visit.rows("SELECT * FROM landing_receipt") == []


async def test_the_grant_route_signs_what_field_visit_says(visit) -> None:
    grant = visit.grant()
    visit.services.reply = grant.model_dump(mode="json")

    path = f"/v1/visits/{visit.visit_id}/grant"
    response = await visit.client.get(path, headers=visit.bearer)

    assert response.status_code == 200, response.text
    shown = response.json()
    visit.services.error = AWAY
    assert (await visit.sends(visit.body(), shown["grant"])).status_code == 202
    published = (await visit.client.get("/v1/keys")).json()["keys"]
    (key,) = [each for each in published if each["purpose"] == "pack"]
    content = jwt.PyJWS().decode(shown["grant"], jwt.PyJWK(key), ["ES256"])
    assert json.loads(content) == grant.model_dump(mode="json")


async def test_the_description_tells_of_grant_and_receipt(client) -> None:
    described = (await client.get("/openapi.json")).json()["paths"]
    for what in ("journal", "help"):
        its = described[f"/v1/visits/{{visit_id}}/{what}"]["post"]
        assert "Visit-Grant" in [each["name"] for each in its["parameters"]]
        assert RECEIPT_HEADER in its["responses"]["200"]["headers"]
        content = its["responses"]["202"]["content"]["application/json"]
        assert content["schema"]["$ref"].endswith("/Landed")
    asked = described["/v1/visits/{visit_id}/asks/discuss-debt"]["post"]
    assert "Visit-Grant" not in [each["name"] for each in asked["parameters"]]
