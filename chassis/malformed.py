"""What is wrong with a message, said without repeating it."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from proto.base import Detail, Problem

#: What pydantic may tell of an error beside its type, `role` and `name` being our own.
LIMITS = (
    *("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern"),
    *("expected", "expected_tags", "max_digits", "decimal_places", "whole_digits"),
    *("role", "name"),
)
#: Fields that are named before the rest is only counted; characters of a name.
MOST_DETAILS, LONGEST_PART = 5_000, 64


def malformed(error: ValidationError) -> Problem:
    """Name each field that is wrong by its pointer, and never repeat what was sent.

    Each detail says pydantic's error type and the limits it speaks of; the sentence is
    the gateway's.
    """
    wrong = error.errors(include_input=False, include_url=False)
    details = tuple(
        Detail(
            pointer="".join(f"/{escaped(part)}" for part in each["loc"]),
            kind="field",
            values={"type": each["type"]} | limits(each.get("ctx", {})),
        )
        for each in wrong[:MOST_DETAILS]
    )
    if (left := len(wrong) - MOST_DETAILS) > 0:
        details += (Detail(pointer="", kind="more-fields", values={"count": left}),)
    return Problem(kind="malformed", status=422, details=details)


def escaped(part: int | str) -> str:
    """Write one part of a pointer (RFC 6901, 3); a name from outside is kept short."""
    return str(part)[:LONGEST_PART].replace("~", "~0").replace("/", "~1")


def limits(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a rule asks for; other context (`error`, `tag`) repeats the input."""
    found = {name: context[name] for name in LIMITS if name in context}
    return {
        name: value if isinstance(value, (int, str)) else str(value)
        for name, value in found.items()
    }
