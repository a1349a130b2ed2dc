"""Many dashboards in one process: it reads, and notes when how much had come.

Nothing is parsed while it reads but where the last whole event ends: two hundred clients
that read JSON would be measured themselves.
"""

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from multiprocessing.connection import Connection

ENDS = b"\n\n"
ID = re.compile(rb"\nid: \S+\.(\d+)\n\n")


@dataclass
class Watcher(asyncio.Protocol):
    """One dashboard. `arrivals` are moments, and the offset all had come up to by then."""

    request: bytes
    keeps: bool
    arrivals: list[tuple[float, int]] = field(default_factory=list)
    events: int = 0
    tail: bytes = b""
    kept: list[bytes] = field(default_factory=list)
    opened: asyncio.Future[None] = field(default_factory=asyncio.Future)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        now = time.time()
        if self.keeps:
            self.kept.append(data)
        whole, ends, self.tail = (self.tail + data).rpartition(ENDS)
        whole += ends
        if not self.opened.done() and ENDS in whole:
            self.opened.set_result(None)
        if (last := whole.rfind(b"\nid: ")) >= 0 and (found := ID.match(whole, last)):
            self.arrivals.append((now, int(found[1])))
            self.events += whole.count(b"\ndata: ")


@dataclass(frozen=True)
class Seen:
    """What a dashboard saw; `text` is all it got, of the first one alone."""

    arrivals: list[tuple[float, int]]
    events: int
    text: bytes


def watch(port: int, requests: Sequence[bytes], pipe: Connection) -> None:
    """Open a stream a request; say so, read until something is said, tell what was seen."""
    pipe.send(asyncio.run(watched(port, requests, pipe)))


def just(watcher: Watcher) -> Watcher:
    return watcher


async def watched(port: int, requests: Sequence[bytes], pipe: Connection) -> list[Seen]:
    loop = asyncio.get_running_loop()
    watchers = [Watcher(request, not number) for number, request in enumerate(requests)]
    transports = []
    for each in watchers:
        transport, _ = await loop.create_connection(partial(just, each), "127.0.0.1", port)
        transports.append(transport)
    await asyncio.gather(*(each.opened for each in watchers))
    pipe.send("ready")
    enough = asyncio.Event()
    loop.add_reader(pipe.fileno(), enough.set)
    await enough.wait()
    loop.remove_reader(pipe.fileno())
    seen = [Seen(each.arrivals, each.events, b"".join(each.kept)) for each in watchers]
    for transport in transports:
        transport.abort()
    return seen
