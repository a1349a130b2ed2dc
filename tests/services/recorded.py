"""Talks, recorders and files for tests of what is recorded: minutes after noon."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from proto import ids
from proto.facts import Fact, Knocked, MediaNoted, PersonMet, Recording
from proto.media import Inspection, MediaKind
from services.field_visit.model.coverage import Coverage, Terms, cover
from services.field_visit.model.recorders import File, Mark
from services.field_visit.model.stretches import Stretch
from tests.services.conftest import NOON

A, B = ids.named("device", "a"), ids.named("device", "b")
TERMS = Terms(percent=95, gap_s=10, tolerance_s=3)
ON = Recording(announced=True, running=True)
MET = PersonMet(relation="debtor")


def at(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def off(reason: str | None = "finished") -> Recording:
    return Recording(announced=True, running=False, reason=reason)


def mark(minutes: float, fact: Fact, device_id: UUID = A, ahead_min: float = 0) -> Mark:
    said_at = at(minutes + ahead_min)
    return Mark(fact, at(minutes), said_at, device_id)


def file(
    begins: float, ends: float, device_id: UUID = A, fault: str | None = None, **but: Any
) -> File:
    """A file that says it was recorded from this minute to that one."""
    seconds = (ends - begins) * 60
    values: dict[str, Any] = {
        "id": ids.new(),
        "device_id": device_id,
        "kind": MediaKind.AUDIO,
        "captured_at": at(begins),
        "received_at": at(ends + 30),
        "counts": True,
        "found": Inspection(seconds=seconds, silent=0.1, fault=fault),
    }
    return File(**values | but)


def noted(minutes: float, what: File) -> Mark:
    fact = MediaNoted(media_id=what.id, media=what.kind, sha256="a" * 64)
    return mark(minutes, fact, what.device_id)


#: Ten minutes of talk, from the knock to the end, recorded on both phones.
TALK = (
    *(mark(0, Knocked(times=1)), mark(0, ON), mark(0, ON, B), mark(0.5, MET)),
    *(mark(10, off()), mark(10, off(), B)),
)


def covered(*files: File, marks: tuple[Mark, ...] = TALK, ends: float = 12) -> Coverage:
    return cover(marks, files, at(ends), TERMS)


def between(begins: float, ends: float) -> Stretch:
    return Stretch(at(begins), at(ends))
