"""`doorstep rulebook show|check`: what books say together, and whether books are right.

Needs no platform: the books are a part of this code.
"""

import argparse
import os
import shutil
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import rulebook
from doorstep.catalogue import LANGUAGES, preferred, say
from doorstep.errors import DoorstepError, Misuse
from doorstep.importing import today
from doorstep.rulebooks.checking import check
from doorstep.rulebooks.folding import fold
from doorstep.rulebooks.merged import merge
from doorstep.rulebooks.telling import MARKS, Telling
from proto.decision import Act
from rulebook import Misprint
from rulebook.problems import unheard_of


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    language = preferred(os.environ)
    words = _parser(language).parse_args(list(argv))
    if words.verb == "check":
        return _check(words.files, words.lang)
    return _show(words)


def _show(words: argparse.Namespace) -> int:
    try:
        shelf = rulebook.load()
    except Misprint as wrong:
        raise DoorstepError(f"{wrong.told(words.lang)} (doorstep rulebook check)") from None
    names = tuple(name.strip() for name in words.books.split(",")) if words.books else ()
    names = tuple(filter(None, names)) or tuple(shelf)
    for name in names:
        if name not in shelf:
            problem = unheard_of("book", name, shelf).said(words.lang)
            raise Misuse(
                say(
                    words.lang,
                    "rulebook.no-book",
                    problem=problem,
                    books=MARKS[words.lang].join(shelf),
                )
            )
    merged = merge(names, words.on or today(), words.act)
    width = shutil.get_terminal_size().columns
    for line in Telling(words.lang).every(merged):
        print(*fold(line, width), sep="\n")
    return 0


def _check(files: list[Path], language: str) -> int:
    checked = check(files)
    for misprint in checked.wrong:
        print(misprint.told(language), file=sys.stderr)
    if checked.wrong:
        count = len(checked.wrong)
        print(say(language, "rulebook.wrong", count=count), file=sys.stderr)
        return 1
    clauses = sum(len(book.clauses) for book in checked.books)
    print(say(language, "rulebook.right", books=len(checked.books), clauses=clauses))
    return 0


def _parser(language: str) -> argparse.ArgumentParser:
    def helped(key: str) -> str:
        return say(language, f"rulebook.help.{key}")

    parser = argparse.ArgumentParser(prog="doorstep rulebook", description=helped("about"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    show = verbs.add_parser("show", help=helped("show"))
    show.add_argument("--books", metavar="A,B", help=helped("books"))
    show.add_argument("--on", type=_day, metavar="DAY", help=helped("day"))
    show.add_argument("--act", type=Act, choices=list(Act), help=helped("act"))
    right = verbs.add_parser("check", help=helped("check"))
    right.add_argument("files", nargs="*", type=Path, metavar="FILE", help=helped("files"))
    for verb in (show, right):
        verb.add_argument(
            "--lang", choices=LANGUAGES, default=language, help=helped("lang")
        )
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no day, write 2026-03-02") from None
