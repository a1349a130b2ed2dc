"""Canonical JSON (RFC 8785), written and read with the standard library.

Python writes the same bytes for texts, whole numbers and the fractions of daily life; what
it would write otherwise has no place in a bundle, and is refused on both sides.
"""

import json
from typing import Any

from evidence.errors import CannotWrite, DoesNotFit

#: Whole numbers that a double holds exactly (RFC 8785, 3.2.2.3).
EXACT = 2**53 - 1
#: Between these Python and ECMAScript write a fraction the same way.
SMALLEST, LARGEST = 1e-4, 1e15

encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def canonical(value: Any) -> str:
    """Return the canonical form. Raises CannotWrite for what has none, or another here."""
    try:
        text = encoder.encode(plain(value))
        text.encode()
    except (UnicodeEncodeError, RecursionError):
        raise CannotWrite("not_canonical", value=repr(value)[:80]) from None
    return text


def plain(value: Any) -> Any:
    """Return a value that Python writes canonically; 5.0 becomes 5 (3.2.2.3)."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {_name(key): plain(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [plain(each) for each in value]
    if kind is float and (SMALLEST <= abs(value) < LARGEST or value == 0):
        return int(value) if value.is_integer() else value
    if kind is int and -EXACT <= value <= EXACT:
        return value
    raise CannotWrite("not_canonical", value=repr(value)[:80])


def _name(key: Any) -> str:
    """Return a member's name; others than ASCII may sort otherwise in UTF-16."""
    if type(key) is str and key.isascii():
        return key
    raise CannotWrite("not_canonical", value=repr(key)[:80])


def read(text: bytes, at: str) -> dict[str, Any]:
    """Return the object that these bytes are the canonical form of. Raises DoesNotFit."""
    try:
        value = json.loads(text.decode())
        same = type(value) is dict and canonical(value).encode() == text
    except (ValueError, RecursionError, CannotWrite):
        same = False
    if not same:
        raise DoesNotFit("not_canonical", at, value=repr(text)[:80])
    found: dict[str, Any] = value
    return found


def member(of: dict[str, Any], name: str, kind: type, at: str) -> Any:
    """Return a member that must be there and of this kind. Raises DoesNotFit."""
    value = of.get(name)
    if type(value) is not kind:
        raise DoesNotFit("bad_member", at, name=name, value=repr(value)[:80])
    return value
