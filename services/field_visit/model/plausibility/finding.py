"""One signal's word on a track: a score, the numbers it was made from, a sentence's key."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from proto.plausibility import Number, Signal

__all__ = ["Finding", "Number", "Signal", "moment", "nothing", "ramp"]


@dataclass(frozen=True)
class Finding:
    """How much a signal speaks against a track, 0 to 1, and why.

    `says` is the key of its sentence in both languages, filled with `numbers`, whose
    names end with their units.
    """

    signal: Signal
    score: float
    says: str
    numbers: Mapping[str, Number] = field(default_factory=dict)


def nothing(signal: Signal) -> Finding:
    return Finding(signal, 0.0, "nothing")


def ramp(value: float, nothing: float, all_of_it: float) -> float:
    """Return 0 up to one value, 1 from another on, and what lies between in a line."""
    share = (value - nothing) / (all_of_it - nothing)
    return min(1.0, max(0.0, share))


def moment(at: datetime) -> str:
    return at.isoformat(timespec="seconds")
