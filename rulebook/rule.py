"""What a rule is: its limits are its fields, and it answers one question."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from proto.decision import Act
from rulebook.problems import Problem

T = TypeVar("T")

#: Limits that limit something. Whoever writes more has mistaken the unit or the key.
People = Annotated[int, Field(strict=True, gt=0, le=10)]
MaskedItems = Annotated[int, Field(strict=True, gt=0, le=4)]  # as many as a case has
Metres = Annotated[float, Field(strict=True, gt=0, le=1_000, allow_inf_nan=False)]
Seconds = Annotated[float, Field(strict=True, gt=0, le=3_600, allow_inf_nan=False)]


def _quoted(value: object) -> object:
    """Refuse an unquoted 5000.10, of which YAML would make a binary fraction."""
    if not isinstance(value, str):
        raise Problem("sum-unquoted", value=repr(value))
    return value


#: A sum in yuan, to the fen.
Yuan = Annotated[
    Decimal,
    BeforeValidator(_quoted),
    Field(gt=0, le=1_000_000, decimal_places=2, allow_inf_nan=False),
]

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
    "on_duty",
    "apart_m",
    "answered_s",
    "mandate_in_force",
    "person_met",
    "allowed_entry_reasons",
    "address_open",
    "payment",
    "handing",
    "locating",
]

CHECK_IN = frozenset({Act.CHECK_IN})
ENTRY = frozenset({Act.ENTER_PREMISES})
COLLECT = frozenset({Act.COLLECT_CASH})
SHOW_CODE = frozenset({Act.SHOW_PAYMENT_CODE})
AT_THE_TALK = frozenset({Act.DISCUSS_DEBT}) | ENTRY | COLLECT | SHOW_CODE
HAND_OVER = frozenset({Act.HAND_OVER_LETTER})
LOCATE = frozenset({Act.ASK_THIRD_PARTY})
AUTHORISE = frozenset({Act.AUTHORISE_CASH})
WITH_A_PERSON = AT_THE_TALK | HAND_OVER | LOCATE
EVERY_ACT = CHECK_IN | WITH_A_PERSON


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

    def breach(self, facts: Any) -> Breach | None:
        """Say how the facts break the norm, or nothing. Raises `NotKnowable`.

        The facts are of the kind its acts are asked with; any other kind raises.
        """
        raise NotImplementedError

    def turns(self, facts: Any) -> Iterable[datetime]:
        """Return when it may answer otherwise, should the act begin then.

        On the wall clock of the day the facts begin on, for acts that last as long.
        """
        return ()

    def broken(self, way: str = "", **values: Any) -> Breach:
        """Return the breach of this norm in one of its ways."""
        return Breach(f"{self.key}.{way}" if way else self.key, values)


class Excuse(BaseModel):
    """An exception a book grants: the clauses of that book that name it are met by it.

    `reads` is as a rule's. What it cannot tell, it does not grant.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: ClassVar[str]
    reads: ClassVar[frozenset[str]]

    def granted(self, facts: Any) -> bool:
        """Say whether the facts are those of the exception."""
        raise NotImplementedError

    def turns(self, facts: Any) -> Iterable[datetime]:
        """Return when it may be granted or not, as `Rule.turns` does."""
        return ()


class Term(BaseModel):
    """What a book sets without judging anything: a number or list others decide by."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: ClassVar[str]

    def settles(self, act: Act) -> bool:
        """Say whether it sets what the act needs of it."""
        return True


def known(value: T | None, fact: Fact) -> T:
    """Return the value of a fact, or raise `NotKnowable`."""
    if value is None:
        raise NotKnowable(fact)
    return value


def measured(value: float | None, fact: Fact) -> float:
    """Return a length that can be true; receivers report failure as a negative one."""
    if value is None or not math.isfinite(value) or value < 0:
        raise NotKnowable(fact)
    return value
