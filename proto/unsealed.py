"""A message as it may be shown to somebody who may not open its sealed fields."""

from typing import Any

from proto.base import Sealed

SEALED = frozenset(Sealed.model_fields)


def unsealed(value: Any) -> Any:
    """Return a value without its sealed fields, however deep they lie."""
    if isinstance(value, dict):
        return {k: unsealed(v) for k, v in value.items() if not is_sealed(v)}
    if isinstance(value, list):
        return [unsealed(each) for each in value if not is_sealed(each)]
    return value


def is_sealed(value: Any) -> bool:
    return isinstance(value, dict) and value.keys() >= SEALED
