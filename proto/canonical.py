"""The one way to write a JSON value (RFC 8785), for what is signed and hashed.

The library is right and takes five times as long: 26 microseconds for a presence, of
which a check-in has two and a journal a hundred of the kind. pydantic's writer writes the
same bytes once names are in order and whole fractions are whole; what it would spell
otherwise, and what cannot be written at all, is left to the library.
`tests/test_canonical.py` holds one against the other.
"""

from typing import Any

import rfc8785
from pydantic_core import PydanticSerializationError, to_json

#: Whole numbers that a double holds exactly (RFC 8785, 3.2.2.3, and I-JSON).
EXACT = 2**53 - 1
#: Between these pydantic and ECMAScript write a fraction the same way.
SMALLEST, LARGEST = 1e-4, 1e15


class Otherwise(Exception):
    """pydantic would not write this value as RFC 8785 does."""


def canonical(value: Any) -> bytes:
    """Return the canonical form. Raises rfc8785's errors for what has none."""
    try:
        return to_json(in_order(value))
    except (Otherwise, TypeError, PydanticSerializationError):
        return rfc8785.dumps(value)


def in_order(value: Any) -> Any:
    """Return a value that pydantic writes canonically.

    Raises Otherwise, or TypeError for names that are no texts.
    """
    kind = type(value)
    if kind is str or value is None or kind is bool:
        return value
    if kind is dict:
        names = sorted(value)
        if not "".join(names).isascii():  # they may sort otherwise in UTF-16
            raise Otherwise
        return {name: in_order(value[name]) for name in names}
    if kind is list or kind is tuple:
        return [in_order(each) for each in value]
    if kind is float:
        return number(value)
    if kind is int and -EXACT <= value <= EXACT:
        return value
    raise Otherwise


def number(value: float) -> int | float:
    """Return a fraction that is whole as a whole number: positions are full of 5.0 m."""
    if SMALLEST <= abs(value) < LARGEST or value == 0:
        return int(value) if value.is_integer() else value
    raise Otherwise
