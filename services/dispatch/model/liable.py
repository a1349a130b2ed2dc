"""Who owes a debt besides the debtor, because the bank says so."""

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from uuid import UUID

from pydantic import TypeAdapter

from proto.base import Sealed
from proto.dispatch import LiableRelation, LiableShown


@dataclass(frozen=True)
class Liable:
    """A guarantor, a co-debtor, an heir: no third party to the debt (S2)."""

    id: UUID
    relation: LiableRelation
    owes_as: Literal["guarantor", "co_debtor", "heir"]
    name: Sealed
    since: date

    def row(self) -> dict[str, Any]:
        return dict(ROW.dump_python(self, mode="json"))

    def shown(self) -> LiableShown:
        return LiableShown(
            liable_id=self.id,
            relation=self.relation,
            owes_as=self.owes_as,
            since=self.since,
        )


ROW = TypeAdapter(Liable)


def liable_of(rows: list[dict[str, Any]]) -> dict[UUID, Liable]:
    """Read what a case keeps of them, by their ids."""
    found = [ROW.validate_python(row) for row in rows]
    return {each.id: each for each in found}
