"""Danger at a door: who was in it, and whether the bank has reported it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from proto.dispatch import DangerShown
from proto.field_visit import HelpCalled


@dataclass
class Danger:
    """A call for help from a door of a case. `people` do not go there again (C.37).

    Without `clauses` no book sets a term: `report_by` then says nothing.
    """

    id: UUID
    case_id: UUID
    visit_id: UUID
    people: tuple[UUID, ...]
    clauses: tuple[str, ...]
    at: datetime
    report_by: datetime
    outcome: str | None = None
    reported_at: datetime | None = None

    @property
    def due(self) -> datetime | None:
        """By when the bank reports it; None where no book says so."""
        return self.report_by if self.clauses else None

    def covers(self, event: HelpCalled) -> bool:
        """Tell whether a call is of the same danger: it is not reported yet."""
        same = self.visit_id == event.visit_id and set(self.people) >= set(event.collectors)
        return same and self.outcome is None

    def report(self, outcome: str, at: datetime) -> bool:
        """Note what the bank did about it; the first word stands. True when news."""
        if self.outcome is not None:
            return False
        self.outcome, self.reported_at = outcome, at
        return True

    def shown(self) -> DangerShown:
        return DangerShown(
            danger_id=self.id,
            visit_id=self.visit_id,
            since=self.at,
            clauses=self.clauses,
            report_by=self.due,
            outcome=self.outcome,
            reported_at=self.reported_at,
        )
