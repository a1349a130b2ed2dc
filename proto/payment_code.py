"""A payment code (付款码): what the debtor's own banking app reads, signed by the bank.

A compact JWS (RFC 7515) by one of the bank's keys, `typ` `payment-code`; the payload is the
JSON of `Claims`. Nobody but the bank can make one, and each is for one case and a time:
what a visitor holds out instead is no payment code.
"""

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from proto.base import Value
from proto.signing import B64_32, hashed

#: What the header of a payment code says it is (RFC 8725, 3.11).
KIND = "payment-code"
#: By this a key that is published at `GET /v1/keys` says what it checks.
PURPOSE = "payment-code"

#: Three parts, as long as the longest payload in the widest characters needs.
Jws = Annotated[
    str,
    StringConstraints(
        max_length=4096, pattern=r"^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$"
    ),
]
#: The last second that every calendar of ours can name.
Second = Annotated[int, Field(strict=True, ge=0, le=253_402_300_799)]


class BankKey(Value):
    """One public key of the bank's as a JWK (RFC 7517, RFC 8037), by its name."""

    kid: Annotated[str, Field(min_length=1, max_length=128)]
    kty: Literal["EC", "OKP"]
    crv: Literal["P-256", "Ed25519"]
    x: str = Field(pattern=B64_32)
    y: str | None = Field(default=None, pattern=B64_32)

    @property
    def alg(self) -> str:
        """The one algorithm it signs by; what a code says of it counts for nothing."""
        return "ES256" if self.kty == "EC" else "EdDSA"

    @property
    def fits(self) -> bool:
        """Whether kind, curve and coordinates belong together."""
        shape = (self.kty, self.crv, self.y is not None)
        return shape in (("EC", "P-256", True), ("OKP", "Ed25519", False))


class Claims(Value):
    """What the bank has signed: whose it is, for which case, from when until when.

    `payload` is for the debtor's app alone. `nbf` is the first second at which it is good
    and `exp` the first at which it is not any more (RFC 7519, 4.1).
    """

    bank: Annotated[str, Field(min_length=1, max_length=64)]
    case_id: UUID
    payload: Annotated[str, Field(min_length=1, max_length=512)]
    nbf: Second
    exp: Second

    @property
    def not_before(self) -> datetime:
        return datetime.fromtimestamp(self.nbf, UTC)

    @property
    def good_until(self) -> datetime:
        return datetime.fromtimestamp(self.exp, UTC)

    def good(self, at: datetime) -> bool:
        return self.not_before <= at < self.good_until


def digest(code: str) -> str:
    """Return the SHA-256 by which a journal names a code, hex."""
    return hashed(code.encode())
