"""The floor: a bare ASGI app that commits one row and one outbox row, and no more."""

import json
import os
from collections.abc import Awaitable, Callable
from typing import Any

from psycopg_pool import AsyncConnectionPool

TABLES = """
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.visit
    (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), case_id uuid, body jsonb);
CREATE INDEX IF NOT EXISTS visit_case ON floor.visit (case_id);
CREATE TABLE IF NOT EXISTS floor.outbox
    (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, envelope jsonb);
"""

pool = AsyncConnectionPool(os.environ.get("DATABASE_URL", ""), open=False, max_size=10)


async def app(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Take a body, store it twice in one transaction, say so."""
    if scope["type"] == "lifespan":
        return await lifespan(receive, send)
    body = (await receive())["body"].decode()
    async with pool.connection() as connection:
        await connection.execute(
            "INSERT INTO floor.visit (case_id, body) VALUES (gen_random_uuid(), %s)", [body]
        )
        await connection.execute("INSERT INTO floor.outbox (envelope) VALUES (%s)", [body])
    said = json.dumps({"stored": True}).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", b"%d" % len(said)),
    ]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    return await send({"type": "http.response.body", "body": said})


async def lifespan(
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    await receive()
    await pool.open(wait=True)
    async with pool.connection() as connection:
        await connection.execute(TABLES)
    await send({"type": "lifespan.startup.complete"})
    await receive()
    await pool.close()
    await send({"type": "lifespan.shutdown.complete"})
