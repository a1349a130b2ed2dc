"""What went out of the house: what was to go where, and what has arrived there.

An effect outside the database has a row and a key of its own. A service that has one says
here how its rows are read, and names it in its flow (`chaos/flows.py`).
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from math import inf
from typing import Any
from urllib.parse import urlsplit

from services.field_visit.model import Sent

Rows = Callable[[str], list[Any]]
DONE, UNKNOWN, OPEN = "done", "unknown", "open"


@dataclass(frozen=True)
class Wanted:
    """A row: under which key something was to go out, and what became of it.

    `content` is what was to arrive, `tries` how often it was begun.
    """

    effect: str
    key: str
    state: str
    content: str
    tries: int


@dataclass(frozen=True)
class Arrived:
    """Something that came to a stand-in. `taken`: it was kept there, as a new thing.

    `answered`: whoever sent it was told so.
    """

    effect: str
    key: str
    content: str
    taken: bool
    answered: bool
    #: By `time.time`.
    at: float = 0.0


@dataclass(frozen=True)
class Effect:
    """`once`: the place itself knows the key, so that it has it once, however often it
    comes. Elsewhere it may come again under its key after an answer that was lost.
    """

    name: str
    rows: Callable[[Rows], Iterator[Wanted]]
    once: bool = True


@dataclass
class Outside:
    """All of that; `once` names the effects whose places know what they have.

    Rows are as they were at `looked_at`: what came later may have been wanted later.
    """

    wanted: list[Wanted] = field(default_factory=list)
    arrived: list[Arrived] = field(default_factory=list)
    once: frozenset[str] = frozenset()
    looked_at: float = inf


def of_tables(rows: Rows, effects: Iterable[Effect]) -> Outside:
    """Read what was wanted of these effects; `rows` asks one query."""
    declared = list(effects)
    return Outside(
        wanted=[one for effect in declared for one in effect.rows(rows)],
        once=frozenset(effect.name for effect in declared if effect.once),
    )


#: What the state of a row means for whoever waits for it.
STATES = {Sent.SENT: DONE, Sent.UNKNOWN: UNKNOWN, Sent.WAITING: OPEN}


def heads(scheme: str) -> Callable[[Rows], Iterator[Wanted]]:
    """Read what is given to places of one scheme: the key is the head's own text."""

    def rows(ask: Rows) -> Iterator[Wanted]:
        for row in ask("SELECT * FROM field_visit.head_sent"):
            if urlsplit(row.place).scheme == scheme:
                state = STATES.get(row.state, row.state)
                yield Wanted(f"head by {scheme}", row.head, state, row.head, row.tries)

    return rows


def stamps(ask: Rows) -> Iterator[Wanted]:
    """Read what is stamped: the key is the digest that the authority is asked about."""
    for row in ask("SELECT * FROM field_visit.timestamp"):
        state = DONE if row.token is not None else OPEN
        yield Wanted("timestamp", row.sha256, state, row.sha256, row.tries)


HEADS = (
    Effect("head by file", heads("file")),
    Effect("head by http", heads("http")),
    Effect("head by smtp", heads("smtp"), once=False),
)
#: To ask an authority once more about the same changes nothing there.
STAMPS = Effect("timestamp", stamps, once=False)


def head_in(content: bytes) -> str:
    """Return the head in what arrived; nothing of what is none."""
    try:
        return str(json.loads(content)["head"])
    except (ValueError, KeyError, TypeError):
        return ""
