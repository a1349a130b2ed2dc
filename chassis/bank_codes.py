"""Payment codes (付款码) are read by the bank's public keys, and by nothing else.

The keys are a JWK Set (RFC 7517) in a file: as many as the bank signs by, two while it
changes them. Which algorithm a key is for, the key says and never the code (RFC 8725, 3.1):
ES256 (RFC 7518) or Ed25519 (RFC 8037). Without a file there are no keys, and no codes.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import ValidationError

from chassis.logs import log
from chassis.settings import Settings, Unusable
from chassis.signatures import b64, unb64, verifies
from proto.payment_code import KIND, BankKey, Claims
from proto.signing import PublicKey, Signature

#: In the folder of keys, where no setting names another file.
FILE = "bank-codes.json"
#: Members of a JWK that say nothing more than we take for granted.
OURS = frozenset(BankKey.model_fields)


class NoBankCode(Exception):
    """This is no payment code of the bank's for this case, good now. `kind` says why."""

    def __init__(self, kind: str, **values: str) -> None:
        super().__init__(kind)
        self.kind, self.values = kind, values


def read(
    code: str, keys: Iterable[BankKey], *, bank: str, case_id: UUID, now: datetime
) -> Claims:
    """Return what the bank has signed, for this case, not over yet. Raises NoBankCode."""
    claims = signed(code, keys)
    if claims.bank != bank:
        raise NoBankCode("payment-code-of-another-bank", bank=claims.bank)
    if claims.case_id != case_id:
        raise NoBankCode("payment-code-of-another-case", key=str(claims.case_id))
    if now >= claims.good_until:
        until = claims.good_until.isoformat(timespec="seconds")
        raise NoBankCode("payment-code-over", until=until)
    return claims


def signed(code: str, keys: Iterable[BankKey]) -> Claims:
    """Return what one of these keys has signed. Raises NoBankCode.

    The header is the key's own and nothing besides; so a code says neither how it is
    checked nor by what, and one that was signed for something else is none.
    """
    head, _, signature = code.rpartition(".")
    first, _, payload = head.partition(".")
    try:
        parts = [exactly(each) for each in (first, payload, signature)]
        header = json.loads(parts[0])
        kid = header["kid"]
    except (ValueError, TypeError, KeyError):
        raise NoBankCode("payment-code-unreadable") from None
    key = next((each for each in keys if each.kid == kid), None)
    if key is None or header != {"alg": key.alg, "kid": key.kid, "typ": KIND}:
        raise NoBankCode("payment-code-by-nobody")
    if not made_by(key, signature, head.encode()):
        raise NoBankCode("payment-code-altered")
    try:
        claims = Claims.model_validate_json(parts[1])
    except ValidationError:
        raise NoBankCode("payment-code-unreadable") from None
    if claims.exp <= claims.nbf:
        raise NoBankCode("payment-code-unreadable")
    return claims


def exactly(text: str) -> bytes:
    """Return what base64url says, written in the one way there is: a code has one digest.

    Raises ValueError.
    """
    content = unb64(text)
    if b64(content) != text:
        raise ValueError("not base64url, or not as it is written")
    return content


def made_by(key: BankKey, signature: str, content: bytes) -> bool:
    """Tell whether the holder of this key has signed this."""
    try:
        if key.y is not None:
            named = PublicKey(x=key.x, y=key.y)
            return verifies(named, Signature(value=signature), content)
        Ed25519PublicKey.from_public_bytes(unb64(key.x)).verify(unb64(signature), content)
    except (InvalidSignature, ValueError):
        return False
    return True


def keys_of(settings: Settings) -> tuple[BankKey, ...]:
    """Return the bank's keys; none while its file cannot be read, and then no code is good.

    Whoever asks goes on without codes; the log says what is wrong with the file.
    """
    try:
        return keys_in_place(settings)
    except Unusable as wrong:
        log.error("payment codes: %s", wrong)
        return ()


def keys_in_place(settings: Settings) -> tuple[BankKey, ...]:
    """Return the bank's keys as its file has them now, so that a new one needs no restart.

    Raises Unusable when the file that is named is not there, or is no set of such keys.
    """
    path = settings.bank_code_keys or settings.keys / FILE
    try:
        changed = path.stat().st_mtime_ns
        return _keys(path, changed)
    except FileNotFoundError:
        if settings.bank_code_keys is None:
            return ()
        raise Unusable(f"{path} is not there; put the bank's public keys there") from None
    except OSError as error:
        raise Unusable(f"cannot read {path}: {type(error).__name__}") from None


@lru_cache(maxsize=8)
def _keys(path: Path, changed: int) -> tuple[BankKey, ...]:
    try:
        return parsed(json.loads(path.read_text())["keys"])
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Unusable(
            f"{path} is no JWK Set of P-256 and Ed25519 public keys, each with a kid of "
            "its own and no private half; ask the bank for it"
        ) from None


def parsed(jwks: Iterable[dict[str, Any]]) -> tuple[BankKey, ...]:
    """Return keys from JWKs. Raises ValueError for one that is none of ours, two of one
    name, or a private one: that is nobody's but the bank's.
    """
    found = []
    for jwk in jwks:
        key = BankKey.model_validate({k: v for k, v in jwk.items() if k in OURS})
        if "d" in jwk or not key.fits or jwk.get("alg", key.alg) != key.alg:
            raise ValueError(key.kid)
        found.append(key)
    if len({key.kid for key in found}) < len(found):
        raise ValueError("two keys have one name")
    return tuple(found)
