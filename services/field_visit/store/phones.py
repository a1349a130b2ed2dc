"""Whose a phone is or was."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from services.field_visit.model import phone_table


def note_phone(connection: Connection, person_id: UUID, device_id: UUID) -> None:
    """Keep that a person has this phone. Again is harmless, and in any order."""
    query = insert(phone_table).values(person_id=person_id, device_id=device_id)
    connection.execute(query.on_conflict_do_nothing())


def phones_of(connection: Connection, people: Collection[UUID]) -> list[UUID]:
    """Every phone that these people have or had."""
    mine = phone_table.c
    query = select(mine.device_id).where(mine.person_id.in_(people)).distinct()
    return list(connection.scalars(query.order_by(mine.device_id)))
