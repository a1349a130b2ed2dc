"""Film is for the shared side of the door: which film was made inside all the same.

Kept like any other, and marked: a suspicion, as two clocks are at work.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from proto.facts import Entered, FilmAgreed, Left, Relation
from proto.media import MediaKind
from services.field_visit.model import stretches
from services.field_visit.model.recorders import File, Mark, lies, noted_at, runs_of
from services.field_visit.model.stretches import Stretch


class Inside(NamedTuple):
    """A film that was made inside, and which part of it."""

    media_id: UUID
    when: Stretch


def filmed_inside(
    marks: Sequence[Mark], files: Iterable[File], ended_at: datetime, tolerance: timedelta
) -> tuple[Inside, ...]:
    """Return which films were made inside while the debtor had not agreed to any.

    A film of which its journal says nothing lies where it says itself: doubt counts
    against it.
    """
    runs, noted = runs_of(marks), noted_at(marks)
    barred = stretches.common(times_inside(marks, ended_at), not_agreed(marks, ended_at))
    found = []
    for film in (each for each in files if each.kind is MediaKind.VIDEO):
        when = lies(film, runs.get(film.device_id, ()), noted.get(film.id), tolerance)
        when = when or Stretch(film.captured_at, film.captured_at + film.lasts)
        both = stretches.common([when], barred) or at_one_moment(when, barred)
        if both and (sum_of(both) > tolerance or not film.lasts):
            found.append(Inside(film.id, Stretch(both[0].begins, both[-1].ends)))
    return tuple(sorted(found))


def sum_of(parts: Iterable[Stretch]) -> timedelta:
    return sum((each.lasts for each in parts), timedelta(0))


def at_one_moment(when: Stretch, barred: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """Return a film of no known length where it began inside: nobody can read it."""
    if when.lasts:
        return ()
    return tuple(when for each in barred if each.begins <= when.begins < each.ends)


def times_inside(marks: Iterable[Mark], ended_at: datetime) -> list[Stretch]:
    """Return when the pair was inside, by their dates; until the end where nobody left."""
    since, found = None, []
    moves = [mark for mark in marks if isinstance(mark.fact, Entered | Left)]
    for mark in sorted(moves, key=lambda each: each.at):
        if isinstance(mark.fact, Entered):
            since = since or mark.at
        elif since:
            found.append(Stretch(since, mark.at))
            since = None
    return [*found, Stretch(since, max(since, ended_at))] if since else found


def not_agreed(marks: Sequence[Mark], ended_at: datetime) -> list[Stretch]:
    """Return when the debtor had not agreed to be filmed inside; each no ends a yes."""
    words = [
        mark
        for mark in marks
        if isinstance(mark.fact, FilmAgreed)
        and (mark.fact.answer == "refused" or is_theirs(mark.fact, mark.counts))
    ]
    begins = min((mark.at for mark in marks), default=ended_at)
    since: datetime | None = begins
    found = []
    for mark in sorted(words, key=lambda each: each.at):
        if isinstance(mark.fact, FilmAgreed) and mark.fact.answer == "refused":
            since = since or mark.at
        elif since:
            found.append(Stretch(since, mark.at))
            since = None
    return [*found, Stretch(since, max(since, ended_at))] if since else found


def is_theirs(fact: FilmAgreed, counts: bool) -> bool:
    """Tell whether it is the debtor's own word, on a phone that may speak for the pair."""
    return counts and fact.by is Relation.DEBTOR
