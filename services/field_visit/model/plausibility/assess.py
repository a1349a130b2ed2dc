"""All signals on one track, and what they come to together: a score, and no verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import prod

from services.field_visit.model.plausibility.finding import Finding, Signal
from services.field_visit.model.plausibility.handled import (
    edited_photo,
    screen_photo,
    stripped_photo,
)
from services.field_visit.model.plausibility.motion import frozen_fix, impossible_speed
from services.field_visit.model.plausibility.pair import pair_mismatch
from services.field_visit.model.plausibility.photos import exif_contradiction, reused_photo
from services.field_visit.model.plausibility.receiver import mock_flag, zero_variance
from services.field_visit.model.plausibility.replay import replayed_track
from services.field_visit.model.plausibility.target import datum_hint, target_copied
from services.field_visit.model.plausibility.track import Material

#: How much of itself each signal may bring: one that also honest phones raise brings less.
#: Calibrated on tracks that were made up; docs/plausibility.md has the table.
WEIGHTS: dict[Signal, float] = {
    Signal.MOCK_FLAG: 0.9,
    Signal.IMPOSSIBLE_SPEED: 0.8,
    Signal.FROZEN_FIX: 0.7,
    Signal.ZERO_VARIANCE: 0.8,
    Signal.TARGET_COPIED: 0.85,
    Signal.REPLAYED_TRACK: 0.9,
    Signal.PAIR_MISMATCH: 0.8,
    Signal.EXIF_CONTRADICTION: 0.6,
    Signal.REUSED_PHOTO: 0.9,
    Signal.EDITED_PHOTO: 0.75,
    Signal.SCREEN_PHOTO: 0.7,
    Signal.STRIPPED_PHOTO: 0.5,
    Signal.DATUM_HINT: 0.0,
}
#: From here on somebody should look, and ask the person. Nothing else follows.
WORTH_A_LOOK = 0.5
#: What is less than this is not kept: everybody has a little of something.
WORTH_KEEPING = 0.1


@dataclass(frozen=True)
class Assessment:
    """What was found in one phone's positions at a visit; `combined` from 0 to 1."""

    findings: tuple[Finding, ...]
    combined: float

    @property
    def worth_a_look(self) -> bool:
        return self.combined >= WORTH_A_LOOK


def assess(material: Material) -> Assessment:
    """Ask every signal. What a phone did not say speaks neither for nor against it."""
    track, earlier = material.track, material.earlier
    before = earlier[-1] if earlier else None
    every = (
        mock_flag(track),
        impossible_speed(track, before),
        frozen_fix(track),
        zero_variance(track),
        target_copied(track, earlier),
        replayed_track(track, earlier),
        pair_mismatch(track, material.partner),
        exif_contradiction(material),
        reused_photo(material),
        edited_photo(material),
        screen_photo(material),
        stripped_photo(material),
        datum_hint(track, material.partner),
    )
    kept = sorted(
        (found for found in every if found.score >= WORTH_KEEPING),
        key=lambda found: -WEIGHTS[found.signal] * found.score,
    )
    return Assessment(tuple(kept), combined(kept))


def combined(findings: Iterable[Finding]) -> float:
    """Return what signals come to: the share of doubt that none of them leaves out.

    Each is taken for a witness who may err; two that half doubt come to more than one.
    """
    doubts = (1 - WEIGHTS[found.signal] * found.score for found in findings)
    return round(1 - prod(doubts), 4)
