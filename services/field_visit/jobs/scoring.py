"""What a worker does with a visit's positions: it opens them and scores them.

Positions stay sealed everywhere else; what leaves here are scores and their numbers.
"""

from collections.abc import Callable, Sequence
from uuid import UUID

from sqlalchemy import Connection, Engine

from chassis import clock
from chassis.jobs import Job
from proto.plausibility import Found, NoteScores, Scored
from services.field_visit import store
from services.field_visit.jobs.comparing import photos_of
from services.field_visit.jobs.tracks import Opener, Planned, Seen, seen
from services.field_visit.model import Visit
from services.field_visit.model.plausibility import (
    Material,
    Track,
    assess,
)

#: Earlier visits of a person that a visit is compared with.
EARLIER = 20


def score(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteScores | None:
    """Score what each of a pair said of where they were. None when all of it is gone."""
    with engine.begin() as connection:
        return scored(UUID(job.task["visit_id"]), connection)


def scored(visit_id: UUID, connection: Connection) -> NoteScores | None:
    visit = store.any_visit(connection, visit_id)
    if visit is None:
        return None
    looked_at, opener = clock.now(), Opener(connection)
    both = of_the_pair(visit, opener)
    scores = tuple(
        one(each, partner_of(each, both), visit, opener)
        for each in both
        if each.track.fixes or each.refused
    )
    if not scores:
        return None
    return NoteScores(visit_id=visit.id, looked_at=looked_at, scored=scores)


def of_the_pair(visit: Visit, opener: Opener) -> list[Seen]:
    """Return what both phones said, at the door and on the way."""
    rows = {row.collector_id: row for row in store.presences(opener.connection, visit.id)}
    planned = Planned.of(visit)
    return [seen(planned, each, rows.get(each), opener) for each in visit.collectors]


def partner_of(mine: Seen, both: Sequence[Seen]) -> Track | None:
    """Return what the other phone said while both were there: they come and go apart."""
    other = next((each for each in both if each is not mine), None)
    if other is None:
        return None
    came = [each.came_at for each in both if each.came_at]
    left = [each.left_at for each in both if each.left_at]
    theirs = other.between(max(came), min(left)) if came and left else other.track
    return theirs if theirs.fixes else None


def one(mine: Seen, partner: Track | None, visit: Visit, opener: "Opener") -> Scored:
    photos, others = photos_of(mine.collector_id, visit, opener)
    material = Material(mine.track, partner, earlier(mine, opener), photos, others)
    assessed = assess(material)
    found = [
        Found(
            signal=each.signal,
            score=round(each.score, 3),
            says=each.says,
            numbers=dict(each.numbers),
        )
        for each in assessed.findings
    ]
    return Scored(
        collector_id=mine.collector_id,
        combined=assessed.combined,
        fixes=len(mine.track.fixes),
        refused=mine.refused,
        found=tuple(found),
    )


def earlier(mine: Seen, opener: Opener) -> tuple[Track, ...]:
    """Return the tracks of a collector's visits before this one, oldest first."""
    if not mine.track.fixes:
        return ()
    began = mine.came_at or mine.track.fixes[0].at
    rows = store.earlier(opener.connection, mine.collector_id, began, EARLIER)
    found = [
        seen(Planned.beside(row), mine.collector_id, row, opener, mine.entries)
        for row in rows
    ]
    tracks = [each.track for each in found if each.track.fixes]
    return tuple(sorted(tracks, key=lambda track: track.fixes[0].at))
