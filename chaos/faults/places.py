"""Stand-ins of ours for whom the house speaks with, and that misbehave by chance.

A folder, an archive by HTTP, a mailbox, a timestamp authority: slow, gone before they took
something, gone or failing after they took it. What arrived is noted by them, not by us.
"""

import asyncio
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from random import Random
from threading import Event, Lock
from typing import Any

from chaos.environment import said
from chaos.remains.effects import Arrived, head_in
from tests.services import giving, stamping

#: Of a hundred times, what a place does with what comes; the rest of them it is well.
SLOW, GONE_BEFORE, GONE_AFTER, FAILS_AFTER = "slow", "gone", "taken, gone", "taken, fails"
MOODS = {SLOW: 10, GONE_BEFORE: 10, GONE_AFTER: 15, FAILS_AFTER: 15}
SLOW_S = (0.5, 2.0)


@dataclass
class Places:
    """Where a run gives things to. `calm`: from now on all of them are well."""

    folder: Path
    luck: Random
    calm: Event = field(default_factory=Event)
    arrived: list[Arrived] = field(default_factory=list)
    kept: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = Lock()
        self.shelf = self.folder / "shelf"
        self.shelf.mkdir(parents=True, exist_ok=True)

    def mood(self) -> str:
        """Return how a place is this time; empty when it is well."""
        if self.calm.is_set():
            return ""
        chance = self.luck.random() * 100
        for mood, share in MOODS.items():
            chance -= share
            if chance < 0:
                return mood
        return ""

    def note(
        self, effect: str, key: str, content: str, mood: str, taken: bool, at: float = 0.0
    ) -> None:
        answered, at = mood not in (GONE_AFTER, FAILS_AFTER), at or time.time()
        with self.lock:
            self.arrived.append(Arrived(effect, key, content, taken, answered, at))

    def shelved(self) -> None:
        """Note what lies on the shelf, where nobody says what was laid."""
        for file in sorted(self.shelf.glob("*.json")):
            head = head_in(file.read_bytes())
            at = file.stat().st_mtime
            self.note("head by file", head, head, "", taken=True, at=at)

    def archive(self, handler: BaseHTTPRequestHandler) -> None:
        """Keep what is put under a name that is free (RFC 9110, 13.1.2), and show it."""
        mood, name = self.mood(), handler.path
        self.linger(mood)
        if mood == GONE_BEFORE:
            reset(handler)
        elif handler.command == "GET":
            there = self.kept.get(name)
            answered(handler, 404 if there is None else 200, there or b"")
        else:
            content = body_of(handler)
            free = self.kept.setdefault(name, content) is content
            head = head_in(content)
            self.note("head by http", head, head, mood, taken=free)
            finish(handler, mood, 201 if free else 412, b"")

    def authority(self, ca: stamping.Authority) -> Callable[[BaseHTTPRequestHandler], None]:
        """Return what answers for an authority."""

        def answer(handler: BaseHTTPRequestHandler) -> None:
            mood, query = self.mood(), body_of(handler)
            self.linger(mood)
            if mood == GONE_BEFORE:
                reset(handler)
                return
            token, digest = ca.stamps(query), asked_about(query)
            self.note("timestamp", digest, digest, mood, taken=True)
            finish(handler, mood, 200, token)

        return answer

    def linger(self, mood: str) -> None:
        if mood == SLOW:
            time.sleep(self.luck.uniform(*SLOW_S))


class Mailbox:
    """A mailbox that keeps what comes, twice if it comes twice."""

    def __init__(self, places: Places) -> None:
        self.places = places

    async def handle_DATA(self, server: Any, _: Any, envelope: Any) -> str:
        mood = self.places.mood()
        if mood == SLOW:
            await asyncio.sleep(self.places.luck.uniform(*SLOW_S))
        if mood == GONE_BEFORE:
            return "451 not now"
        mail = message_from_bytes(envelope.content)
        head = head_in(mail.get_payload(decode=True) or b"")  # type: ignore[arg-type]
        self.places.note("head by smtp", head, head, mood, taken=True)
        if mood in (GONE_AFTER, FAILS_AFTER):  # what was taken cannot be refused by mail
            server.transport.abort()
        return "250 OK"


def reset(handler: BaseHTTPRequestHandler) -> None:
    """Break off as a machine does that dies: with a reset."""
    linger = struct.pack("ii", 1, 0)
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.connection.close()


def body_of(handler: BaseHTTPRequestHandler) -> bytes:
    return handler.rfile.read(int(handler.headers["Content-Length"]))


def finish(handler: BaseHTTPRequestHandler, mood: str, status: int, content: bytes) -> None:
    """Answer what was taken, or break off, or say that it failed."""
    if mood == GONE_AFTER:
        reset(handler)
    elif mood == FAILS_AFTER:
        answered(handler, 500, b"")
    else:
        answered(handler, status, content)


def answered(handler: BaseHTTPRequestHandler, status: int, content: bytes) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(content)))
    handler.send_header("Content-Type", "application/timestamp-reply")
    handler.end_headers()
    handler.wfile.write(content)


def asked_about(query: bytes) -> str:
    """Return the SHA-256 in a timestamp query, hex (RFC 3161, 2.4.1).

    It is the first string of 32 bytes in it: what stands before it is shorter.
    """
    at = query.index(b"\x04\x20") + 2
    return query[at : at + 32].hex()


@contextmanager
def standing_in(folder: Path, seed: int) -> Iterator[Places]:
    """Let whatever is started meanwhile give what it gives to stand-ins."""
    places = Places(folder, Random(f"{seed}/places"))
    ca = stamping.Authority(folder / "authority")
    with ExitStack() as stack:
        archive = stack.enter_context(giving.answering(places.archive))
        authority = stack.enter_context(giving.answering(places.authority(ca)))
        port = stack.enter_context(giving.mail_server(Mailbox(places)))  # type: ignore[arg-type]
        mail = f"smtp://127.0.0.1:{port}/?to=heads@bank.test&from=log@doorstep.test"
        with said(
            {
                "DOORSTEP_HEADS_TO": f"file:{places.shelf},{archive}/,{mail}",
                "DOORSTEP_TSA_URL": authority,
                "DOORSTEP_TSA_CA": str(ca.ca),
            }
        ):
            yield places
