"""One connection through a link: its two ends, and what is on the way between them."""

import asyncio
import socket
import struct
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from chaos.faults.proxy import keepalive
from chaos.faults.proxy.modes import Mode, Way

if TYPE_CHECKING:
    from chaos.faults.proxy.link import Link

#: Bytes that may wait in us for one end before the other one has to.
MOST = 1 << 18
RST = struct.pack("ii", 1, 0)
#: How often it is looked when a system will ask, and seconds between two looks.
LOOKS, LOOK_S = 10, 0.1


class End(asyncio.Protocol):
    """One end. What comes from it is carried to the other one; `waiting` is on its way.

    `way` is the way that its own bytes go. An empty piece says that no more will come.
    """

    transport: Any = None

    def __init__(self, pair: "Pair", way: Way) -> None:
        self.pair, self.way = pair, way
        self.other: End = self
        self.waiting: deque[tuple[float, bytes]] = deque()
        self.held_up = self.full = 0
        self.timer: asyncio.TimerHandle | None = None
        self.free_at = 0.0

    def connection_made(self, transport: Any) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.pair.mode is None and not self.waiting and not self.pair.forgotten:
            self.other.transport.write(data)
        else:
            self.pair.carry(self, data)

    def eof_received(self) -> bool:
        self.pair.carry(self, b"")
        return True

    def connection_lost(self, error: Exception | None) -> None:
        self.transport = None
        self.pair.lost(self, error)

    def pause_writing(self) -> None:
        self.other.stop()

    def resume_writing(self) -> None:
        self.other.go_on()

    def stop(self) -> None:
        """Take no more from this end; as often as somebody said so."""
        self.full += 1
        if self.full == 1 and self.transport is not None:
            self.transport.pause_reading()

    def go_on(self) -> None:
        self.full -= 1
        if self.full == 0 and self.transport is not None:
            self.transport.resume_reading()

    def hold_up(self, due: float, data: bytes) -> None:
        """Have a piece arrive at a moment, after those before it."""
        before = self.held_up
        self.waiting.append((due, data))
        self.held_up += len(data)
        if before < MOST <= self.held_up:
            self.stop()
        if self.timer is None:
            loop = asyncio.get_running_loop()
            self.timer = loop.call_at(due, self.deliver)

    def deliver(self, *, all_: bool = False) -> None:
        """Hand over what is due, or all that was held up."""
        loop, self.timer = asyncio.get_running_loop(), None
        while self.waiting and (all_ or self.waiting[0][0] <= loop.time()):
            _, data = self.waiting.popleft()
            before = self.held_up
            self.held_up -= len(data)
            if self.held_up < MOST <= before:
                self.go_on()
            self.hand_over(data)
        if self.waiting:
            self.timer = loop.call_at(self.waiting[0][0], self.deliver)

    def hand_over(self, data: bytes) -> None:
        if (to := self.other.transport) is None:
            return
        if data:
            to.write(data)
        else:
            with suppress(OSError):  # it was reset meanwhile
                to.write_eof()
            self.pair.ended()

    def reset(self) -> None:
        """End this end by RST: linger for no time, then close."""
        if self.timer:
            self.timer.cancel()
        self.waiting.clear()
        if self.transport is not None:
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            self.transport.abort()


class Pair:
    """Two ends. `forgotten`: one of them knows nothing of it any more."""

    def __init__(self, link: "Link") -> None:
        self.link = link
        self.mode: Mode | None = link.mode
        self.client, self.server = End(self, "up"), End(self, "down")
        self.client.other, self.server.other = self.server, self.client
        self.forgotten = self.vanished = False
        self.ends = 0

    async def open(self, client: socket.socket) -> None:
        """Take a connection and make the other half of it."""
        loop = asyncio.get_running_loop()
        self.link.pairs.add(self)
        self.client.full = 1  # until there is somewhere to carry it
        await loop.connect_accepted_socket(lambda: self.client, client)
        if self.client.transport is None:
            return
        self.client.transport.pause_reading()
        if self.mode and self.mode.how == "reset":
            self.reset()
        elif self.mode and self.mode.how == "half-open":
            self.forgotten = True
            self.client.go_on()
        else:
            await self.reach()

    async def reach(self) -> None:
        """Connect to where the link leads; one that is not there resets the caller."""
        loop = asyncio.get_running_loop()
        try:
            await loop.create_connection(lambda: self.server, *self.link.to)
        except OSError:
            self.reset()
            return
        if self.client.transport is None:  # it has left meanwhile
            self.reset()
            return
        if not self.forgotten:
            self.client.go_on()

    def carry(self, end: End, data: bytes) -> None:
        """Carry a piece as the mode lets us; held up, behind those that were before it."""
        loop = asyncio.get_running_loop()
        if self.forgotten:
            self.vanish(end)
            return
        due, mode = loop.time(), self.mode
        if mode and mode.how == "latency":
            luck = self.link.luck.uniform(-mode.jitter_ms, mode.jitter_ms)
            due += max(0.0, mode.ms + luck) / 1000
        if mode and mode.how == "slow":
            end.free_at = max(due, end.free_at) + len(data) / mode.bytes_s
            due = end.free_at
        if end.waiting:
            due = max(due, end.waiting[-1][0])
        if due <= loop.time() and not end.waiting:
            end.hand_over(data)
        else:
            end.hold_up(due, data)

    def vanish(self, end: End) -> None:
        """Let it vanish; once the link is whole the first byte is answered by RST."""
        self.vanished = True
        if self.link.mode is None:
            end.reset()

    def cut(self, mode: Mode) -> None:
        if self.forgotten:
            return
        self.mode = mode
        if mode.how == "drop":
            self.close()
        elif mode.how == "reset":
            self.reset()
        elif mode.how == "half-open":
            self.forget(self.server if mode.way == "up" else self.client)
        elif mode.how == "one-way":
            self.of(mode).stop()

    def of(self, mode: Mode) -> End:
        """Return the end whose bytes go a mode's way."""
        return self.client if mode.way == "up" else self.server

    def forget(self, end: End) -> None:
        """Let one end know nothing of this connection, without a word to the other."""
        self.forgotten = True
        end.reset()
        for each in (self.client, self.server):
            each.waiting.clear()
            if each is not end and each.full:
                each.full = 1
                each.go_on()

    def heal(self) -> None:
        """Go on as if nothing had been; whoever spoke to nobody is told so."""
        mode, self.mode = self.mode, None
        if self.forgotten:
            self.tell_who_believes()
            return
        if mode and mode.how == "one-way":
            self.of(mode).go_on()
        for end in (self.client, self.server):
            if end.timer:
                end.timer.cancel()
            end.free_at = 0.0
            end.deliver(all_=True)

    def tell_who_believes(self) -> None:
        """Reset whoever has sent something: its system sends that again until answered.

        Another is told when its system next asks whether the other one lives, if it does.
        """
        for end in (self.client, self.server):
            if end.transport is None:
                continue
            if self.vanished:
                end.reset()
            else:
                self.end_when_asked(end)

    def end_when_asked(self, end: End, looks: int = LOOKS) -> None:
        """End one end when its system asks; look again while it waits for a receipt of what
        it sent, which hides when that will be.
        """
        loop = asyncio.get_running_loop()
        if end.transport is None:
            return
        due = keepalive.due_s(end.transport.get_extra_info("socket"))
        if due is not None:
            loop.call_later(due, end.reset)
        elif looks:
            loop.call_later(LOOK_S, self.end_when_asked, end, looks - 1)

    def ended(self) -> None:
        """Note that one end has said all it had to say; after both, nothing is left."""
        self.ends += 1
        if self.ends == 2:
            self.close()

    def close(self) -> None:
        """Close both ends after what is on its way to them."""
        for end in (self.client, self.server):
            end.waiting.clear()
            if end.transport is not None:
                end.transport.close()

    def reset(self) -> None:
        self.client.reset()
        self.server.reset()

    def lost(self, end: End, error: Exception | None) -> None:
        """One end is gone: so is the other one, in the same way, unless it believes."""
        other = end.other
        if not self.forgotten and other.transport is not None:
            if error is not None:
                other.reset()
            else:
                other.transport.close()
        if other.transport is None:
            self.link.pairs.discard(self)
