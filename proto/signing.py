"""What a phone signs, byte by byte, and how a signature and a key look.

Signed and hashed is the canonical JSON (RFC 8785) of the thing's JSON form, without the
signature itself and without what is absent (null), so that an optional field added later
changes nothing that was signed before; moments are written in UTC, with `Z`. ES256 as in
RFC 7518, 3.4: P-256, SHA-256, r and s side by side.
"""

import hashlib
from typing import Any, Literal

from pydantic import BaseModel, Field

from proto.base import Value
from proto.canonical import canonical

#: Unpadded base64url of 32 and of 64 bytes.
B64_32 = r"^[A-Za-z0-9_-]{43}$"
B64_64 = r"^[A-Za-z0-9_-]{86}$"


class PublicKey(Value):
    """A device's key as a JWK (RFC 7517)."""

    kty: Literal["EC"] = "EC"
    crv: Literal["P-256"] = "P-256"
    x: str = Field(pattern=B64_32)
    y: str = Field(pattern=B64_32)

    def thumbprint(self) -> str:
        """Return its name everywhere: the SHA-256 thumbprint (RFC 7638), hex."""
        return hashlib.sha256(canonical(self.model_dump())).hexdigest()


class Signature(Value):
    """A signature by a device key: r and s, base64url without padding."""

    alg: Literal["ES256"] = "ES256"
    value: str = Field(pattern=B64_64)


def digest(value: Any) -> str:
    """Return the SHA-256 of the canonical form, hex."""
    return hashed(canonical(value))


def hashed(content: bytes) -> str:
    """Return the SHA-256 of bytes, hex."""
    return hashlib.sha256(content).hexdigest()


def signed_bytes(thing: BaseModel) -> bytes:
    """Return what the signature in the field `signature` of a thing is made over."""
    return canonical(
        thing.model_dump(mode="json", exclude={"signature"}, exclude_none=True)
    )
