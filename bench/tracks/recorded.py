"""Tracks that people really recorded, as honest ones: files of GeoLife (PLT), a folder
for each person. None is kept here; they say neither accuracy nor satellites.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from services.field_visit.model.plausibility import Fix, Material, Track

#: Lines before the first fix, and what stands for an altitude that is not known.
HEAD, UNKNOWN_FT, FOOT_M = 6, "-777", 0.3048
#: A visit is cut out of a track this long, and a phone notes a fix so often.
VISIT, EVERY = timedelta(minutes=40), timedelta(seconds=10)
#: Fixes of a visit, at the least, and tracks of a person that one is compared with.
LEAST, EARLIER = 12, 12


def recorded(folder: Path) -> Iterator[Material]:
    """Yield every visit that can be cut out of the files below a folder."""
    people: dict[str, dict[str, Path]] = {}
    for path in sorted(folder.rglob("*.plt")):
        people.setdefault(path.parent.parent.name, {})[path.name] = path
    for files in people.values():
        before: tuple[Track, ...] = ()
        for name in sorted(files):
            for track in visits(list(fixes(files[name]))):
                yield Material(track, None, before[-EARLIER:])
                before = (*before, track)


def fixes(path: Path) -> Iterator[Fix]:
    """Yield a file's fixes. Its receivers said no accuracy; some ten metres are usual."""
    lines = path.read_text("ascii").splitlines()[HEAD:]
    for number, line in enumerate(lines):
        latitude, longitude, _, feet, _, day, clock = line.split(",")
        at = datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC)
        fix = Fix(at, (float(latitude), float(longitude)), 9.0 + number % 7 / 2)
        known = feet != UNKNOWN_FT
        yield replace(fix, altitude_m=float(feet) * FOOT_M) if known else fix


def visits(track: list[Fix]) -> Iterator[Track]:
    """Cut a track into visits, each thinned to what a phone would note."""
    kept: list[Fix] = []
    for fix in track:
        if kept and fix.at - kept[0].at > VISIT:
            if len(kept) >= LEAST:
                yield Track(tuple(kept))
            kept = []
        if not kept or fix.at - kept[-1].at >= EVERY:
            kept.append(fix)
    if len(kept) >= LEAST:
        yield Track(tuple(kept))
