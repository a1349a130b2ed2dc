"""The floor: a bare ASGI app that commits one row and one outbox row, and no more.

No sign-in, no broker, no rule; what a check-in writes at least, by the fastest driver.
"""

import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Self

import asyncpg

from bench.load import post
from doorstep import ports
from doorstep.process import wait_until

TABLES = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.visit
    (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), case_id uuid, body jsonb);
CREATE INDEX IF NOT EXISTS visit_case ON floor.visit (case_id);
CREATE TABLE IF NOT EXISTS floor.outbox
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, envelope jsonb);
"""
VISIT = "INSERT INTO floor.visit (case_id, body) VALUES (gen_random_uuid(), $1)"
OUTBOX = "INSERT INTO floor.outbox (envelope) VALUES ($1)"
CONNECTIONS = 10
SAID = b'{"stored": true}'
HEADERS = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(SAID))]

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
pools: list[asyncpg.Pool] = []


async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Take a body, store it twice in one transaction, say so."""
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    body = (await whole(receive)).decode()
    async with pools[0].acquire() as connection, connection.transaction():
        await connection.execute(VISIT, body)
        await connection.execute(OUTBOX, body)
    await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
    return await send({"type": "http.response.body", "body": SAID})


async def whole(receive: Receive) -> bytes:
    """Return a body, however many pieces it comes in."""
    body, more = b"", True
    while more:
        piece = await receive()
        body, more = body + piece["body"], piece["more_body"]
    return body


async def lifespan(receive: Receive, send: Send) -> None:
    await receive()
    url = os.environ["DATABASE_URL"]
    pools.append(await asyncpg.create_pool(url, min_size=CONNECTIONS, max_size=CONNECTIONS))
    await pools[0].execute(TABLES)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pools[0].close()
    await send({"type": "lifespan.shutdown.complete"})


class Floor:
    """The bare app in a process and on a port of its own, beside the same database."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        self.settings, self.port = settings, ports.next_free(8460)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "uvicorn", "bench.floor:app", "--no-access-log"]
        command += ["--port", str(self.port), "--log-level", "warning"]
        self.process = subprocess.Popen(command, env=dict(self.settings))
        if not wait_until(lambda: not ports.is_free(self.port), 10):
            self.process.kill()
            raise TimeoutError(f"the floor did not open port {self.port} in 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait()

    def request(self, body: Mapping[str, Any]) -> bytes:
        """Return a request that stores this body."""
        return post(self.url, "/", json.dumps(body).encode(), {})
