"""Check books: all that are shipped, or files of somebody's own."""

from collections.abc import Iterator, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import rulebook
from rulebook import Misprint
from rulebook.book import Book
from rulebook.problems import Problem
from rulebook.proofs import proofs


class Checked(NamedTuple):
    """The books that are right, and all that is wrong with the others."""

    books: list[Book]
    wrong: list[Misprint]


def check(files: Sequence[Path]) -> Checked:
    """Check these files, or every book that is shipped when there are none."""
    books: list[Book] = []
    wrong: list[Misprint] = []
    for name, text in given(files) if files else shipped():
        if isinstance(text, Misprint):
            wrong.append(text)
            continue
        book, misprints = proofs(name, text)
        wrong += misprints
        if book is None:
            continue
        if any(book.id == other.id for other in books):
            wrong.append(Misprint(name, 1, Problem("another-book", name=book.id)))
        else:
            books.append(book)
    if not files and not wrong:
        wrong += list(together())
    return Checked(books, wrong)


def shipped() -> Iterator[tuple[str, str]]:
    folder = resources.files("rulebook") / "books"
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        yield file.name, file.read_text("utf-8")


def given(files: Sequence[Path]) -> Iterator[tuple[str, str | Misprint]]:
    """Read files; what cannot be read is a misprint of its first line."""
    for file in files:
        name = str(file)
        try:
            yield name, file.read_text("utf-8")
        except UnicodeDecodeError as error:
            line = error.object[: error.start].count(b"\n") + 1
            yield name, Misprint(name, line, Problem("not-utf-8"))
        except OSError as error:
            yield name, Misprint(name, 1, Problem("cannot-be-read", why=error.strerror))


def together() -> Iterator[Misprint]:
    """Check what the shipped books are as a whole, and what is declared about them."""
    try:
        rulebook.load()
        rulebook.contradictions()
    except Misprint as misprint:
        yield misprint
