"""Ids: made by time for what is new, by name for what somebody has named already."""

import secrets
import time
from uuid import UUID, uuid5

#: The namespace of `named`; changing it would orphan every imported thing.
NAMESPACE = UUID("6f1d5c8e-0d0b-5b7e-9f3e-d00257e9a001")


def new() -> UUID:
    """Return a fresh UUIDv7: 48 bits of unix milliseconds, then chance (RFC 9562, 5.7)."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def named(kind: str, name: str) -> UUID:
    """Return the id of what a bank or agency has named: the same name, the same id.

    A file that is imported twice therefore names the same things twice (UUIDv5,
    RFC 9562, 5.5). `kind` keeps a case and a person of the same number apart.
    """
    return uuid5(NAMESPACE, f"{kind}/{name}")
