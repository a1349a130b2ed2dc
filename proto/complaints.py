"""Complaints: what somebody objects to. Answered by the bank itself, never by an agency."""

from enum import StrEnum
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from proto import ids
from proto.base import Command, Event, Moment, Reply, Standing

Words = Annotated[str, Field(min_length=1, max_length=4000)]


class Channel(StrEnum):
    """How a complaint came."""

    BADGE = "badge"
    DOOR = "door"
    HOTLINE = "hotline"
    LETTER = "letter"
    REGULATOR = "regulator"


class About(StrEnum):
    """What it is about, as far as whoever complains says so."""

    CONDUCT = "conduct"
    THREAT = "threat"
    MONEY = "money"
    PRIVACY = "privacy"
    NOT_SHOWN = "not_shown"  # they did not show me the code, badge or letter
    WRONG_PERSON = "wrong_person"
    OTHER = "other"


class ComplainByBadge(Command):
    """Somebody at a door complains, by the code on the badge; they need not be anybody.

    An unknown code is taken all the same: the desk looks into it. `contact` is how the
    bank may answer.
    """

    complaint_id: UUID
    code: Annotated[str, Field(min_length=1, max_length=40)]
    about: About = About.OTHER
    words: Words
    contact: Annotated[str, Field(max_length=200)] | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.complaint_id,)


class FileComplaint(Command):
    """The complaints desk takes a complaint in, about a case if it is known which."""

    complaint_id: UUID
    case_id: UUID | None = None
    channel: Channel
    about: About = About.OTHER
    words: Words
    contact: Annotated[str, Field(max_length=200)] | None = None

    def locks(self) -> tuple[UUID, ...]:
        return (self.complaint_id,)


def key_of(complaint_id: UUID) -> UUID:
    """Return the id of the key that a complaint is sealed under.

    Anybody may choose a complaint's id. Were it the key's as well, somebody could have
    their words sealed under the key of a case, or learn that a key was shredded.
    """
    return ids.named("complaint", str(complaint_id))


class Verdict(StrEnum):
    """What the bank found."""

    UPHELD = "upheld"
    NOT_UPHELD = "not_upheld"
    WITHDRAWN = "withdrawn"


class CloseComplaint(Command):
    """The bank has told who complained what it found; work on the case may go on."""

    complaint_id: UUID
    verdict: Verdict

    def locks(self) -> tuple[UUID, ...]:
        return (self.complaint_id,)


class ShowComplaint(Command):
    """A complaint, opened, for the complaints desk and for compliance, who reads all."""

    complaint_id: UUID


class ListComplaints(Command):
    """Complaints that are open, oldest first: at most `limit`, after `after`.

    Without what was said: that is looked at one by one.
    """

    limit: int = Field(default=50, ge=1, le=200)
    after: UUID | None = None


class Filed(Reply):
    """The complaint is with the bank. Whether a case was found is nobody's to learn."""

    complaint_id: UUID


class ComplaintShown(Reply):
    """A complaint as the desk sees it.

    `words`, `contact` and `code`, as it was typed, stand in the answer to ShowComplaint
    alone, and there only if somebody wrote them and they were not shredded since.
    """

    complaint_id: UUID
    case_id: UUID | None
    visit_id: UUID | None
    channel: Channel
    about: About
    state: Literal["open", "closed"]
    verdict: Verdict | None
    words: str | None
    contact: str | None
    code: str | None
    since: Moment


class ComplaintList(Reply):
    complaints: tuple[ComplaintShown, ...]


class WorkStanding(Standing):
    """Whether a case may be worked as far as the complaints desk is concerned."""

    case_id: UUID
    suspended: bool

    def key(self) -> UUID:
        return self.case_id

    def urgent(self) -> bool:
        return self.suspended


class ComplaintOpened(Event):
    """Somebody complained. Its subject is the complaint, never the case."""

    complaint_id: UUID
    channel: Channel
    about: About
    at: Moment


class ComplaintClosed(Event):
    """The bank has answered."""

    complaint_id: UUID
    verdict: Verdict
    at: Moment
