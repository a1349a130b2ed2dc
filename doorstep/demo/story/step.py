"""What a step of the story is, and what an act is: data, told in the order of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from proto.facts import Fact


class Who(StrEnum):
    """Who asks. Each signs in with an account of their own, but whoever passes by."""

    PHONE = "phone"  # the first collector's; it carries both
    OFFICER = "officer"
    SECOND_OFFICER = "second-officer"
    SUPERVISOR = "supervisor"
    COMPLAINTS_OFFICER = "complaints-officer"
    PASSER_BY = "passer-by"


@dataclass(frozen=True)
class Expected:
    """What the rules say of a step: how it is answered, and which events tell of it.

    `marked` are the clauses of the breach that an event of it marks. `shows` names parts
    of the answer by their dotted path, and what stands there.
    """

    status: int
    outcome: str
    clauses: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()
    marked: tuple[str, ...] = ()
    shows: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Step:
    """One step: what the phone writes down first, then what is asked of the gateway.

    `name` is its text under `demo.steps`, `asks` the method and the path. A name in
    braces stands for an id: of the `door`'s visit and case, of what an earlier answer
    gave (`keeps`: name to dotted path), else a new one. `present` is how many collectors
    a check-in carries, `away_m` how far from the door they are. A step that `hears` rests
    on word which may still be on its way, and is asked again until it has come. `clock`
    is the moment at which everything is started again first; `saves` a file for the PDF
    in the answer; `aloud` lets the pair say what the answer tells them to. `unheard` is a
    word that no event of the act may have told the agency.
    """

    name: str
    asks: str
    expects: Expected
    who: Who = Who.PHONE
    facts: tuple[Fact, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    present: int = 0
    away_m: float = 0
    hears: bool = False
    keeps: Mapping[str, str] = field(default_factory=dict)
    clock: str = ""
    door: str = ""
    saves: str = ""
    unheard: str = ""
    aloud: bool = False

    @property
    def method(self) -> str:
        return self.asks.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.asks.partition(" ")[2]


@dataclass(frozen=True)
class Act:
    """What happens at one door: `door` names the visit in the files, as `name` there.

    `name` is its title under `demo.acts`, `after` the act without which it makes no sense.
    """

    name: str
    door: str
    steps: tuple[Step, ...]
    after: str = ""

    @property
    def doors(self) -> frozenset[str]:
        """Return the visits of the act: its own, and those that a step goes to."""
        return frozenset({self.door} | {step.door for step in self.steps if step.door})
