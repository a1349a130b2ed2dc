"""Proof-reading of a book: all that is wrong with it, clause by clause, with the lines."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from pydantic import ValidationError

from proto.decision import Outcome
from rulebook.clause import Book, Clause
from rulebook.kept import KEPT_ELSEWHERE
from rulebook.problems import Problem, unheard_of
from rulebook.quotes import requirements, sentences
from rulebook.reading import Misprint, Page, Place, page
from rulebook.rule import Excuse, Rule, Term
from rulebook.topics import EXCUSES, RULES, TERMS

Norm = Rule | Excuse | Term
FIELDS = (*Book.model_fields, *Clause.model_fields)


class Proof(NamedTuple):
    """A book, or what is wrong with it, line by line."""

    book: Book | None
    misprints: tuple[Misprint, ...]


def proofs(file: str, text: str) -> Proof:
    """Read a book and look at every clause of it, also where others are misprinted."""
    try:
        paper = page(file, text)
    except Misprint as misprint:
        return Proof(None, (misprint,))
    wrong = [*paper.misshaped(Book, paper.content, (), FIELDS), *_of_clauses(paper)]
    if wrong:
        return Proof(None, tuple(sorted(wrong, key=lambda misprint: misprint.line)))
    return Proof(Book.model_validate(paper.content), ())


def _of_clauses(paper: Page) -> Iterator[Misprint]:
    """Yield what is wrong with those clauses that have the shape of one."""
    content = paper.content if isinstance(paper.content, dict) else {}
    written = content.get("clauses")
    section = content.get("section")
    excuses = _excuses(written if isinstance(written, list) else ())
    before: list[Clause] = []
    for index, each in enumerate(written if isinstance(written, list) else ()):
        try:
            clause = Clause.model_validate(each)
        except ValidationError:
            continue
        at = ("clauses", index)
        yield from _of_limits(paper, at, clause)
        for field, problem in (
            *_unnamed(clause),
            *_contradictions(clause),
            *_references(clause, excuses),
            *_misquoted(section if isinstance(section, int) else None, clause),
            *_twice(clause, before),
        ):
            yield paper.misprint((*at, field), problem)
        before.append(clause)


def _excuses(written: Iterable[Any]) -> frozenset[str]:
    """Return the clauses that grant an exception, also those with something wrong."""
    return frozenset(
        str(each.get("clause"))
        for each in written
        if isinstance(each, dict) and str(each.get("key")) in EXCUSES
    )


def _of_limits(paper: Page, at: Place, clause: Clause) -> list[Misprint]:
    """Return what is wrong with the limits of what the clause names."""
    norms: dict[str, type[Norm]] = {**RULES, **EXCUSES, **TERMS}
    norm = None if clause.kept_by else norms.get(clause.key)
    if norm is None:
        return []
    return paper.misshaped(norm, clause.limits, (*at, "limits"), norm.model_fields)


def _unnamed(clause: Clause) -> Iterator[tuple[str, Problem]]:
    """Yield what a clause names that is not there, or does not keep its norm."""
    if clause.kept_by is None:
        if clause.key not in (norms := {**RULES, **EXCUSES, **TERMS}):
            yield "key", unheard_of("norm", clause.key, norms)
    elif clause.kept_by not in KEPT_ELSEWHERE:
        problem = unheard_of("guard-or-procedure", clause.kept_by, KEPT_ELSEWHERE)
        yield "kept_by", problem
    elif clause.key not in (keeps := KEPT_ELSEWHERE[clause.kept_by]):
        said = ", ".join(sorted(keeps))
        yield "kept_by", Problem("keeps-others", keeps=said, name=clause.key)
    elif clause.limits:
        yield "limits", Problem("kept-without-limits")


def _contradictions(clause: Clause) -> Iterator[tuple[str, Problem]]:
    """Yield the fields of a clause that do not go together."""
    if clause.otherwise is Outcome.PROCEED:
        yield "otherwise", Problem("never-proceeds")
    if (clause.otherwise is Outcome.ASK) != (clause.ask is not None):
        yield "ask", Problem("asks-whom")
    if clause.acts is not None and not _narrows(clause):
        yield "acts", Problem("not-these-acts", name=clause.key)
    if clause.until is not None and clause.until <= clause.since:
        yield "until", Problem("ends-first", until=clause.until)


def _narrows(clause: Clause) -> bool:
    """Say whether the acts of a clause are some of those its rule speaks to."""
    rule = RULES.get(clause.key)
    return (
        rule is not None and bool(clause.acts) and rule.acts.issuperset(clause.acts or ())
    )


def _references(clause: Clause, excuses: frozenset[str]) -> Iterator[tuple[str, Problem]]:
    """Yield the fields of a clause that name a clause nobody knows, or no exception."""
    if clause.unless is not None and clause.unless not in excuses:
        yield "unless", unheard_of("exception-of-this-book", clause.unless, excuses)
    elif clause.unless is not None and clause.key not in RULES:
        yield "unless", Problem("nothing-to-except", name=clause.key)
    for other in clause.serves:
        if other not in requirements():
            yield "serves", unheard_of("clause", other)


def _misquoted(section: int | None, clause: Clause) -> Iterator[tuple[str, Problem]]:
    """Yield the fields of a clause that are not what the source document says.

    A quote is as long as the clause, or longer, and stands word for word on its line.
    """
    name = clause.clause
    required = requirements().get(name)
    if section is None:
        if required is not None:
            yield "clause", Problem("of-the-source", name=name)
    elif required is None or not name.startswith(f"{section}."):
        yield "clause", Problem("not-in-section", name=name, section=section)
    elif required.line not in sentences():
        yield "clause", Problem("no-such-line", line=required.line)
    elif required.quote not in clause.quote:
        yield "quote", Problem("says-otherwise", name=name, quote=required.quote)
    elif clause.quote not in sentences()[required.line]:
        yield "quote", Problem("not-word-for-word", line=required.line)


def _twice(clause: Clause, before: Iterable[Clause]) -> Iterator[tuple[str, Problem]]:
    """Yield that a clause stands twice for some days."""
    if any(clause.says_with(other) for other in before):
        yield "since", Problem("twice-some-days", clause=clause.clause, name=clause.key)
