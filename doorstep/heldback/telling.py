"""What a person is shown of held-back events: nothing personal.

A topic or a subject that is not of our making may be anybody's words, and is not shown.
"""

import hashlib
import json
import re
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from chassis import clock, held
from chassis.keyring import Keyring
from proto import ids
from proto.base import Sealed
from proto.unsealed import unsealed

TITLES = ("id", "service", "lane", "topic", "subject", "error", "tries", "age", "state")
TOPIC = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40}){1,2}")
SUBJECT = re.compile(r"([a-z_]{1,40}/)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOT_OURS = "(not ours)"


def line(service: str, row: Row[Any], now: datetime) -> tuple[str, ...]:
    """Return the row of the list about an event."""
    return (
        str(row.event_id),
        service,
        row.lane,
        ours(TOPIC, row.topic),
        ours(SUBJECT, row.subject),
        row.error or "-",
        str(row.attempts),
        age(now - row.held_at),
        state(row),
    )


def ours(kind: re.Pattern[str], text: str) -> str:
    return text if kind.fullmatch(text) else NOT_OURS


def state(row: Row[Any]) -> str:
    if row.behind:
        return f"behind {row.behind}"
    return "parked" if row.parked_at else "waiting"


def age(passed: timedelta) -> str:
    """Write a time in its largest unit: `5 s`, `12 min`, `3 h`, `20 d`."""
    seconds = int(passed.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def table(rows: list[tuple[str, ...]], titles: tuple[str, ...] = TITLES) -> str:
    """Return lines with their columns below each other."""
    every = [titles, *rows]
    widths = [max(len(row[number]) for row in every) for number in range(len(titles))]
    lines = ("  ".join(map(str.ljust, row, widths)).rstrip() for row in every)
    return "\n".join(lines)


def shown(service: str, row: Row[Any]) -> str:
    """Return what is known of one event; of its content what is not sealed."""
    said = {
        "id": str(row.event_id),
        "service": service,
        "lane": row.lane,
        "error": row.error,
        "tries": row.attempts,
        "held_at": moment(row.held_at),
        "next_at": moment(row.next_at),
        "parked_at": moment(row.parked_at),
        "discarded_at": moment(row.discarded_at),
        "discarded_because": row.discarded_because,
        "age": age(clock.now() - row.held_at),
    }
    if row.envelope is not None:
        said["envelope"] = unsealed(row.envelope)
    return json.dumps(said, ensure_ascii=False, indent=2)


def moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="milliseconds") if at else None


def opened(connection: Connection, service: str, raw: dict[str, Any]) -> bytes:
    """Return the bytes of a message that nobody can read.

    Raises Unavailable when the key they are sealed under is lost.
    """
    key_id: UUID = ids.named(held.UNREADABLE, service)
    sealed = Sealed.model_validate(raw)
    return bytes.fromhex(Keyring(connection).open(sealed, key_id, held.UNREADABLE))


def digest(content: bytes) -> str:
    told = hashlib.sha256(content).hexdigest()
    return f"nobody can read it: {len(content)} bytes, SHA-256 {told}"
