"""Shred what was sealed under a key, by erasing the key, for good.

A tombstone stays in its place, so that a message that comes late seals nothing under
the same id, and a note of who did it, when and why.
"""

from enum import StrEnum
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from chassis import clock, legal_hold
from chassis.keyring import INDEX
from chassis.keyring_tables import key_table, shredded_table


class Reason(StrEnum):
    """Why a case is shredded. A closed list: nobody can write a name into it."""

    ASKED = "person-asked"  # PIPL, art. 47
    TERM_OVER = "term-over"
    ORDERED = "ordered"  # by a court or an authority
    MISTAKE = "taken-in-by-mistake"


def shred(connection: Connection, key_id: UUID, by: str, reason: Reason) -> bool:
    """Erase a key and note it; return whether it was not shredded before.

    One statement replaces the key by its tombstone, whether there was a key or not: it
    takes turns with whoever makes one at this moment. Raises ValueError for the key of
    the blind indexes, Held while a legal hold stands on it.
    """
    if key_id == INDEX:
        raise ValueError(f"{key_id} is the index key; without it nothing is found again")
    legal_hold.refuse_held(connection, key_id)
    tombstone = insert(key_table).values(key_id=key_id, wrapped=None, master=None)
    connection.execute(
        tombstone.on_conflict_do_update(
            index_elements=["key_id"], set_={"wrapped": None, "master": None}
        )
    )
    note = insert(shredded_table).values(
        key_id=key_id, shredded_at=clock.now(), by=by, reason=reason
    )
    once = note.on_conflict_do_nothing().returning(shredded_table.c.key_id)
    return connection.scalar(once) is not None
