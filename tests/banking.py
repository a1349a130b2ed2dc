"""A bank that signs payment codes, for every test of what may be shown at a door."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chassis import signatures
from chassis.bank_codes import FILE
from proto.payment_code import KIND

PAYLOAD = "https://pay.example/c/7Q2K"


@dataclass
class Signer:
    """One key of a bank's, by its name: P-256, or Ed25519."""

    kid: str
    private: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )

    @property
    def alg(self) -> str:
        return "EdDSA" if isinstance(self.private, ed25519.Ed25519PrivateKey) else "ES256"

    def jwk(self) -> dict[str, Any]:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return signatures.public_key(self.private).model_dump() | {"kid": self.kid}
        raw = self.private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        x = signatures.b64(raw)
        return {"kty": "OKP", "crv": "Ed25519", "x": x, "kid": self.kid}

    def sign(self, content: bytes) -> str:
        if isinstance(self.private, ec.EllipticCurvePrivateKey):
            return signatures.sign(self.private, content).value
        return signatures.b64(self.private.sign(content))

    def code(
        self,
        case_id: UUID | str,
        not_before: datetime,
        good_until: datetime,
        *,
        header: dict[str, Any] | None = None,
        **but: Any,
    ) -> str:
        """A payment code of the demo bank's; `but` is what is otherwise in its claims."""
        claims = {
            "bank": "demo",
            "case_id": str(case_id),
            "payload": PAYLOAD,
            "nbf": int(not_before.timestamp()),
            "exp": int(good_until.timestamp()),
        } | but
        named = {"alg": self.alg, "kid": self.kid, "typ": KIND} | (header or {})
        head = ".".join(
            signatures.b64(json.dumps(part).encode()) for part in (named, claims)
        )
        return f"{head}.{self.sign(head.encode())}"


def edwards(kid: str) -> Signer:
    return Signer(kid, ed25519.Ed25519PrivateKey.generate())


def publish(folder: Path, *signers: Signer) -> None:
    """Put the bank's public keys where services and gateways look for them."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = folder / f".{FILE}"
    draft.write_text(json.dumps({"keys": [each.jwk() for each in signers]}))
    draft.replace(folder / FILE)
