"""The visit report (外访报告): a worker draws it, and whoever says why is given it."""

from typing import Annotated
from uuid import UUID

from annotated_types import Len
from pydantic import Field

from proto.base import Command, Reply, Sealed, Value
from proto.looking import LookReason


class ReportCopy(Value):
    """A report as PDF: base64, sealed. `for_agency`: without what only the bank may see."""

    for_agency: bool
    pdf: Sealed


class NoteReport(Command):
    """A worker has drawn the reports of a visit, up to this part. Sent by the job to its
    service, under its id.
    """

    visit_id: UUID
    part: int = Field(ge=1)
    copies: Annotated[tuple[ReportCopy, ...], Len(1, 2)]

    def locks(self) -> tuple[UUID, ...]:
        return (self.visit_id,)


class ShowReport(Command):
    """Give the report of a visit to somebody who says why; that is kept."""

    visit_id: UUID
    reason: LookReason


class ReportShown(Reply):
    """A report: of which part of the visit's record it was drawn, and the PDF in base64."""

    visit_id: UUID
    part: int
    pdf: str
