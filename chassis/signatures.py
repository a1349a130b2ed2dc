"""Check, and for phones of our own make, ES256 signatures (RFC 7518, 3.4)."""

import base64
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from proto.signing import PublicKey, Signature


def verifies(key: PublicKey, signature: Signature, content: bytes) -> bool:
    """Say whether the holder of `key` signed `content`. A key off the curve did not."""
    raw = unb64(signature.value)
    der = encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    try:
        point(key).verify(der, content, ec.ECDSA(SHA256()))
    except (InvalidSignature, ValueError):
        return False
    return True


def sign(private: ec.EllipticCurvePrivateKey, content: bytes) -> Signature:
    """Sign as a phone does."""
    r, s = decode_dss_signature(private.sign(content, ec.ECDSA(SHA256())))
    return Signature(value=b64(r.to_bytes(32, "big") + s.to_bytes(32, "big")))


def public_key(private: ec.EllipticCurvePrivateKey) -> PublicKey:
    """Return the public half as a JWK."""
    numbers = private.public_key().public_numbers()
    return PublicKey(
        x=b64(numbers.x.to_bytes(32, "big")), y=b64(numbers.y.to_bytes(32, "big"))
    )


@lru_cache(maxsize=10_000)
def point(key: PublicKey) -> ec.EllipticCurvePublicKey:
    """Return the key to verify with. Raises ValueError when it is not on the curve."""
    x, y = int.from_bytes(unb64(key.x), "big"), int.from_bytes(unb64(key.y), "big")
    return ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()


def b64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
