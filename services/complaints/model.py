"""What a complaint about a visit will need to find."""

from sqlalchemy import Column, DateTime, Index, MetaData, Table, Uuid

metadata = MetaData()

#: A pair that stood together at a door.
door_visit_table = Table(
    "door_visit",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("case_id", Uuid, nullable=False),
    Column("agency_id", Uuid, nullable=False),
    Column("arrived_at", DateTime(timezone=True), nullable=False),
)
Index("door_visit_case", door_visit_table.c.case_id, door_visit_table.c.arrived_at)
