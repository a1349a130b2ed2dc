"""The shelf of books: all that are shipped, by id.

A book loads only if each of its clauses names something that exists: a rule with its
limits, a term, or a norm that is kept elsewhere. One misprint and no book is loaded.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType

from rulebook.clause import Book, Clause
from rulebook.problems import Problem
from rulebook.proofs import proofs
from rulebook.reading import Misprint

__all__ = ["Book", "Clause", "known", "load", "read", "unknown"]


@cache
def load() -> Mapping[str, Book]:
    """Return all books by id. Raises `Misprint`, and then there is no book at all."""
    folder = resources.files("rulebook") / "books"
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    books = [read(file.name, file.read_text("utf-8")) for file in files]
    if len({book.id for book in books}) < len(books):
        names = ", ".join(book.id for book in books)
        raise Misprint("books", 1, Problem("two-books", names=names))
    return MappingProxyType({book.id: book for book in books})


def known(names: Iterable[str]) -> list[Book]:
    """Return the books that exist, each once, in the order they were named."""
    return [load()[name] for name in dict.fromkeys(names) if name in load()]


def unknown(names: Iterable[str]) -> list[str]:
    """Return those names that no book has."""
    return [name for name in names if name not in load()]


def read(file: str, text: str) -> Book:
    """Read one book and check every clause of it. Raises its first `Misprint`."""
    proof = proofs(file, text)
    for misprint in proof.misprints:
        raise misprint
    assert proof.book is not None
    return proof.book
