"""Books of clauses: what is written, where, since when and how strictly.

A book loads only if each of its clauses names something that exists: a rule with its
limits, a term, or a norm that is kept elsewhere. One misprint and no book is loaded.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache, cached_property
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from proto.base import Role
from proto.decision import Act, Outcome, Text
from rulebook.quotes import requirements, sentences
from rulebook.reading import Misprint, Page, Place, page, unheard_of
from rulebook.rule import Rule, Term
from rulebook.topics import KEPT_ELSEWHERE, RULES, TERMS

#: Read in the primary text, in a secondary source, from memory, or made up to show how.
Confidence = Literal["verified", "secondary", "memory", "example"]


class Clause(BaseModel):
    """One sentence of a book, and what becomes of an act that breaks it.

    `clause` is its id in `source/clauses.csv`, `cite` its place in the book. A breach
    comes to `otherwise`; `ask` is the role that may be asked then. `acts` narrows the
    acts its rule speaks to. `unless` is the clause that grants an exception: no fact
    can prove one yet, so it excuses nobody. `serves` are the clauses that a contract's
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


@cache
def load() -> Mapping[str, Book]:
    """Return all books by id. Raises `Misprint`, and then there is no book at all."""
    folder = resources.files("rulebook") / "books"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    books = [read(file.name, file.read_text("utf-8")) for file in files]
    if len({book.id for book in books}) < len(books):
        raise Misprint(f"two books have one id: {[book.id for book in books]}")
    return MappingProxyType({book.id: book for book in books})


def read(file: str, text: str) -> Book:
    """Read one book and check every clause of it. Raises `Misprint`."""
    paper = page(file, text)
    fields = (*Book.model_fields, *Clause.model_fields)
    book = paper.shaped(Book, paper.content, (), fields)
    for index, clause in enumerate(book.clauses):
        _check(paper, ("clauses", index), book, clause)
        if any(clause.says_with(before) for before in book.clauses[:index]):
            problem = f"{clause.clause} {clause.key} stands twice for some days; end one"
            raise paper.misprint(("clauses", index, "since"), problem)
    return book


def _check(paper: Page, at: Place, book: Book, clause: Clause) -> None:
    norm = _norm(paper, at, clause)
    if norm is not None:
        limits = (*at, "limits")
        paper.shaped(norm, clause.limits, limits, norm.model_fields)
    for field, problem in (
        *_contradictions(clause),
        *_references(clause),
        *_misquoted(book.section, clause),
    ):
        raise paper.misprint((*at, field), problem)


def _norm(paper: Page, at: Place, clause: Clause) -> type[Rule] | type[Term] | None:
    """Return what the clause names; nothing if it is kept elsewhere."""
    if clause.kept_by is None:
        norms: dict[str, type[Rule] | type[Term]] = {**RULES, **TERMS}
        if clause.key in norms:
            return norms[clause.key]
        raise paper.misprint((*at, "key"), unheard_of("norm", clause.key, norms))
    if clause.kept_by not in KEPT_ELSEWHERE:
        problem = unheard_of("guard or procedure", clause.kept_by, KEPT_ELSEWHERE)
        raise paper.misprint((*at, "kept_by"), problem)
    if clause.key not in (keeps := KEPT_ELSEWHERE[clause.kept_by]):
        problem = f"it keeps {', '.join(sorted(keeps))}, not {clause.key!r}"
        raise paper.misprint((*at, "kept_by"), problem)
    if clause.limits:
        raise paper.misprint((*at, "limits"), "what is kept elsewhere has no limits here")
    return None


def _contradictions(clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the fields of a clause that do not go together."""
    if clause.otherwise is Outcome.PROCEED:
        yield "otherwise", "a breach cannot proceed, write wait, ask or stop"
    if (clause.otherwise is Outcome.ASK) != (clause.ask is not None):
        yield "ask", "a role is named if, and only if, the outcome is to ask"
    if clause.acts is not None and not _narrows(clause):
        yield "acts", f"{clause.key!r} does not speak to these acts"
    if clause.until is not None and clause.until <= clause.since:
        yield "until", f"it ends on {clause.until}, before it begins"


def _references(clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the fields of a clause that name a clause nobody knows."""
    if clause.unless is not None and clause.unless not in requirements():
        yield "unless", unheard_of("clause", clause.unless)
    for other in clause.serves:
        if other not in requirements():
            yield "serves", unheard_of("clause", other)


def _narrows(clause: Clause) -> bool:
    """Say whether the acts of a clause are some of those its rule speaks to."""
    rule = RULES.get(clause.key)
    return (
        rule is not None and bool(clause.acts) and rule.acts.issuperset(clause.acts or ())
    )


def _misquoted(section: int | None, clause: Clause) -> Iterator[tuple[str, str]]:
    """Yield the fields of a clause that are not what the source document says.

    A quote is as long as the clause, or longer, and stands word for word on its line.
    """
    required = requirements().get(clause.clause)
    if section is None:
        if required is not None:
            problem = "is one of the source document, name its section"
            yield "clause", f"clause {clause.clause!r} {problem}"
    elif required is None or not clause.clause.startswith(f"{section}."):
        yield "clause", f"{unheard_of('clause', clause.clause)} in section {section}"
    elif required.line not in sentences():
        problem = "of the source document is not in source/sentences.csv"
        yield "clause", f"line {required.line} {problem}"
    elif required.quote not in clause.quote:
        yield "quote", f"clause {clause.clause} says {required.quote!r}"
    elif clause.quote not in sentences()[required.line]:
        problem = "of the source document does not say this word for word"
        yield "quote", f"line {required.line} {problem}"
