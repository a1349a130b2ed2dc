"""Where the source contradicts itself about a door, and what is done by default.

Declared as data and held to the code: a default that nothing keeps does not load.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from proto.decision import Text
from rulebook import book as shelf
from rulebook.kept import KEPT_ELSEWHERE
from rulebook.needed import NEEDED
from rulebook.problems import unheard_of
from rulebook.quotes import requirements
from rulebook.reading import Page, Place, page
from rulebook.topics import EXCUSES, RULES

#: How a default is kept: every clause is judged, a norm must be settled, an exception lifts
#: its own clause alone, a model has no place for it, or there is no message that could.
How = Literal["judged", "needed", "excused", "guard", "no_message"]


class Contradiction(BaseModel):
    """Clauses that disagree, the default, and what keeps it: norms by key, or guards.

    `id` is that of `source/contradictions.csv`. What `no_message` names is what nobody
    can say to us: it names no code.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    one: tuple[str, ...] = Field(min_length=1)
    other: tuple[str, ...] = Field(min_length=1)
    default: Text
    kept: Mapping[How, tuple[str, ...]] = Field(min_length=1)

    def clauses(self) -> tuple[str, ...]:
        """Return the clauses of both sides."""
        return (*self.one, *self.other)

    def between(self, books: Iterable[str]) -> bool:
        """Say whether these books stand on both sides."""
        theirs = _sections(books)
        return all(
            any(_section(clause) in theirs for clause in side)
            for side in (self.one, self.other)
        )


class Declared(BaseModel):
    """The file of them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contradictions: tuple[Contradiction, ...]


def contradictions(books: Iterable[str] | None = None) -> tuple[Contradiction, ...]:
    """Return those that touch what these books say, or all. Raises `Misprint`.

    A section of the source is a book's, also where nothing of it is judged at a door.
    """
    if books is None:
        return declared()
    theirs = _sections(books)
    return tuple(
        each
        for each in declared()
        if any(_section(clause) in theirs for clause in each.clauses())
    )


@cache
def declared() -> tuple[Contradiction, ...]:
    """Return all that are declared. Raises `Misprint`."""
    file = "contradictions.yaml"
    return read(file, (resources.files("rulebook") / file).read_text("utf-8"))


def read(file: str, text: str) -> tuple[Contradiction, ...]:
    """Read declarations, and hold each of them to what it names. Raises `Misprint`."""
    paper = page(file, text)
    fields = (*Declared.model_fields, *Contradiction.model_fields)
    found = paper.shaped(Declared, paper.content, (), fields).contradictions
    for index, each in enumerate(found):
        at = ("contradictions", index)
        for side in ("one", "other"):
            _exist(paper, (*at, side), "clause", getattr(each, side), requirements())
        for how, names in each.kept.items():
            if how != "no_message":
                kind, known = _keepers(how)
                _exist(paper, (*at, "kept", how), kind, names, known)
    return found


def _exist(
    paper: Page, at: Place, kind: str, names: Iterable[str], known: Iterable[str]
) -> None:
    for name in names:
        if name not in known:
            raise paper.misprint(at, unheard_of(kind, name, known))


def _keepers(how: How) -> tuple[str, Iterable[str]]:
    """Return what may keep a default in that way: what one is called, and all of them."""
    if how == "judged":
        return "rule", RULES
    if how == "needed":
        return "needed-norm", {key for keys in NEEDED.values() for key in keys}
    return ("exception", EXCUSES) if how == "excused" else ("guard", KEPT_ELSEWHERE)


def _sections(books: Iterable[str]) -> frozenset[str]:
    """Return the sections of the source that some books are."""
    return frozenset(str(book.section) for book in shelf.known(books) if book.section)


def _section(clause: str) -> str:
    return clause.partition(".")[0]
