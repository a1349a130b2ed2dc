"""What a rule is: its limits are its fields, and it answers one question."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from proto.decision import Act
from rulebook.facts import DoorFacts

T = TypeVar("T")

#: Limits that limit something. Whoever writes more has mistaken the unit or the key.
People = Annotated[int, Field(strict=True, gt=0, le=10)]
MaskedItems = Annotated[int, Field(strict=True, gt=0, le=4)]  # as many as a case has
Metres = Annotated[float, Field(strict=True, gt=0, le=1_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(strict=True, gt=0, le=3_600, allow_inf_nan=False)]

#: The facts that may be unknown; each has a name in the catalogues.
Fact = Literal[
    "starts_at",
    "ends_at",
    "here",
    "distance_m",
    "accuracy_m",
    "presence_age_s",
    "certified",
    "in_service",
    "mandate_in_force",
    "person_met",
    "allowed_entry_reasons",
]

CHECK_IN = frozenset({Act.CHECK_IN})
AT_THE_TALK = frozenset({Act.DISCUSS_DEBT, Act.ENTER_PREMISES})
ENTRY = frozenset({Act.ENTER_PREMISES})
EVERY_ACT = frozenset(Act)


class NotKnowable(Exception):
    """A clause needs a fact that nobody knows."""

    def __init__(self, fact: Fact) -> None:
        super().__init__(f"{fact} is not known")
        self.fact = fact


@dataclass(frozen=True, slots=True)
class Breach:
    """What is wrong: the key of its sentences in the catalogues, and their values."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


class Rule(BaseModel):
    """What a clause means for an act.

    `acts` are the acts it speaks to, `reads` the facts it looks at and no others; `ways`
    are the ways to break it, each with sentences of its own under `<key>.<way>`. No ways:
    one sentence under `<key>`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: ClassVar[str]
    acts: ClassVar[frozenset[Act]]
    reads: ClassVar[frozenset[str]]
    ways: ClassVar[tuple[str, ...]] = ()

    def breach(self, facts: DoorFacts) -> Breach | None:
        """Say how the facts break the norm, or nothing. Raises `NotKnowable`."""
        raise NotImplementedError

    def broken(self, way: str = "", **values: Any) -> Breach:
        """Return the breach of this norm in one of its ways."""
        return Breach(f"{self.key}.{way}" if way else self.key, values)


class Term(BaseModel):
    """What a book sets without judging anything: a number or list others decide by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: ClassVar[str]


def known(value: T | None, fact: Fact) -> T:
    """Return the value of a fact, or raise `NotKnowable`."""
    if value is None:
        raise NotKnowable(fact)
    return value


def measured(value: float | None, fact: Fact) -> float:
    """Return a length that can be true; receivers report failure as a negative one."""
    if value is None or math.isnan(value) or value < 0:
        raise NotKnowable(fact)
    return value
