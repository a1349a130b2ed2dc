"""The one way to write a JSON value (RFC 8785), for what is signed and hashed.

The library is right and takes sixty microseconds for a presence, of which a check-in
has two; the standard library's encoder is ten times faster and writes the same bytes,
but for numbers that Python spells otherwise. Those, and what cannot be written at all,
are left to the library. `tests/test_canonical.py` holds one against the other.
"""

import json
from collections.abc import Iterable
from typing import Any

import rfc8785

#: Whole numbers that a double holds exactly (RFC 8785, 3.2.2.3, and I-JSON).
EXACT = 2**53 - 1
#: Between these Python and ECMAScript write a fraction the same way.
SMALLEST, LARGEST = 1e-4, 1e15

encoder = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def of_json(value: dict[str, Any]) -> bytes:
    """Return the canonical form of an object that was read from JSON, or is to be.

    Its names are texts, so that one look at its numbers tells whether Python writes it
    right. A whole number among its fractions becomes one, in the object itself: they are
    equal.
    """
    plainly = make_whole(value, value.items())
    text = encoder.encode(value) if plainly else ""
    return text.encode() if plainly and text.isascii() else canonical(value)


def make_whole(value: Any, items: Iterable[tuple[Any, Any]]) -> bool:
    """Let whole fractions be whole numbers: positions are full of 5.0 m (3.2.2.3).

    `items` are the members of an object or of a list, each under its name or number. False
    when Python spells another number in it otherwise than ECMAScript.
    """
    plainly = True
    for name, each in items:
        kind = type(each)
        if kind is float:
            if each.is_integer() and abs(each) < LARGEST:
                value[name] = int(each)
            elif not SMALLEST <= abs(each) < LARGEST:
                plainly = False
        elif kind is int:
            plainly = plainly and -EXACT <= each <= EXACT
        elif kind is dict:
            plainly = make_whole(each, each.items()) and plainly
        elif kind is list:
            plainly = make_whole(each, enumerate(each)) and plainly
    return plainly


class Otherwise(Exception):
    """Python would not write this value as RFC 8785 does."""


def canonical(value: Any) -> bytes:
    """Return the canonical form. Raises rfc8785's errors for what has none."""
    try:
        return encoder.encode(plain(value)).encode()
    except (Otherwise, UnicodeEncodeError):
        return rfc8785.dumps(value)


def plain(value: Any) -> Any:
    """Return a value that Python writes canonically. Raises Otherwise."""
    kind = type(value)
    if kind is str or kind is bool or value is None:
        return value
    if kind is dict:
        return {name(key): plain(each) for key, each in value.items()}
    if kind is list or kind is tuple:
        return [plain(each) for each in value]
    if kind is float:
        return number(value)
    if kind is int and -EXACT <= value <= EXACT:
        return value
    raise Otherwise


def name(key: Any) -> str:
    """Return a member's name; others than ASCII may sort otherwise in UTF-16."""
    if type(key) is str and key.isascii():
        return key
    raise Otherwise


def number(value: float) -> int | float:
    if SMALLEST <= abs(value) < LARGEST or value == 0:
        return int(value) if value.is_integer() else value
    raise Otherwise
