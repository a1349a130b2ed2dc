"""The shapes every message shares, and the envelopes they travel in."""

import re
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from proto import ids

#: The years a moment may lie in. Beyond, a database and a driver may not agree on it.
FIRST_YEAR, LAST_YEAR = 2000, 2100


def bounded(moment: datetime) -> datetime:
    """Return a moment in UTC.

    Raises PydanticCustomError when no clock can have meant it.
    """
    if not FIRST_YEAR < moment.year < LAST_YEAR:
        raise PydanticCustomError(
            "moment_out_of_bounds", "see gateway/catalogue", {"expected": "2001-2099"}
        )
    return moment.astimezone(UTC)


#: An aware moment, in UTC whatever offset it was written with.
Moment = Annotated[AwareDatetime, AfterValidator(bounded)]


class Message(BaseModel):
    """Anything that crosses a boundary."""

    model_config = ConfigDict(frozen=True)


class Value(Message):
    """A part of a message. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


class Command(Message):
    """An order to one service. Unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")

    #: Whether it is about as many things as somebody likes, and so takes its time: it
    #: travels in a line of its own.
    bulk: ClassVar[bool] = False
    #: Whether somebody may be in danger: it waits behind nothing, in a line of its own.
    first: ClassVar[bool] = False
    #: Whether, as the answer to a job, it is told also by a worker that has lost its claim:
    #: what was left in the store is known by it alone. Its service takes it more than once.
    late: ClassVar[bool] = False

    @classmethod
    def operation(cls) -> str:
        """Return the name its service answers to: `CheckIn` -> `check_in`."""
        return snake(cls.__name__)

    def locks(self) -> tuple[UUID, ...]:
        """Return the ids of what it changes, the one it is about first.

        Commands that say so travel and commit in groups, and whatever stops something
        says so. One that says nothing is a question, or bulk work, and travels alone.
        """
        return ()


class Event(Message):
    """A fact. Unknown fields are ignored, so that its speaker may add to it."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def topic(cls) -> str:
        """Return its routing key: `field_visit.collectors_arrived`."""
        return f"{cls.__module__.split('.')[1]}.{snake(cls.__name__)}"

    def urgent(self) -> bool:
        """Tell whether it takes away what was allowed, and so goes before all others."""
        return False


class Standing(Event):
    """A thing that others decide by, published whole; the newest version counts.

    `version` starts at 1 and grows by one with every change of the thing.
    """

    version: int = Field(ge=1)

    def key(self) -> UUID:
        """Return the id of the thing this is the standing of."""
        raise LookupError(f"{type(self).__name__} does not say whose standing it is")


class Reply(Message):
    """What a command gives back."""

    def result(self) -> str:
        """Return in a word what came of it; of a decision its outcome."""
        return "done"

    def permit_until(self) -> datetime | None:
        """Return until when it allows something, if it does."""
        return None


class Role(StrEnum):
    """Who may do what, see the table in `docs/architecture.md`."""

    FIELD_COLLECTOR = "field_collector"  # 外访员
    PHONE_COLLECTOR = "phone_collector"  # 电催员
    SUPERVISOR = "supervisor"
    BANK_OFFICER = "bank_officer"
    COMPLAINTS_OFFICER = "complaints_officer"
    COMPLIANCE = "compliance"
    INTEGRATION = "integration"
    ADMINISTRATOR = "administrator"
    ANYONE = "anyone"  # at the door, by the code on the badge; no account has this role


class Asker(Value):
    """On whose behalf a command is sent; the service decides by this, not the gateway.

    `agency_id` and `person_id` are absent for people of the bank.
    """

    account_id: UUID
    role: Role
    agency_id: UUID | None = None
    person_id: UUID | None = None


class Order(Value):
    """A command in transit.

    `key` is the caller's idempotency key; a question has none. After `good_until`, by the
    clock of who sent it, nobody waits for an answer any more.
    """

    operation: str
    command: dict[str, Any]
    asker: Asker
    trace: str
    key: UUID | None = None
    good_until: Moment | None = None

    def late(self, now: datetime) -> bool:
        """Tell whether nobody waits for it any more."""
        return self.good_until is not None and now > self.good_until


class Answer(Value):
    """What became of an order: one of the four.

    `reply` is the reply's JSON as it was committed, `outcome` the decision's when there
    is one; a `problem` left nothing behind; `alone` asks for the order to be sent again
    by itself, since somebody else holds what it locks.
    """

    reply: str | None = None
    outcome: str = "done"
    problem: "Problem | None" = None
    alone: bool = False


class Problem(Value):
    """Why a command was not carried out, for a person: a catalogue key and its values.

    `kind` is the last part of the problem's type URI (RFC 9457, 3.1.1); `details` names
    single fields or rows by JSON pointer (RFC 6901).
    """

    kind: str
    status: int
    values: dict[str, Any] = {}
    details: tuple["Detail", ...] = ()


class Detail(Value):
    """One field or row that is wrong. `pointer` as in RFC 6901; `kind` in the catalogue."""

    pointer: str
    kind: str
    values: dict[str, Any] = {}


class Envelope(Message):
    """One event in transit: CloudEvents 1.0, with three extensions of ours.

    `subject` is what its order is kept by (mostly a case), `sequence` its place among
    the events of that subject from that source (from 1, without gaps).
    """

    specversion: Literal["1.0"] = "1.0"
    id: UUID = Field(default_factory=ids.new)
    source: str
    type: str
    subject: str
    time: Moment
    datacontenttype: Literal["application/json"] = "application/json"
    sequence: int = 0
    by: str
    trace: str
    data: dict[str, Any]


class Sealed(Value):
    """A personal field under the key of its case; opens only with the keyring.

    AES-256-GCM, or SM4-GCM where `alg` says so; `nonce` (12 bytes) and `box` (ciphertext
    and tag) are base64. What is sealed under one `purpose` does not open under another.
    """

    alg: Literal["A256GCM", "SM4GCM"] = "A256GCM"
    key_id: UUID
    purpose: str
    nonce: str
    box: str


@cache
def snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
