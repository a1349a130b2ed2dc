"""The routes of accounts and sessions."""

import contextlib
from typing import Any

from anyio import to_thread
from fastapi import FastAPI

from chassis import bank_codes, evidence_keys
from chassis.settings import Settings
from gateway import bodies
from gateway.accounts import AccountShown, FirstRun, NewAccount, Refresh, Session, SignIn
from gateway.door import Call, Door, mount
from gateway.roles import ADMINISTRATORS, EVERYONE, OPEN
from proto.base import Reply
from proto.payment_code import PURPOSE, BankKey

#: Bytes. A name, a password and a few ids.
SMALL = 16 << 10


class Keys(Reply):
    """The public keys of what we sign (JWKS, RFC 7517); `purpose` says what each is for:
    access tokens, packs with visit grants, receipts. The bank's own are for its codes.
    Those of evidence, `seal` and `export`, are given as PEM too: who checks a seal has its
    key from elsewhere than with what it seals.
    """

    keys: list[dict[str, Any]]


async def first_run(call: Call, body: Any) -> AccountShown:
    return await call.parts.accounts.first(bodies.check(FirstRun, body))


async def add_account(call: Call, body: Any) -> AccountShown:
    return await call.parts.accounts.create(bodies.check(NewAccount, body))


async def sign_in(call: Call, body: Any) -> Session:
    client = call.request.client
    address = client.host if client else "?"
    return await call.parts.accounts.sign_in(bodies.check(SignIn, body), address)


async def refresh(call: Call, body: Any) -> Session:
    return await call.parts.accounts.refresh(bodies.check(Refresh, body))


async def sign_out(call: Call, _: Any) -> None:
    await call.parts.accounts.sign_out(call.claims)


async def me(call: Call, _: Any) -> AccountShown:
    return await call.parts.accounts.show(call.claims)


async def keys(call: Call, _: Any) -> Keys:
    tokens, landing = call.parts.accounts.tokens, call.parts.landing
    ours = [*tokens.keys(), landing.grants.signer.jwk, landing.receipts.jwk]
    settings = call.parts.settings
    banks = (bank_key(each, settings.bank) for each in bank_codes.keys_of(settings))
    of_evidence = await to_thread.run_sync(evidence_jwks, settings)
    return Keys(keys=[*ours, *of_evidence, *banks])


def evidence_jwks(settings: Settings) -> list[dict[str, Any]]:
    """Return the keys of seals and of copies, those that there are."""
    found = []
    for purpose in (evidence_keys.SEAL, evidence_keys.EXPORT):
        with contextlib.suppress(evidence_keys.NoKey):
            found.append(evidence_keys.jwk(settings, purpose))
    return found


def bank_key(key: BankKey, bank: str) -> dict[str, Any]:
    """Return a key of the bank's as phones are told of it, beside our own."""
    use = {"use": "sig", "alg": key.alg, "purpose": PURPOSE, "bank": bank}
    return key.model_dump(exclude_none=True) | use


# fmt: off
DOORS = (
    (Door("first_run", "POST", "/v1/first-run", OPEN, FirstRun, AccountShown, SMALL,
          says="Make the one first account, an administrator, with the first-run token."),
     first_run),
    (Door("add_account", "POST", "/v1/accounts", ADMINISTRATORS, NewAccount, AccountShown,
          SMALL, says="Make an account."), add_account),
    (Door("sign_in", "POST", "/v1/sessions", OPEN, SignIn, Session, SMALL,
          says="Sign in with name and password."), sign_in),
    (Door("refresh", "POST", "/v1/sessions/refresh", OPEN, Refresh, Session, SMALL,
          says="Stay signed in. The refresh token is used up; a new one is given."),
     refresh),
    (Door("sign_out", "DELETE", "/v1/sessions/current", EVERYONE,
          says="End this sign-in: its refresh token is worth nothing from now on."),
     sign_out),
    (Door("me", "GET", "/v1/me", EVERYONE, gives=AccountShown, says="Who asks."), me),
    (Door("keys", "GET", "/v1/keys", OPEN, gives=Keys,
          says="The public keys of tokens, grants, receipts, seals, and codes."), keys),
)
# fmt: on


def open_doors(app: FastAPI) -> None:
    for door, work in DOORS:
        mount(app, door, work)
