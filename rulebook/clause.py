"""What a clause and a book are: what is written, where, since when and how strictly."""

import hashlib
import json
from datetime import date
from functools import cached_property
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from proto.base import Role
from proto.decision import Act, Outcome, Text
from rulebook.topics import RULES

#: Read in the primary text, in a secondary source, from memory, or made up to show how.
Confidence = Literal["verified", "secondary", "memory", "example"]


class Clause(BaseModel):
    """One sentence of a book, and what becomes of an act that breaks it.

    `clause` is its id in `source/clauses.csv`, `cite` its place in the book. A breach
    comes to `otherwise`; `ask` is the role that may be asked then. `acts` narrows the
    acts its rule speaks to. `unless` is the clause of the same book that grants an
    exception from it, and from nothing else. `serves` are the clauses that a contract's
    own clause is there for. `kept_by` names what keeps a norm that is not judged.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    clause: str
    cite: str
    quote: str = Field(min_length=6)
    since: date
    until: date | None = None
    status: Literal["in_force", "draft"]
    severity: Literal["prohibition", "duty", "principle"]
    obligor: Literal["agency", "bank"]
    confidence: Confidence | None = None
    otherwise: Outcome = Outcome.STOP
    ask: Role | None = None
    acts: tuple[Act, ...] | None = None
    limits: dict[str, Any] = {}
    unless: str | None = None
    serves: tuple[str, ...] = ()
    kept_by: str | None = None

    def in_force(self, on: date) -> bool:
        """Say whether it binds on a day; `until` is the first day it does not."""
        begun = self.status == "in_force" and self.since <= on
        return begun and (self.until is None or on < self.until)

    def says_with(self, other: "Clause") -> bool:
        """Tell whether both are the same clause on some day: a number with two values."""
        if (self.key, self.clause) != (other.key, other.clause):
            return False
        first, second = sorted((self, other), key=lambda clause: clause.since)
        return first.until is None or second.since < first.until

    def judges(self, act: Act) -> bool:
        """Say whether it names a rule, and that rule speaks to the act."""
        rule = RULES.get(self.key)
        return rule is not None and act in (self.acts or rule.acts)


class Book(BaseModel):
    """One rulebook (规则集). `section` is set if the source document contains it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    title: Text
    language: Literal["zh-CN", "en"]
    source: str
    section: int | None = None
    confidence: Confidence
    clauses: tuple[Clause, ...] = Field(min_length=1)

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of all it says, in canonical JSON."""
        said = json.dumps(
            self.model_dump(mode="json"), sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(said.encode()).hexdigest()
