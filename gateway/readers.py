"""Those who read along: what each has still to be told, in pieces that they share."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from uuid import UUID

from gateway.telling import Told, Wish

#: Events a reader may be behind before it is ended.
BEHIND = 1_000


class Ended(Exception):
    """There is nothing more to read."""


@dataclass(eq=False)
class Reader:
    """One reader. `past` is what it is told first; `over` is done once it is ended."""

    wish: Wish
    account_id: UUID
    past: list[bytes] = field(default_factory=list)
    pieces: deque[tuple[bytes, int]] = field(default_factory=deque)
    behind: int = 0
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, piece: bytes, events: int) -> bool:
        """Add a piece; a reader too far behind is ended. False when it was ended by it."""
        if self.over.is_set():
            return True
        if self.behind + events > BEHIND:
            self.end()
            return False
        self.pieces.append((piece, events))
        self.behind += events
        self.stirred.set()
        return True

    def end(self) -> None:
        """Tell it no more. What it has not read yet it may still read."""
        self.over.set()
        self.stirred.set()

    async def next(self) -> bytes:
        """Return what there is to be told, once there is anything. Raises Ended."""
        while not self.pieces:
            if self.over.is_set():
                raise Ended
            self.stirred.clear()
            await self.stirred.wait()
        whole = b"".join(piece for piece, _ in self.pieces)
        self.pieces.clear()
        self.behind = 0
        return whole


@dataclass(eq=False)
class Line:
    """All readers of one wish. What happens within a beat they are told as one piece."""

    readers: set[Reader] = field(default_factory=set)
    pending: list[bytes] = field(default_factory=list)
    quiet: bool = True

    def add(self, told: Told) -> None:
        self.pending.append(told.lines)

    def flush(self) -> int:
        """Tell every reader what is pending; return how many were too far behind."""
        if not self.pending:
            return 0
        piece = b"".join(self.pending)
        events = len(self.pending)
        self.pending = []
        self.quiet = False
        return sum(not reader.tell(piece, events) for reader in self.readers)

    def comfort(self, words: bytes) -> None:
        """Say that all is quiet to those who were told nothing since the last time."""
        if self.quiet:
            for reader in self.readers:
                reader.tell(words, 0)
        self.quiet = True
