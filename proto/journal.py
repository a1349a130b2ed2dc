"""A phone's journal: facts in order, each linked to the one before, its head signed.

What an entry says is hashed in two steps, each with a salt of its own: so that a fact can
be erased while the chain still fits, and an entry be left out of what somebody else sees.
"""

import re
from itertools import pairwise
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from annotated_types import Len
from pydantic import ConfigDict, Field, RootModel, ValidationInfo, field_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from proto.base import Detail, Moment, Value
from proto.canonical import canonical
from proto.facts import OF_THE_DAY, PERSONAL, Fact
from proto.signing import Signature, hashed

#: What the first entry of a device names as the one before it.
GENESIS = "0" * 64
#: The largest number of an entry, and of milliseconds: whole in every JSON (RFC 7493).
LARGEST = 2**53 - 1
HEX = re.compile(r"[0-9a-f]{64}\Z")
#: 128 bits of chance, in hex.
SALT = r"^[0-9a-f]{32}$"
SALTED = re.compile(SALT)


#: The name of a member of a fact.
Name = Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]


class Hashes(NamedTuple):
    """The link of an entry, and what leads to it when what it hides is gone.

    `personal` is what it hides, as it is hashed, `hidden` the hash of that; `salt` is the
    body's own. All but the link are absent for an entry without a salt.
    """

    link: str
    salt: str | None = None
    personal: str | None = None
    hidden: str | None = None


def hashes_of(raw: Any) -> Hashes:
    """Return the hashes of an entry, given as JSON without what is absent.

    The link names the entry before it and a hash of what it says, so that it can be shown
    what an entry follows without showing what it says. Raises for what has no such form.
    """
    if not isinstance(raw, dict) or "salt" not in raw:
        return Hashes(hashed(canonical(raw)))
    if not SALTED.match(raw["salt"]) or not HEX.match(raw["prev"]):
        raise ValueError("no salt, or no link")
    said, personal = saying(raw)
    link = hashed(linked(raw["prev"], raw["seq"], hashed(canonical(said))))
    if personal is None:
        return Hashes(link, said["salt"])
    return Hashes(link, said["salt"], personal.decode(), said["fact"]["hidden"])


def linked(prev: str, seq: int, sha256: str) -> bytes:
    """Return what a link is the hash of, as canonical JSON."""
    return f'{{"prev":"{prev}","seq":{seq:d},"sha256":"{sha256}"}}'.encode()


def texts(raw: dict[str, Any]) -> tuple[bytes, bytes | None]:
    """Return what an entry with a salt says, as it is hashed, and what it hides."""
    said, personal = saying(raw)
    return canonical(said), personal


def saying(raw: dict[str, Any]) -> tuple[dict[str, Any], bytes | None]:
    """Return what an entry with a salt says, and as it is hashed what it hides."""
    said = {k: v for k, v in raw.items() if k not in ("seq", "prev")}
    said["salt"], personal = salt_for(raw["salt"], "body"), None
    if names := raw.get("hides"):
        fact = raw["fact"]
        hidden = {name: fact[name] for name in names if name in fact}
        personal = canonical(hidden | {"salt": salt_for(raw["salt"], "personal")})
        said["fact"] = {k: v for k, v in fact.items() if k not in names}
        said["fact"]["hidden"] = hashed(personal)
    return said, personal


def salt_for(salt: str, part: str) -> str:
    """Return the salt of a part: whoever knows one learns nothing of the other."""
    return hashed(f"{salt}/{part}".encode())[:32]


class Entry(Value):
    """One fact in a phone's journal: gapless by `seq` (from 1), linked by `prev`.

    `prev` is the `link` of the entry before it on that device, over the whole day and all
    its visits; an entry of the day alone names no visit. `at` is the phone's wall clock,
    `elapsed_ms` its monotonic one since the boot `boot_id`, `satellite_at` what the
    satellites told it.

    `salt` is new for each entry; `hides` names the members of its fact that are personal
    (`proto/facts.py`). An entry without a salt is hashed as it is, as phones of before do.
    """

    seq: int = Field(ge=1, le=LARGEST)
    at: Moment
    prev: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    fact: Fact
    visit_id: UUID | None = Field(default=None, validate_default=True)
    boot_id: UUID | None = None
    elapsed_ms: int | None = Field(default=None, ge=0, le=LARGEST)
    satellite_at: Moment | None = None
    salt: Annotated[str, Field(pattern=SALT)] | None = None
    hides: Annotated[tuple[Name, ...], Len(1, 16)] | None = Field(
        default=None, validate_default=True
    )

    @field_validator("visit_id", mode="after")
    @classmethod
    def _of_a_visit(cls, visit_id: UUID | None, info: ValidationInfo) -> UUID | None:
        """Refuse a fact from a door that does not say which door."""
        fact = info.data.get("fact")
        if visit_id is None and fact is not None and not isinstance(fact, OF_THE_DAY):
            raise PydanticCustomError("visit_missing", "see gateway/catalogue")
        return visit_id

    @field_validator("hides", mode="after")
    @classmethod
    def _what_is_personal(
        cls, hides: tuple[str, ...] | None, info: ValidationInfo
    ) -> tuple[str, ...] | None:
        """Refuse to hash in the clear what is personal, and to hide what is not."""
        if info.data.get("salt") is None:
            if hides:
                raise PydanticCustomError("hides_without_salt", "see gateway/catalogue")
            return None
        fact = info.data.get("fact")
        personal = PERSONAL.get(type(fact), frozenset()) if fact else frozenset()
        if set(hides or ()) != personal:
            expected = {"expected": ", ".join(sorted(personal)) or "null"}
            raise PydanticCustomError("hides_otherwise", "see gateway/catalogue", expected)
        return hides

    def link(self) -> str:
        """Return the SHA-256 the next entry names, hex."""
        return self.hashes().link

    def hashes(self) -> Hashes:
        """Return its link, and what leads to it."""
        return hashes_of(self.model_dump(mode="json", exclude_none=True))

    def place(self) -> tuple[int, str]:
        """Return its number, and the link it follows."""
        return self.seq, self.prev


class Unread(RootModel[Any]):
    """What stands in a journal where an entry should, and cannot be read as one."""

    model_config = ConfigDict(frozen=True)

    def link(self) -> str:
        """Return the SHA-256 the next entry names: of what was sent, as canonical JSON."""
        try:
            return hashes_of(self.root).link
        except Exception:  # a number that has no canonical form: it has no link either
            return ""

    def hashes(self) -> Hashes:
        """Return its link; what it hides, if anything, nobody can tell."""
        return Hashes(self.link())

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
