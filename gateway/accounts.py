"""Local accounts: the first one, signing in, staying signed in, signing out.

For development and demonstrations only; a bank's own sign-in comes with OIDC.
"""

import asyncio
import unicodedata
from datetime import timedelta
from functools import partial
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, SecretStr, model_validator
from pydantic_core import PydanticCustomError
from sqlalchemy import Connection, Row

from chassis import clock
from chassis.errors import Conflict, Forbidden, Unavailable
from chassis.settings import Settings
from gateway import store
from gateway.errors import Unauthenticated
from gateway.firstrun import FirstRunFile
from gateway.model import A_PERSON, OF_AN_AGENCY
from gateway.passwords import LONGEST, Passwords
from gateway.roles import EVERYONE
from gateway.store import Database
from gateway.tokens import GOOD_FOR, Claims, Tokens, hashed, opaque
from gateway.tries import PER_ADDRESS, PER_NAME, PER_NAME_HERE, Tries, network
from proto import ids
from proto.base import Asker, Reply, Role, Value
from proto.workforce import Code

#: A sign-in lasts a shift; then the password is asked again.
FAMILY = timedelta(hours=12)
#: Seconds between two tries to reach the database at the start.
AGAIN_S = 0.5

Password = Annotated[SecretStr, Field(min_length=1, max_length=LONGEST)]
Opaque = Annotated[SecretStr, Field(min_length=1, max_length=200)]


class SignIn(Value):
    """A name and its password."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    password: Password


class Refresh(Value):
    """A refresh token; good for one use."""

    refresh_token: Opaque


class FirstRun(Value):
    """The one-time token from the file `first-run-token`, and the account to make."""

    token: Opaque
    name: Code
    password: Password


class NewAccount(Value):
    """An account. People of an agency name it; collectors also name their person."""

    name: Code
    password: Password
    role: Role
    agency_id: UUID | None = None
    person_id: UUID | None = None

    @model_validator(mode="after")
    def fits_its_role(self) -> Self:
        if self.role not in EVERYONE:
            known = " or ".join(f"'{role.value}'" for role in Role if role in EVERYONE)
            raise PydanticCustomError("enum", "see gateway/catalogue", {"expected": known})
        for field, roles in (("agency_id", OF_AN_AGENCY), ("person_id", A_PERSON)):
            given, needed = getattr(self, field) is not None, self.role in roles
            if given != needed:
                kind = "role_needs" if needed else "role_has_no"
                raise PydanticCustomError(
                    kind, "see gateway/catalogue", {"role": self.role.value, "name": field}
                )
        return self


class AccountShown(Reply):
    """An account as it is shown: never its password."""

    account_id: UUID
    name: str
    role: Role
    agency_id: UUID | None
    person_id: UUID | None


class Session(Reply):
    """Both tokens of a sign-in; `expires_in` is the access token's, in seconds."""

    access_token: str
    token_type: str = "Bearer"
    expires_in: int
    refresh_token: str


class NotForProduction(Exception):
    """Local accounts were started in production."""


class Accounts:
    """Everything an account can do, each in one transaction."""

    def __init__(
        self, settings: Settings, database: Database, passwords: Passwords | None = None
    ) -> None:
        if settings.environment == "production":
            raise NotForProduction(
                "DOORSTEP_ENVIRONMENT is production, where local accounts do not run, "
                "and no other way to sign in is built yet; set it to development"
            )
        self.database, self.passwords = database, passwords or Passwords()
        self.tokens, self.file = Tokens(settings), FirstRunFile(settings)
        self.by_name, self.by_address = Tries(PER_NAME), Tries(PER_ADDRESS)
        self.by_both = Tries(PER_NAME_HERE)

    async def start(self) -> None:
        """Make the first-run token where there is no account yet.

        Waits for a database that has gone again since its schema was looked at.
        """
        while True:
            try:
                return await self.database.run(self.file.prepare)
            except Unavailable:
                await asyncio.sleep(AGAIN_S)

    async def first(self, wish: FirstRun) -> AccountShown:
        """Make the administrator, once. Raises Forbidden, Conflict, Invalid."""
        token = hashed(wish.token.get_secret_value())
        await self.database.run(partial(check_first_run, token=token, lock=False))
        row = await self.row(
            NewAccount(name=wish.name, password=wish.password, role=Role.ADMINISTRATOR)
        )

        def make(connection: Connection) -> None:
            check_first_run(connection, token, lock=True)
            store.add_account(connection, row)
            store.end_first_run(connection)

        await self.database.run(make)
        self.file.remove()
        return AccountShown.model_validate(row)

    async def create(self, wish: NewAccount) -> AccountShown:
        """Make an account. Raises Conflict when its name is taken, Invalid."""
        row = await self.row(wish)
        if not await self.database.run(partial(store.add_account, row=row)):
            raise Conflict("name-taken", name=wish.name)
        return AccountShown.model_validate(row)

    async def row(self, wish: NewAccount) -> dict[str, Any]:
        password = await self.passwords.hash(wish.password.get_secret_value())
        return {
            "account_id": ids.new(),
            "name": wish.name,
            "matched": matched(wish.name),
            "password": password,
            "role": wish.role.value,
            "agency_id": wish.agency_id,
            "person_id": wish.person_id,
            "made_at": clock.now(),
        }

    async def sign_in(self, who: SignIn, address: str) -> Session:
        """Open a session. Raises Unauthenticated, TooMany.

        A name that does not exist takes as long as a wrong password.
        """
        name, where = matched(who.name), network(address)
        self.by_address.count(where)
        self.by_both.count((name, where))  # before the name: what it stops costs no owner
        self.by_name.count(name)
        row = await self.database.run(partial(store.account_matching, matched=name))
        kept = row.password if row else None
        fits = await self.passwords.fits(kept, who.password.get_secret_value())
        if row is None or not fits:
            raise Unauthenticated("wrong-password")
        self.by_both.forget((name, where))
        self.by_name.take_back(name)
        self.by_address.take_back(where)
        end, family_id = clock.now() + FAMILY, ids.new()
        opened = session_row(family_id, row.account_id, end)
        refresh = opened.pop("token")
        await self.database.run(partial(store.add_session, row=opened))
        return self.session(asker_of(row), family_id, refresh)

    async def refresh(self, wish: Refresh) -> Session:
        """Give new tokens for a refresh token, which is then used up.

        A second use means that somebody has a copy: the whole family is revoked.
        Raises Unauthenticated.
        """
        token = hashed(wish.refresh_token.get_secret_value())
        turned = await self.database.run(partial(turn, token=token))
        if isinstance(turned, str):
            raise Unauthenticated(turned)
        asker, family_id, fresh = turned
        return self.session(asker, family_id, fresh)

    async def sign_out(self, claims: Claims) -> None:
        """End this sign-in. Its access token runs out by itself, in ten minutes."""
        revoke = partial(store.revoke_family, family_id=claims.sid, at=clock.now())
        await self.database.run(revoke)

    async def show(self, claims: Claims) -> AccountShown:
        """Return the account of who asks. Raises Unauthenticated when it is gone."""
        found = partial(store.account_of, account_id=claims.sub)
        if (row := await self.database.run(found)) is None:
            raise Unauthenticated("unauthenticated")
        return AccountShown.model_validate(row._asdict())

    def session(self, asker: Asker, family_id: UUID, refresh: str) -> Session:
        return Session(
            access_token=self.tokens.sign(asker, family_id),
            expires_in=int(GOOD_FOR.total_seconds()),
            refresh_token=refresh,
        )


def check_first_run(connection: Connection, token: bytes, lock: bool) -> None:
    """Raise Conflict when the first account is made, Forbidden on a wrong token."""
    kept = store.first_run_hash(connection, lock=lock)
    if kept is None:
        raise Conflict("first-run-over")
    if kept != token:
        raise Forbidden("first-run-token-wrong")


def turn(connection: Connection, token: bytes) -> tuple[Asker, UUID, str] | str:
    """Use up a refresh token; return what follows, or the kind of what is wrong.

    The kind is returned and not raised: a revocation has to be committed.
    """
    now, row = clock.now(), store.session_locked(connection, token)
    if row is None:
        return "unauthenticated"
    if store.family_revoked(connection, row.family_id):
        return "session-revoked"
    if row.used_at is not None:
        store.revoke_family(connection, row.family_id, now)
        return "session-revoked"
    account = store.account_of(connection, row.account_id)
    if account is None or row.ends_at <= now:
        return "session-over"
    store.use_session(connection, token, now)
    fresh = session_row(row.family_id, row.account_id, row.ends_at)
    refresh: str = fresh.pop("token")
    store.add_session(connection, fresh)
    return asker_of(account), row.family_id, refresh


def session_row(family_id: UUID, account_id: UUID, ends_at: Any) -> dict[str, Any]:
    """Return the row of a new refresh token, and the `token` itself, to be taken out."""
    token = opaque()
    return {
        "token": token,
        "refresh_hash": hashed(token),
        "family_id": family_id,
        "account_id": account_id,
        "made_at": clock.now(),
        "ends_at": ends_at,
    }


def asker_of(row: Row[Any]) -> Asker:
    return Asker(
        account_id=row.account_id,
        role=Role(row.role),
        agency_id=row.agency_id,
        person_id=row.person_id,
    )


def matched(name: str) -> str:
    """Return a name as it is compared: one person, one way to write it."""
    return unicodedata.normalize("NFKC", name).casefold()
