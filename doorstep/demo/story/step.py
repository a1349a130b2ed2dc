"""What a step of the story is, and what an act is: data, told in the order of a day."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from proto.facts import Fact
from proto.pack import Deed, Lack, Met

#: What a stranger does with a bundle, offline.
CHECKS = ("VERIFY", "CHANGE")
#: Ends of paths by which a phone tells what was done, and asks for nothing.
TOLD_LATER = ("/journal", "/help")


class Who(StrEnum):
    """Who asks. Each signs in with an account of their own, but whoever passes by."""

    PHONE = "phone"  # the first collector's; it carries both
    PARTNER = "partner"  # the second collector's
    OFFICER = "officer"
    SECOND_OFFICER = "second-officer"
    SUPERVISOR = "supervisor"
    COMPLAINTS_OFFICER = "complaints-officer"
    PASSER_BY = "passer-by"
    STRANGER = "stranger"  # who checks evidence, with no Doorstep and no network

    @property
    def is_phone(self) -> bool:
        return self in (Who.PHONE, Who.PARTNER)


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
class ByPack:
    """What a phone without a signal asks the day's pack: may this be done, whoever is met?

    `lacking` is what is not as it should be, `script` what the phone then gives the pair
    to say.
    """

    deed: Deed
    met: Met
    lacking: tuple[Lack, ...] = ()
    script: str = ""

    @property
    def asks(self) -> str:
        return f"PACK {self.deed}/{self.met}"


@dataclass(frozen=True)
class Step:
    """One step: what the phone writes down first, then what is asked of the gateway.

    `name` is its text under `demo.steps`, `asks` the method and the path; or `PACK`, which
    is looked up in the phone itself (`by_pack`), or `SEND`, by which the phone sends all
    that waits in it, or `TAKE`, by which it takes a photo or ends its recording, notes it
    and sends it, or `VERIFY` and `CHANGE`, by which a stranger checks a bundle, or a copy
    of it in which one bit was changed. `signal` are the phones that have one from here on.
    A name in braces stands for an id: of the `door`'s visit and case, of the `phone`, of
    what an earlier answer gave (`keeps`: name to dotted path), else a new one; `now` for
    the moment. `present` is how many collectors a check-in carries, `away_m` how far from
    the door they are. A step that `hears` rests on word which may still be on its way, and
    is asked again until it has come. `clock` is the moment at which everything is started
    again first; `saves` a file for the PDF in the answer, or for an `exhibit`: what is sent
    as a file, and goes into the folder for a court. `aloud` lets the pair say what the
    answer tells them to. `unheard` is a word that no event of the act may have told the
    agency.
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
    by_pack: ByPack | None = None
    signal: tuple[Who, ...] | None = None
    exhibit: bool = False

    @property
    def method(self) -> str:
        return self.asks.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.asks.partition(" ")[2]

    @property
    def told_later(self) -> bool:
        """Whether a phone tells what was done: without a signal, that waits."""
        return self.who.is_phone and self.asks.endswith(TOLD_LATER)


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
