"""A decision as it lies in the database of the service that made it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select

from chassis.database import engine
from doorstep.direct import reach
from doorstep.errors import Misuse
from proto.decision import Decision
from services.field_visit.model import decision_table as at_the_door
from services.recovery.model import decision_table as of_cash

#: Who decides, and where it keeps that. No case has a decision of one id in both.
TABLES = {"field_visit": at_the_door, "recovery": of_cash}


@dataclass(frozen=True)
class Record:
    """What was asked, what was known, and what was answered.

    `about` is the visit or the case. `kept` is the decision as it was written, member by
    member; `decision` the same, as we read it.
    """

    service: str
    about: UUID
    asked_by: str
    at: datetime
    facts: dict[str, Any]
    kept: dict[str, Any]
    decision: Decision


def find(decision_id: UUID) -> Record:
    """Return a decision. Raises Misuse when nobody has made one of this id."""
    url = reach().database_url
    for service, table in TABLES.items():
        with engine(url, service, pool=0).connect() as connection:
            query = select(table).where(table.c.id == decision_id)
            row = connection.execute(query).first()
        if row is not None:
            about = row.visit_id if "visit_id" in table.c else row.case_id
            decision = Decision.model_validate(row.decision)
            what = (row.asked_by, row.at, row.facts, row.decision, decision)
            return Record(service, about, *what)
    raise Misuse(
        f"there is no decision {decision_id}; its id is in the answer to the ask, and in "
        "the event of a refusal"
    )
