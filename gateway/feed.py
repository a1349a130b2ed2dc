"""The events of each visit, for whoever follows it: one ring in memory, many readers.

The broker's stream is read once per process (`gateway.stream`), however many follow.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from uuid import UUID

#: Events kept, and events a reader may be behind before it is dropped.
RING, BEHIND = 20_000, 1_000
KEEP_ALIVE_S = 15.0


@dataclass(frozen=True)
class Told:
    """One event of a visit. `offset` is its place in the stream, `data` its JSON."""

    offset: int
    event_id: UUID
    topic: str
    visit_id: UUID
    data: str


class Ended(Exception):
    """There is nothing more to read."""


@dataclass(eq=False)
class Reader:
    """Somebody who follows a visit; `None` in the line ends it."""

    line: asyncio.Queue[Told | None] = field(
        default_factory=lambda: asyncio.Queue(BEHIND + 1)
    )
    ended: bool = False

    def tell(self, told: Told) -> None:
        """Queue an event; a reader too far behind is ended and may come again."""
        if self.line.qsize() >= BEHIND:
            self.end()
        elif not self.ended:
            self.line.put_nowait(told)

    def end(self) -> None:
        if not self.ended:
            self.ended = True
            self.line.put_nowait(None)

    async def next(self, seconds: float) -> Told | None:
        """Return the next event, or None when there was none for so long. Raises Ended."""
        try:
            async with asyncio.timeout(seconds):
                told = await self.line.get()
        except TimeoutError:
            return None
        if told is None:
            raise Ended
        return told


class Feed:
    """What has happened at each visit lately, and who wants to know what comes."""

    def __init__(self, ring: int = RING) -> None:
        self.size = ring
        self.ring: deque[Told] = deque()
        self.of_visit: dict[UUID, deque[Told]] = {}
        self.ids: dict[UUID, int] = {}
        self.readers: dict[UUID, set[Reader]] = {}
        self.last = -1
        self.caught_up = False
        self.over = False

    def take(self, told: Told) -> None:
        """Take an event from the stream; one that was taken before changes nothing."""
        if told.event_id in self.ids:
            return
        if told.offset <= self.last:
            if not self.of_another_stream(told):
                return  # from before the ring, delivered again
            self.begin_anew()
        self.last = told.offset
        self.ring.append(told)
        self.ids[told.event_id] = told.offset
        self.of_visit.setdefault(told.visit_id, deque()).append(told)
        if len(self.ring) > self.size:
            self.forget_oldest()
        for reader in self.readers.get(told.visit_id, ()):
            reader.tell(told)

    def of_another_stream(self, told: Told) -> bool:
        """Say whether the stream was made anew: its offsets begin again.

        Then an offset we hold is another event's, or an event is newer than all we hold
        (its id is a UUIDv7) and yet has a smaller offset.
        """
        held = self.ring[0].offset <= told.offset
        return held or told.event_id > self.ring[-1].event_id

    def begin_anew(self) -> None:
        self.ring.clear()
        self.of_visit.clear()
        self.ids.clear()
        self.end_readers()

    def forget_oldest(self) -> None:
        oldest = self.ring.popleft()
        del self.ids[oldest.event_id]
        events = self.of_visit[oldest.visit_id]
        events.popleft()
        if not events:
            del self.of_visit[oldest.visit_id]

    def end(self) -> None:
        """End every reader and take no more: the process is about to end."""
        self.over = True
        self.end_readers()

    def end_readers(self) -> None:
        for readers in self.readers.values():
            for reader in readers:
                reader.end()

    async def follow(
        self, visit_id: UUID, after: int | None, seconds: float
    ) -> AsyncIterator[Told | None]:
        """Yield the past events of a visit, then each as it comes, for `seconds`.

        Only those with an offset beyond `after`. None says that all is quiet, each 15 s.
        """
        if self.over:
            return
        reader = Reader()
        self.readers.setdefault(visit_id, set()).add(reader)
        beyond = self.known(after)
        past = [each for each in self.of_visit.get(visit_id, ()) if each.offset > beyond]
        try:
            for told in past:
                yield told
            end = time.monotonic() + seconds
            while (left := end - time.monotonic()) > 0:
                next_one = await reader.next(min(KEEP_ALIVE_S, left))
                if next_one is None or next_one.offset > beyond:
                    yield next_one
        except Ended:
            return
        finally:
            self.leave(visit_id, reader)

    def known(self, after: int | None) -> int:
        """Return where to go on; an id that this stream never had says nothing."""
        if after is None or (self.caught_up and after > self.last):
            return -1
        return after

    def leave(self, visit_id: UUID, reader: Reader) -> None:
        readers = self.readers[visit_id]
        readers.discard(reader)
        if not readers:
            del self.readers[visit_id]
