"""Facts as they are kept beside a decision, and back, so that it can be judged again.

What is written has one form: sets in order, money as text, moments with their offset.
A length or an age that is no number says no more than one that is missing.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from proto.decision import Act
from rulebook.facts import DoorFacts, Facts, MoneyFacts
from rulebook.rule import AUTHORISE

_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")
)


def facts_json(facts: Facts) -> bytes:
    """Return facts in one form of JSON: the same facts, the same bytes."""
    return _ENCODER.encode(_plain(facts)).encode()


def facts_from_json(act: Act, data: str | bytes | Mapping[str, Any]) -> Facts:
    """Return the facts an act was asked with, from JSON or what JSON was read into.

    Raises ValueError if they are not the facts of that act, whole and nothing else: those
    of an older kind cannot be judged by this code.
    """
    read = json.loads(data) if isinstance(data, str | bytes) else data
    kind = MoneyFacts if act in AUTHORISE else DoorFacts
    wanted = {field.name for field in fields(kind)}
    if missing := sorted(wanted.symmetric_difference(read)):
        raise ValueError(
            f"these are not the facts of {act.value}, they differ in {', '.join(missing)}"
        )
    return _shape(kind).validate_python(read)


@cache
def _shape(kind: type[Facts]) -> TypeAdapter[Facts]:
    return TypeAdapter(kind)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if is_dataclass(value):
        return {one.name: _plain(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, tuple):
        return [_plain(each) for each in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    return None if isinstance(value, float) and not math.isfinite(value) else value
