"""Phones' journals in a bundle: the bodies of the records `phone`, `entry` and `link`."""

import hashlib
from typing import Any

#: What the first entry of a phone names as the one before it.
GENESIS = "0" * 64


def sha256(text: str) -> str:
    """Return what phones hash by in both suites, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def link_of(prev: str, seq: int, body: str) -> str:
    """Return the link of an entry with a salt; `body` is the SHA-256 of its body text."""
    return sha256(f'{{"prev":"{prev}","seq":{seq:d},"sha256":"{body}"}}')


def phone(device: str, key: dict[str, str], **more: Any) -> dict[str, Any]:
    """Return the body of a `phone`: its id, its public key (JWK: kty, crv, x, y)."""
    return more | {"device": device, "key": key}


def entry(
    device: str,
    seq: int,
    prev: str,
    text: str | None,
    link: str,
    signature: str | None = None,
    plain: bool = False,
    **more: Any,
) -> dict[str, Any]:
    """Return the body of an `entry`.

    `text` is the entry's body as it was hashed (with `plain`: the whole entry of before
    there were salts). It is None where the record hides it, as `{"text": {"sha256": ..}}`:
    the SHA-256 of that text, which is the `link` of a plain one.
    What the phone hid of a fact the record names as `{"personal": {"sha256": <the fact's
    hidden>}}`. `signature` is the phone's over `link`, where a batch ended. `more` is
    `received_at`, `counts`, `verdict`, `clauses`.
    """
    return (
        more
        | _place(device, seq, prev, link, signature, plain)
        | ({} if text is None else {"text": text})
    )


def link(
    device: str,
    seq: int,
    prev: str,
    sha256: str | None,
    link: str,
    signature: str | None = None,
    plain: bool = False,
) -> dict[str, Any]:
    """Return the body of a `link`; `sha256` is that of the entry's body text.

    Of an entry of before there were salts (`plain`), and of what could not be read,
    nothing can be shown without showing all: then `sha256` is None, and signatures
    behind it do not reach over it.
    """
    return _place(device, seq, prev, link, signature, plain) | (
        {} if sha256 is None else {"sha256": sha256}
    )


def _place(
    device: str, seq: int, prev: str, link: str, signature: str | None, plain: bool
) -> dict[str, Any]:
    said: dict[str, Any] = {"device": device, "seq": seq, "prev": prev, "link": link}
    if signature is not None:
        said["signature"] = signature
    if plain:
        said["plain"] = True
    return said
