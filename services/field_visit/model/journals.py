"""A phone's journal as it arrives: what follows, what comes too early, what is odd.

Pure: from what is kept of a phone and what it sends, to what is to be done with each entry.
However a phone cuts its journal into batches, and in whatever order and how often it sends
them, the same entries join in the same order.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from proto.field_visit import Irregularity
from proto.journal import GENESIS, Entry, Gap, Hashes, Journal, Unread
from services.field_visit.model.bounds import Clock


@dataclass
class Head:
    """How far a phone's journal is kept without a gap, and what is known of the phone."""

    id: UUID
    person_id: UUID
    seq: int = 0
    link: str = GENESIS
    ahead: int = 0
    on_duty: bool = False
    duty_at: datetime | None = None
    clock: Clock = field(default_factory=Clock)

    def row(self) -> dict[str, Any]:
        """Return the columns that may have changed."""
        return {
            "seq": self.seq,
            "link": self.link,
            "ahead": self.ahead,
            "on_duty": self.on_duty,
            "duty_at": self.duty_at,
            "clock": self.clock.json(),
        }


@dataclass(frozen=True)
class Item:
    """Something that stands in a journal, with a place in it.

    `row` is where it stands in the batch; `signature` stands with the last entry of one.
    """

    content: Entry | Unread
    seq: int
    prev: str
    hashes: Hashes = field(repr=False)
    row: int
    signature: str | None = None

    @property
    def link(self) -> str:
        return self.hashes.link


@dataclass(frozen=True)
class Ahead:
    """Something that waited for what lies before it. `told`: it has spoken already."""

    id: UUID
    seq: int
    prev: str
    link: str
    told: bool


@dataclass(frozen=True)
class Odd:
    """Something that does not join, and why. `row` is where it stands in the batch.

    `ahead`: what has waited for it, and waits no more.
    """

    kind: Irregularity
    seq: int | None
    link: str
    row: int | None = None
    ahead: UUID | None = None


class ToldOf(StrEnum):
    """What a phone was told when it was told the time."""

    THE_TIME = "the_time"
    ITS_DAY = "its_day"  # with the pack: also how each of its visits stands


@dataclass(frozen=True)
class Anchored:
    """An anchor that a phone notes: when it was taken here."""

    id: UUID
    at: datetime


@dataclass(frozen=True)
class Batch:
    """What a phone has signed, parted by how far its signature reaches.

    The head is signed, and it names the entry before it, and so on: where that ends, so
    does what the phone has vouched for.
    """

    signed: tuple[Item, ...]
    odd: tuple[Odd, ...]

    @classmethod
    def of(cls, journal: Journal) -> "Batch":
        signed: list[Item] = []
        odd: list[Odd] = []
        for row in range(len(journal.entries) - 1, -1, -1):
            content = journal.entries[row]
            place, hashes = content.place(), content.hashes()
            if odd or place is None or not reaches(signed, place[0], hashes.link):
                seq = place[0] if place else None
                odd.append(Odd(why(place), seq, hashes.link, row))
                continue
            value = None if signed else journal.signature.value
            signed.append(Item(content, *place, hashes, row, value))
        return cls(tuple(reversed(signed)), tuple(reversed(odd)))


def reaches(signed: Sequence[Item], seq: int, link: str) -> bool:
    """Tell whether what is signed so far names this entry as the one before it."""
    return not signed or (signed[-1].seq, signed[-1].prev) == (seq + 1, link)


def why(place: tuple[int, str] | None) -> Irregularity:
    return Irregularity.MALFORMED if place is None else Irregularity.UNSIGNED


@dataclass
class Sorted:
    """What becomes of a batch: what joins in its order, what waits, and what is odd.

    What joins may have waited before. `seq` and `link` say how far it is kept then.
    """

    seq: int
    link: str
    joins: list[Item | Ahead] = field(default_factory=list)
    waits: list[Item] = field(default_factory=list)
    odd: list[Odd] = field(default_factory=list)
    still: list[Ahead] = field(default_factory=list)

    def missing(self) -> tuple[Gap, ...]:
        """Return what lies between what is kept and what waits."""
        waiting = sorted({one.seq for one in self.waits} | {one.seq for one in self.still})
        gaps, last = [], self.seq
        for seq in waiting:
            if seq > last + 1:
                gaps.append(Gap(first=last + 1, last=seq - 1))
            last = seq
        return tuple(gaps)


def sort(
    head: Head, kept: Mapping[int, str], waiting: Iterable[Ahead], batch: Batch
) -> Sorted:
    """Sort a batch. `kept` are the links of those of its numbers that are kept."""
    found = Sorted(head.seq, head.link, odd=list(batch.odd))
    waits = {(each.seq, each.link): each for each in waiting}
    new: dict[tuple[int, str], Item] = {}
    for item in batch.signed:
        if item.seq <= head.seq:
            if kept.get(item.seq) != item.link:
                found.odd.append(Odd(Irregularity.FORK, item.seq, item.link, item.row))
        elif (item.seq, item.link) not in waits:
            new[item.seq, item.link] = item
    join(found, waits, new)
    found.waits = list(new.values())
    found.still = list(waits.values())
    return found


def join(
    found: Sorted,
    waits: dict[tuple[int, str], Ahead],
    new: dict[tuple[int, str], Item],
) -> None:
    """Let whatever follows join, and name what claims its place."""
    by_seq: dict[int, list[Item | Ahead]] = {}
    both: tuple[Item | Ahead, ...] = (*waits.values(), *new.values())
    for each in both:
        by_seq.setdefault(each.seq, []).append(each)
    while candidates := by_seq.pop(found.seq + 1, None):
        fits = next((each for each in candidates if each.prev == found.link), None)
        for each in candidates:
            forget: dict[tuple[int, str], Any] = waits if isinstance(each, Ahead) else new
            del forget[each.seq, each.link]
            if each is not fits:
                found.odd.append(odd(each, fits))
        if fits is None:
            return
        found.joins.append(fits)
        found.seq, found.link = fits.seq, fits.link


def odd(each: Item | Ahead, fits: Item | Ahead | None) -> Odd:
    """Name what does not join: it is another history, or follows none.

    What has spoken already goes on waiting, so that it goes on speaking.
    """
    kind = Irregularity.FORK if fits else Irregularity.UNLINKED
    if isinstance(each, Ahead):
        return Odd(kind, each.seq, each.link, ahead=None if each.told else each.id)
    return Odd(kind, each.seq, each.link, each.row)
