"""Access tokens: ES256 (RFC 7518, 3.4) JWTs of ten minutes, and their signing key.

Times are judged by `chassis.clock`, not by PyJWT's real one: a demonstration runs at a
pretended moment. Refresh tokens are opaque; only their SHA-256 is kept.
"""

import hashlib
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from chassis import clock
from chassis.settings import Settings
from chassis.signatures import public_key
from gateway import keyfile
from gateway.errors import Unauthenticated
from proto.base import Asker, Role, Value

ISSUER, ALGORITHM, KEY_FILE = "doorstep", "ES256", "token-signing.pem"
GOOD_FOR = timedelta(minutes=10)
#: Seconds a token may come from the future, by clocks that differ.
EARLY_S = 60


class Claims(Value):
    """What an access token says. `sub` is the account, `sid` the sign-in it came from."""

    iss: str
    aud: str
    sub: UUID
    sid: UUID
    role: Role
    agency_id: UUID | None = None
    person_id: UUID | None = None
    iat: int
    exp: int

    def asker(self) -> Asker:
        return Asker(
            account_id=self.sub,
            role=self.role,
            agency_id=self.agency_id,
            person_id=self.person_id,
        )


class Tokens:
    """Signs and reads access tokens of one deployment (its bank is the audience)."""

    def __init__(self, settings: Settings) -> None:
        self.audience = f"doorstep/{settings.bank}"
        self.private = signing_key(settings)
        self.public = self.private.public_key()
        self.jwk = public_key(self.private)
        self.kid = self.jwk.thumbprint()

    def sign(self, asker: Asker, sid: UUID) -> str:
        """Return a token that says who asks, for ten minutes from now."""
        now = clock.now()
        claims = Claims(
            iss=ISSUER,
            aud=self.audience,
            sub=asker.account_id,
            sid=sid,
            role=asker.role,
            agency_id=asker.agency_id,
            person_id=asker.person_id,
            iat=int(now.timestamp()),
            exp=int((now + GOOD_FOR).timestamp()),
        )
        body = claims.model_dump(mode="json")
        return jwt.encode(body, self.private, ALGORITHM, headers={"kid": self.kid})

    def read(self, token: str) -> Claims:
        """Return what a token says.

        Raises Unauthenticated when it is not ours, or no longer good.
        """
        try:
            found = jwt.decode_complete(
                token,
                self.public,
                algorithms=[ALGORITHM],
                audience=self.audience,
                issuer=ISSUER,
                options={"verify_exp": False, "verify_iat": False, "verify_nbf": False},
            )
            if found["header"].get("kid") != self.kid:
                raise Unauthenticated("unauthenticated")
            claims = Claims.model_validate(found["payload"])
        except (jwt.PyJWTError, ValidationError, ValueError):
            raise Unauthenticated("unauthenticated") from None
        now = clock.now().timestamp()
        if claims.exp <= now:
            raise Unauthenticated("token-expired")
        if claims.iat > now + EARLY_S:
            raise Unauthenticated("unauthenticated")
        return claims

    def keys(self) -> list[dict[str, Any]]:
        """Return the public keys as JWKs (RFC 7517)."""
        use = {"kid": self.kid, "use": "sig", "alg": ALGORITHM}
        return [self.jwk.model_dump() | use]


def signing_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key from its file, which is made when missing.

    Raises LooseFile when others can read it, ValueError when it is no such key.
    """
    path = settings.keys / KEY_FILE
    if not path.exists():
        fresh = ec.generate_private_key(ec.SECP256R1())
        keyfile.keep(
            path, fresh.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        )
    key = load_pem_private_key(keyfile.read(path), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ValueError(f"{path} is no P-256 key; move it away and start again")
    return key


def opaque() -> str:
    """Return a fresh opaque token: 256 bits, base64url."""
    return secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """Return what is kept of an opaque token. It has no structure to guess: no salt."""
    return hashlib.sha256(token.encode()).digest()
