"""How plausible the positions of a phone are: scores from many signals, never a verdict.

Frozen facts in, scores with their numbers out; no clock, no table, no network. Nothing
here knows what follows from a score, and nothing does by itself.
"""

from services.field_visit.model.plausibility.assess import (
    WORTH_A_LOOK,
    Assessment,
    assess,
    combined,
)
from services.field_visit.model.plausibility.finding import Finding, Signal
from services.field_visit.model.plausibility.photos import ALIKE_BITS, SOMETHING
from services.field_visit.model.plausibility.track import (
    Fix,
    Habit,
    Material,
    OtherPhoto,
    Photo,
    Provider,
    Shift,
    Track,
    within_shifts,
)

__all__ = [
    "WORTH_A_LOOK",
    "Assessment",
    "Finding",
    "Fix",
    "Material",
    "OtherPhoto",
    "Photo",
    "Provider",
    "Shift",
    "Signal",
    "Track",
    "assess",
    "combined",
    "within_shifts",
    "ALIKE_BITS",
    "SOMETHING",
    "Habit",
]
