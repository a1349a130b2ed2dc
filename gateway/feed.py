"""What has happened lately, for whoever reads along: one ring in memory, many readers.

The broker's stream is read once per process (`gateway.stream`), however many follow.
Each event is written once, and what happens within a beat goes to each reader as one
piece: two hundred readers of two hundred events a second are four thousand writes a
second and not forty thousand.
"""

import asyncio
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from chassis import clock, metrics
from chassis.errors import Unavailable
from chassis.streams import START, Position
from gateway.errors import TooMany
from gateway.readers import Line, Reader
from gateway.telling import Told, Wish, alive, place

#: Messages of the stream that are kept.
RING = 20_000
#: Seconds between two pieces; of silence after which that is said; in which what somebody
#: else has read already should come to us too.
BEAT_S, KEEP_ALIVE_S, AHEAD_S = 0.05, 15.0, 5.0
#: Events that wait for no beat.
MANY = 200
#: Streams that one account may read at a time.
PER_ACCOUNT = 10


class Feed:
    """The newest messages of the stream, and who wants to know what comes."""

    def __init__(self, ring: int = RING) -> None:
        self.size = ring
        self.ring: deque[Told] = deque()
        self.of_visit: dict[UUID, deque[Told]] = {}
        self.ids: set[UUID] = set()
        self.lines: dict[Wish, Line] = {}
        self.stirred: set[Line] = set()
        self.accounts: Counter[UUID] = Counter()
        self.newest_at: datetime | None = None
        self.caught_up = self.over = False
        self.waiting: set[asyncio.Future[None]] = set()
        self.beat: asyncio.TimerHandle | None = None
        self.beaten_at = 0.0
        self.comforting: asyncio.Task[None] | None = None

    def age(self) -> float:
        """Seconds since the newest event was said, 0 when there is none."""
        at = self.newest_at
        return max(0.0, (clock.now() - at).total_seconds()) if at else 0.0

    @property
    def last(self) -> Position:
        """Where the newest message stands."""
        return self.ring[-1].position if self.ring else START

    def start(self) -> None:
        """Begin to say that all is quiet when it is."""
        self.comforting = asyncio.create_task(self.comfort_forever())

    async def comfort_forever(self) -> None:
        while True:
            await asyncio.sleep(KEEP_ALIVE_S)
            self.flush()
            words = alive(self.last)
            for line in self.lines.values():
                line.comfort(words)

    # What comes in.

    def know_end(self, offset: int) -> None:
        """Learn where the stream ended by now: nobody needs to wait once we are there."""
        if not self.caught_up and self.last.offset >= offset:
            self.caught_up = True
            self.wake()

    def wake(self) -> None:
        for waiting in self.waiting:
            if not waiting.done():
                waiting.set_result(None)
        self.waiting.clear()

    def take(self, batch: Iterable[Told]) -> None:
        """Take what comes after what was taken; readers are told with the next beat."""
        for told in batch:
            self.add(told.hidden() if told.event_id in self.ids else told)
        self.wake()
        if any(len(line.pending) >= MANY for line in self.stirred):
            self.flush()  # all that came while the broker was away: no beat is for that
        elif self.stirred and self.beat is None:
            loop = asyncio.get_running_loop()
            at = max(loop.time(), self.beaten_at + BEAT_S)
            self.beat = loop.call_at(at, self.flush)

    def add(self, told: Told) -> None:
        self.ring.append(told)
        if told.event_id:
            self.ids.add(told.event_id)
            self.newest_at = max(filter(None, (told.at, self.newest_at)), default=None)
        if told.visit_id:
            self.of_visit.setdefault(told.visit_id, deque()).append(told)
        if len(self.ring) > self.size:
            self.forget_oldest()
        if told.swaps and told.visit_id:
            self.end_readers(told.visit_id)
        for wish in told.wishes():
            if line := self.lines.get(wish):
                line.add(told)
                self.stirred.add(line)

    def forget_oldest(self) -> None:
        oldest = self.ring.popleft()
        if oldest.event_id:
            self.ids.remove(oldest.event_id)
        if oldest.visit_id:
            events = self.of_visit[oldest.visit_id]
            events.popleft()
            if not events:
                del self.of_visit[oldest.visit_id]

    def flush(self) -> None:
        """Tell all readers what is pending."""
        self.beat, self.beaten_at = None, asyncio.get_running_loop().time()
        for line in self.stirred:
            events, slow = len(line.pending), line.flush()
            metrics.TOLD.inc(events * (len(line.readers) - slow))
            metrics.SLOW_READERS.inc(slow)
        self.stirred.clear()

    def begin_anew(self) -> None:
        """Forget all: the stream is another one. Whoever read the old one comes again."""
        self.ring.clear()
        self.of_visit.clear()
        self.ids.clear()
        self.caught_up = False
        self.end_readers()

    def end(self) -> None:
        """End every reader and take no more: the process is about to end."""
        self.over = True
        self.wake()
        self.end_readers()
        if self.comforting:
            self.comforting.cancel()

    def end_readers(self, visit_id: UUID | None = None) -> None:
        """End all readers, or those of a visit, after what they were to be told before."""
        for wish, line in self.lines.items():
            if visit_id is None or wish.visit_id == visit_id:
                line.flush()
                for reader in line.readers:
                    reader.end()

    def swapped_since(self, visit_id: UUID, offset: int) -> bool:
        """Tell whether the pair of a visit was another one at an offset of the stream."""
        events = self.of_visit.get(visit_id, ())
        return any(each.swaps and each.position.offset > offset for each in events)

    # Who reads.

    async def join(self, wish: Wish, account_id: UUID, after: Position | None) -> Reader:
        """Return a new reader, who is told first what it has missed.

        After a position that we have, it is what came since; after any other, `reset`.
        Raises TooMany when the account has too many already, Unavailable while we do not
        know what has happened lately: what we do not have yet may be what it wants.
        """
        if self.accounts[account_id] >= PER_ACCOUNT:
            raise TooMany("too-many-streams", most=PER_ACCOUNT, seconds=5)
        self.accounts[account_id] += 1
        try:
            await self.come_to(after)
            if not (self.caught_up or self.over):
                raise Unavailable("not-ready", away=["broker"])
        except BaseException:
            self.forget_account(account_id)
            raise
        return self.admit(Reader(wish, account_id), after)

    async def come_to(self, after: Position | None) -> None:
        """Wait, but not for long, until we have read as far as somebody has seen.

        Another gateway, or whoever made the page, may have been quicker by a moment.
        """
        try:
            async with asyncio.timeout(AHEAD_S):
                while not self.has_come_to(after):
                    moved = asyncio.get_running_loop().create_future()
                    self.waiting.add(moved)
                    await moved
        except TimeoutError:
            return

    def has_come_to(self, after: Position | None) -> bool:
        if self.over:
            return True
        if after is None or after == START:
            return self.caught_up
        return self.last.offset >= after.offset

    def admit(self, reader: Reader, after: Position | None) -> Reader:
        """Let a reader hear what comes from now on, and say what was before that."""
        wish = reader.wish
        line = self.lines.setdefault(wish, Line())
        line.flush()
        line.readers.add(reader)
        reader.past = self.missed(wish, after)
        metrics.READERS.inc()
        if self.over:
            reader.end()
        return reader

    def missed(self, wish: Wish, after: Position | None) -> list[bytes]:
        """Return what a new reader is told first."""
        begin = None if after is None else self.after(after)
        if begin is None and wish.visit_id:
            said = [] if after is None else [place("reset", START)]
            return said + [each.lines for each in self.past(wish, 0)]
        if begin is None:
            return [place("here" if after is None else "reset", self.last)]
        return [each.lines for each in self.past(wish, begin)]

    def after(self, position: Position) -> int | None:
        """Return the first offset to go on with after a position, None if we cannot."""
        if position == START:
            complete = self.ring[0].position.offset == 0 if self.ring else self.caught_up
            return 0 if complete else None
        at = bisect_left(self.ring, position.offset, key=lambda each: each.position.offset)
        if at < len(self.ring) and self.ring[at].position == position:
            return position.offset + 1
        return None

    def past(self, wish: Wish, begin: int) -> Iterable[Told]:
        """Return what a wish is told of what we have from an offset on."""
        if wish.visit_id:
            events: Iterable[Told] = self.of_visit.get(wish.visit_id, ())
        else:
            events = self.from_offset(begin)
        return [
            each
            for each in events
            if each.position.offset >= begin and wish in each.wishes()
        ]

    def from_offset(self, begin: int) -> list[Told]:
        found = []
        for each in reversed(self.ring):
            if each.position.offset < begin:
                break
            found.append(each)
        return found[::-1]

    def leave(self, reader: Reader) -> None:
        line = self.lines[reader.wish]
        line.readers.discard(reader)
        if not line.readers:
            del self.lines[reader.wish]
            self.stirred.discard(line)
        metrics.READERS.dec()
        self.forget_account(reader.account_id)

    def forget_account(self, account_id: UUID) -> None:
        self.accounts[account_id] -= 1
        if not self.accounts[account_id]:
            del self.accounts[account_id]
