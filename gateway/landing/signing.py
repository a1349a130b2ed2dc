"""What the gateway signs for phones: compact JWS (RFC 7515, ES256), a key a purpose.

The header names the key and what it is for (`typ`, RFC 8725 3.11), and nothing else is
taken: what was signed for one purpose is nothing for another.
"""

from typing import Any, TypeVar

import jwt
from pydantic import BaseModel, ValidationError

from chassis.settings import Settings
from chassis.signatures import b64, public_key, sign
from gateway.errors import Unauthenticated
from gateway.tokens import ALGORITHM, published, signing_key
from proto.canonical import canonical

AModel = TypeVar("AModel", bound=BaseModel)

#: By these, published at `GET /v1/keys`, a key says what is signed with it.
PACK, RECEIPT = "pack", "receipt"
JWS = jwt.PyJWS(algorithms=[ALGORITHM])


class Signer:
    """Signs and reads for one purpose; its key file is made when it is the first."""

    def __init__(self, settings: Settings, purpose: str, kind: str) -> None:
        self.private = signing_key(settings, f"{purpose}-signing.pem")
        self.public = self.private.public_key()
        self.jwk = published(public_key(self.private), purpose)
        self.header = {"alg": ALGORITHM, "kid": self.jwk["kid"], "typ": kind}
        self.written = b64(canonical(self.header))

    def sign(self, said: BaseModel) -> str:
        """Return what is said, signed."""
        return self.sign_bytes(said.model_dump_json().encode())

    def sign_bytes(self, content: bytes) -> str:
        """Return what is said in these very bytes, signed."""
        signed = f"{self.written}.{b64(content)}"
        return f"{signed}.{sign(self.private, signed.encode()).value}"

    def read(self, kind: type[AModel], text: str) -> AModel:
        """Return what was signed. Raises Unauthenticated when it is not ours."""
        try:
            found: dict[str, Any] = JWS.decode_complete(text, self.public, [ALGORITHM])
            if found["header"] != self.header:
                raise Unauthenticated("grant-not-ours")
            return kind.model_validate_json(found["payload"])
        except (jwt.PyJWTError, ValidationError, ValueError):
            raise Unauthenticated("grant-not-ours") from None
