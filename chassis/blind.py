"""Blind indexes: values that can be looked up by being equal, and not read.

HMAC-SHA-256 (RFC 2104) under a key of its own for each bank and column, derived from the
index key as in HKDF-Expand (RFC 5869, 2.3, of one block): a name does not match as a
number, nor a column of one bank that of another. Equal values do look equal.
"""

import hashlib
import hmac
import unicodedata


def blind(index_key: bytes, bank: str, column: str, text: str) -> str:
    """Return what a text is looked up by in a column, such as `case.id_number`."""
    key = derived(index_key, "blind", bank, column)
    return hmac.new(key, matched(text).encode(), hashlib.sha256).hexdigest()


def fingerprint(index_key: bytes, text: str) -> str:
    """Return what tells one text from another, to the byte, without telling the text."""
    key = derived(index_key, "fingerprint")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()


def matched(text: str) -> str:
    """Return the form texts are compared in: as a person would call them the same.

    Compatibility forms, case and spaces do not count (NFKC, UAX 15): `１２ｘ` is `12 X`.
    """
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(unicodedata.normalize("NFKC", folded).split())


def derived(index_key: bytes, *purpose: str) -> bytes:
    """Return the key of one purpose. No part may hold a NUL, which parts them."""
    said = "\0".join(("doorstep", *purpose)).encode()
    return hmac.digest(index_key, said + b"\x01", "sha256")
