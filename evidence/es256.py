"""Tries the signatures of phones: ES256 (RFC 7518, 3.4) by a public key in a JWK."""

import base64
from functools import lru_cache
from typing import Any

from evidence import openssl
from evidence.suites import unb64

#: What the DER of a P-256 public key begins with, up to its two coordinates (RFC 5480).
P256 = bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d03010703420004")


def pem_of(jwk: dict[str, Any]) -> str | None:
    """Return the key as PEM, or None for what is no public key on P-256."""
    if jwk.get("kty") != "EC" or jwk.get("crv") != "P-256":
        return None
    halves = [unb64(jwk[n]) if type(jwk.get(n)) is str else None for n in ("x", "y")]
    if not all(half is not None and len(half) == 32 for half in halves):
        return None
    text = base64.b64encode(P256 + b"".join(half or b"" for half in halves)).decode()
    lines = (text[n : n + 64] for n in range(0, len(text), 64))
    return "\n".join(("-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----\n"))


def der_of(raw: bytes) -> bytes:
    """Return r || s as openssl reads it: SEQUENCE { INTEGER r, INTEGER s }."""
    halves = (int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    numbers = [n.to_bytes(n.bit_length() // 8 + 1, "big") for n in halves]
    inside = b"".join(b"\x02" + bytes([len(each)]) + each for each in numbers)
    return b"\x30" + bytes([len(inside)]) + inside


@lru_cache(maxsize=10_000)
def verifies(pem: str, content: bytes, signature: str) -> bool:
    """Say whether the holder of the key signed this; `signature` is r || s, base64url."""
    raw = unb64(signature)
    if raw is None or len(raw) != 64:
        return False
    parts = {"key": pem.encode(), "content": content, "signature": der_of(raw)}
    with openssl.files(**parts) as paths:
        words = ("pkeyutl", "-verify", "-pubin", "-inkey", paths["key"], "-rawin")
        files = ("-in", paths["content"], "-sigfile", paths["signature"])
        return openssl.run(*words, "-digest", "sha256", *files).returncode == 0
