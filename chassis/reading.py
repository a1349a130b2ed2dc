"""What a transaction must know beside its own things, read in one statement.

Standings, held-back events, ticks, remembered answers and keys lie in five tables; five
round trips would cost a lone order more than its judging.
"""

from base64 import b64decode
from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from chassis.prepared import ask

KNOW = """
SELECT 'kept' AS what, key AS id, topic AS name, body FROM kept
 WHERE key = ANY(%(keys)s::uuid[])
UNION ALL
SELECT 'held', NULL, subject, NULL FROM held_back
 WHERE discarded_at IS NULL AND subject = ANY(%(subjects)s::text[])
UNION ALL
SELECT 'source', NULL, source, to_jsonb(ticked_at) FROM source WHERE lane = 'urgent'
UNION ALL
SELECT 'answered', key, operation, jsonb_build_object('principal', principal,
 'digest', digest, 'reply', reply, 'outcome', outcome, 'good_until', good_until,
 'revoked_at', revoked_at) FROM answered WHERE key = ANY(%(orders)s::uuid[])
UNION ALL
SELECT 'key', key_id, master, to_jsonb(encode(wrapped, 'base64')) FROM keyring.key
 WHERE wrapped IS NOT NULL AND key_id = ANY(%(locks)s::uuid[])
UNION ALL
SELECT 'patience', NULL, set_config('lock_timeout', %(patience)s::text, true), NULL
 WHERE %(patience)s::text IS NOT NULL
"""


class Wrapped(NamedTuple):
    """The key of a case, as it lies in the keyring."""

    key_id: UUID
    master: str | None
    wrapped: bytes


class Known(NamedTuple):
    """What was found."""

    standings: dict[tuple[str, UUID], dict[str, Any]]
    held: set[str]
    ticked: dict[str, datetime]
    answered: list[dict[str, Any]]
    keys: list[Wrapped]


def know(
    connection: Connection,
    keys: Iterable[UUID],
    subjects: Iterable[str],
    orders: Iterable[UUID] = (),
    locks: Iterable[UUID] = (),
    patience: str | None = None,
) -> Known:
    """Return the standings of `keys`, which of `subjects` are held back, when each source
    ticked, what was answered under the keys of `orders`, and the keyring's `locks`.

    With `patience` the rest of the transaction waits no longer for any row.
    """
    wanted = {
        "keys": list(keys),
        "subjects": list(subjects),
        "orders": list(orders),
        "locks": list(locks),
        "patience": patience,
    }
    known = Known({}, set(), {}, [], [])
    for what, key, name, body in ask(connection, KNOW, wanted):
        match what:
            case "kept":
                known.standings[name, key] = body
            case "held":
                known.held.add(name)
            case "source":
                known.ticked[name] = datetime.fromisoformat(body)
            case "answered":
                known.answered.append(body | {"key": key, "operation": name})
            case "key":
                known.keys.append(Wrapped(key, name, b64decode(body)))
    return known
