"""A phone's journal: facts in order, each linked to the one before, its head signed."""

import re
from itertools import pairwise
from typing import Annotated, Any
from uuid import UUID

from annotated_types import Len
from pydantic import ConfigDict, Field, RootModel, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from proto.base import Detail, Moment, Value
from proto.canonical import canonical, of_json
from proto.facts import OF_THE_DAY, Fact
from proto.signing import Signature, hashed

#: What the first entry of a device names as the one before it.
GENESIS = "0" * 64
#: The largest number of an entry, and of milliseconds: whole in every JSON (RFC 7493).
LARGEST = 2**53 - 1
HEX = re.compile(r"[0-9a-f]{64}\Z")


class Entry(Value):
    """One fact in a phone's journal: gapless by `seq` (from 1), linked by `prev`.

    `prev` is the `link` of the entry before it on that device, over the whole day and all
    its visits; an entry of the day alone names no visit. `at` is the phone's wall clock,
    `elapsed_ms` its monotonic one since the boot `boot_id`, `satellite_at` what the
    satellites told it.
    """

    seq: int = Field(ge=1, le=LARGEST)
    at: Moment
    prev: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    fact: Fact
    visit_id: UUID | None = Field(default=None, validate_default=True)
    boot_id: UUID | None = None
    elapsed_ms: int | None = Field(default=None, ge=0, le=LARGEST)
    satellite_at: Moment | None = None

    @field_validator("visit_id", mode="after")
    @classmethod
    def _of_a_visit(cls, visit_id: UUID | None, info: ValidationInfo) -> UUID | None:
        """Refuse a fact from a door that does not say which door."""
        fact = info.data.get("fact")
        if visit_id is None and fact is not None and not isinstance(fact, OF_THE_DAY):
            raise PydanticCustomError("visit_missing", "see gateway/catalogue")
        return visit_id

    def link(self) -> str:
        """Return the SHA-256 the next entry names, hex."""
        return hashed(of_json(self.model_dump(mode="json", exclude_none=True)))

    def place(self) -> tuple[int, str]:
        """Return its number, and the link it follows."""
        return self.seq, self.prev


class Unread(RootModel[Any]):
    """What stands in a journal where an entry should, and cannot be read as one."""

    model_config = ConfigDict(frozen=True)

    def link(self) -> str:
        """Return the SHA-256 the next entry names: of what was sent, as canonical JSON."""
        try:
            return hashed(canonical(self.root))
        except Exception:  # a number that has no canonical form: it has no link either
            return ""

    def place(self) -> tuple[int, str] | None:
        """Return its number and the link it follows, if it has both."""
        if not isinstance(self.root, dict) or not self.link():
            return None
        seq, prev = self.root.get("seq"), self.root.get("prev")
        if type(seq) is not int or not isinstance(prev, str) or not HEX.match(prev):
            return None
        return (seq, prev) if 1 <= seq <= LARGEST else None


Written = Annotated[Entry | SkipJsonSchema[Unread], Field(union_mode="left_to_right")]


class Journal(Value):
    """Entries of one phone, in order; the phone signed the head (the last link).

    What cannot be read as an entry keeps nobody else's entry from being kept.
    """

    device_id: UUID
    entries: Annotated[tuple[Written, ...], Len(1, 200)]
    signature: Signature

    def head(self) -> bytes:
        """Return the bytes that were signed: the last entry's link, as ASCII."""
        return self.entries[-1].link().encode()

    def readable(self) -> tuple[Entry, ...]:
        """Return the entries that can be read."""
        return tuple(each for each in self.entries if isinstance(each, Entry))

    def visits(self) -> tuple[UUID, ...]:
        """Return the visits that its entries are of, in their order, each once."""
        named = (each.visit_id for each in self.readable())
        return tuple(dict.fromkeys(each for each in named if each))

    def last_seq(self) -> int | None:
        """Return the number of the last entry that has one."""
        places = (each.place() for each in reversed(self.entries))
        return next((place[0] for place in places if place), None)

    def broken(self) -> list[Detail]:
        """Name the entries that do not follow the one before."""
        return [
            Detail(pointer=f"/journal/entries/{row}", kind="journal-broken")
            for row, (one, next_) in enumerate(pairwise(self.entries), 1)
            if not follows(one, next_)
        ]


def follows(one: Entry | Unread, next_: Entry | Unread) -> bool:
    """Tell whether an entry follows another: by its number, and by the link it names."""
    before, after = one.place(), next_.place()
    if before is None or after is None:
        return False
    return after == (before[0] + 1, one.link())


class Gap(Value):
    """Entries that are missing, from the first to the last of them."""

    first: int
    last: int
