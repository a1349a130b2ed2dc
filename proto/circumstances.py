"""Special circumstances (特殊情形), reported by whoever hears of them (4.21 4.22)."""

from uuid import UUID

from proto.base import Command, Reply
from proto.facts import Hardship


class ReportCircumstance(Command):
    """Somebody has heard of illness, bereavement, a lawyer: the case is held at once.

    Which one it is need not be said; if it is, it is sealed, and the bank's to know. The
    family is asked for no papers.
    """

    case_id: UUID
    hardship: Hardship | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.case_id,)


class CircumstanceTaken(Reply):
    """It was heard. Nothing is said back: neither what it is, nor what else is known."""

    case_id: UUID


class ShowCircumstances(Command):
    """Which special circumstances a case is held for, for the bank."""

    case_id: UUID


class CircumstancesShown(Reply):
    """Each as it was reported, the oldest first; nothing for one that was not named."""

    case_id: UUID
    circumstances: tuple[Hardship | None, ...]
