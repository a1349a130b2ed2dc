"""A record before it is a line: what it says, what it hides, and what it is about."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from chassis.errors import Unavailable
from chassis.keyring import Keyring
from evidence.canonical import canonical
from evidence.errors import CannotWrite
from evidence.records import hide
from evidence.suites import Suite
from proto.base import Sealed
from services.field_visit.model import Opens


@dataclass(frozen=True)
class Hidden:
    """What a record commits to by a digest. `text` discloses it, unless it is lost.

    `for_bank`: an agency is not shown it.
    """

    commits: Mapping[str, str]
    text: str | None
    opens: Opens = Opens.PERSON
    for_bank: bool = False


@dataclass(frozen=True)
class Draft:
    """A record that a part may have, and that no earlier part has by its `ref`."""

    kind: str
    at: datetime
    body: dict[str, Any]
    ref: str
    hidden: dict[str, Hidden] = field(default_factory=dict)


@dataclass(frozen=True)
class Pen:
    """Hides what is personal, and opens what lies sealed, with the keys it was given."""

    suite: Suite
    keyring: Keyring

    def hides(
        self,
        personal: Any,
        opens: Opens = Opens.PERSON,
        *,
        for_bank: bool = False,
    ) -> Hidden:
        """Hide an object, with a salt of its own."""
        commits, text = hide(self.suite, plain(personal))
        return Hidden(commits, text, opens, for_bank)

    def opened(self, sealed: Any, purpose: str) -> str | None:
        """Open a sealed field; None of what is lost, or was never there."""
        if not sealed:
            return None
        box = Sealed.model_validate(sealed)
        if box.key_id not in self.keyring.keys:
            return None
        try:
            return self.keyring.open(box, box.key_id, purpose)
        except Unavailable:
            return None


def plain(personal: dict[str, Any]) -> dict[str, Any]:
    """Return an object that has a canonical form; of one that has none, as a text."""
    try:
        canonical(personal)
    except CannotWrite:
        return {"json": json.dumps(personal, ensure_ascii=True, sort_keys=True)}
    return personal


def moment(at: datetime | None) -> str | None:
    """Write a moment as records do."""
    return None if at is None else at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def words(ids: Iterable[UUID]) -> list[str]:
    return [str(each) for each in ids]


def ref_of(kind: str, body: Mapping[str, Any]) -> str:
    """Return what a record is about: a part has none that an earlier part has."""
    names = REFS.get(kind)
    about = body if names is None else [body.get(name) for name in names]
    return f"{kind}/{json.dumps(about, sort_keys=True)}"


#: By what a record is told from others of its kind; one of no other is by all it says.
REFS: Mapping[str, tuple[str, ...]] = {
    "visit": (),
    "phone": ("device",),
    "check_in": ("collector", "at"),
    "entry": ("device", "seq"),
    "link": ("device", "seq"),
    "odd": ("id",),
    "decision": ("id",),
    "withdrawn": ("id", "ended_at"),
    "help": ("id", "acknowledged_at"),
    "file": ("id", "found"),
    "correction": ("id",),
    "erased": ("id",),
}


#: What may become again what it was: each says all that is known by then.
STATES = ("coverage", "ending")


def draft(kind: str, at: datetime, body: dict[str, Any], **hidden: Hidden | None) -> Draft:
    """Return a record; what is lost is not hidden."""
    known = {name: each for name, each in hidden.items() if each is not None}
    return Draft(kind, at, body, ref_of(kind, body), known)
