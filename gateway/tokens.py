"""Access tokens: ES256 (RFC 7518, 3.4) JWTs of ten minutes, and their signing key.

Times are judged by `chassis.clock`, not by PyJWT's real one: a demonstration runs at a
pretended moment. Refresh tokens are opaque; only their SHA-256 is kept.
"""

import hashlib
import re
import secrets
from datetime import timedelta
from typing import Any
from uuid import UUID

import jwt
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from pydantic import ValidationError

from chassis import clock
from chassis.settings import Settings
from chassis.signatures import public_key, unb64
from gateway import keyfile
from gateway.errors import Unauthenticated
from proto.base import Asker, Role, Value
from proto.signing import PublicKey

ISSUER, ALGORITHM, KEY_FILE = "doorstep", "ES256", "token-signing.pem"
#: Header, payload and the 64 bytes of a signature, base64url without padding.
COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{86}")
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
        self.header, _, _ = self.signed({}).partition(".")

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
        return self.signed(claims.model_dump(mode="json"))

    def signed(self, body: dict[str, Any]) -> str:
        return jwt.encode(body, self.private, ALGORITHM, headers={"kid": self.kid})

    def read(self, token: str) -> Claims:
        """Return what a token says.

        Raises Unauthenticated when it is not ours, or no longer good.
        """
        try:
            claims = Claims.model_validate_json(self.payload(token))
        except (InvalidSignature, ValidationError, ValueError):
            raise Unauthenticated("unauthenticated") from None
        if (claims.iss, claims.aud) != (ISSUER, self.audience):
            raise Unauthenticated("unauthenticated")
        now = clock.now().timestamp()
        if claims.exp <= now:
            raise Unauthenticated("token-expired")
        if claims.iat > now + EARLY_S:
            raise Unauthenticated("unauthenticated")
        return claims

    def payload(self, token: str) -> bytes:
        """Return the payload of a token of ours (RFC 7515, 5.2).

        Whatever we sign bears the same header, so that a token says nothing of how it is
        to be checked. Raises InvalidSignature, ValueError when it is no such text.
        """
        signed, _, signature = token.rpartition(".")
        header, _, payload = signed.partition(".")
        if header != self.header or not COMPACT.fullmatch(token):
            raise ValueError("no token of ours")
        raw = unb64(signature)
        der = encode_dss_signature(
            int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        )
        self.public.verify(der, signed.encode(), ec.ECDSA(SHA256()))
        return unb64(payload)

    def keys(self) -> list[dict[str, Any]]:
        """Return the public keys as JWKs (RFC 7517)."""
        return [published(self.jwk, "token")]


def published(key: PublicKey, purpose: str) -> dict[str, Any]:
    """Return a public key as a JWK, and what we sign with it: a member of ours, which
    others are to ignore (RFC 7517, 4).
    """
    use = {"kid": key.thumbprint(), "use": "sig", "alg": ALGORITHM}
    return key.model_dump() | use | {"purpose": purpose}


def signing_key(settings: Settings, file: str = KEY_FILE) -> ec.EllipticCurvePrivateKey:
    """Return the P-256 key from its file, which is made when missing.

    Raises LooseFile when others can read it, ValueError when it is no such key.
    """
    path = settings.keys / file
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
