"""The command: `python3 -m evidence bundle.zip --key seal.pub`."""

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from evidence.errors import CannotCheck
from evidence.telling import CODES, LANGUAGES, cannot, language_here, told
from evidence.verifying import Anchors, content_of, pems_in, verify


def main(argv: Sequence[str] | None = None) -> int:
    """Verify a bundle, say what was found; return the exit code (docs/evidence.md)."""
    chosen = parser().parse_args(argv)
    language = chosen.lang or language_here()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show it is no reason
            stream.reconfigure(errors="backslashreplace")
    try:
        verdict = verify(Path(chosen.bundle), anchors_of(chosen))
    except CannotCheck as error:
        print(f"evidence: {cannot(error, language)}", file=sys.stderr)
        return 2
    except OSError as error:  # no room for openssl's files, a disk that went away
        why = {"path": chosen.bundle, "why": error.strerror}
        print(f"evidence: {cannot(CannotCheck('no_bundle', **why), language)}")
        return 2
    say(told(verdict, language))
    return CODES[verdict.grade]


def say(lines: Iterable[str]) -> None:
    """Print lines for as long as somebody reads them."""
    try:
        for line in lines:
            print(line)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough; Python flushes once more at the end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="evidence", description="Verify the sealed evidence of a visit, offline."
    )
    parser.add_argument("bundle", help="the bundle, a ZIP as it was given to you")
    for word, says in (
        ("--key", "public keys (PEM) of who may seal, got otherwise than with the bundle"),
        ("--copy-key", "public keys of who may make copies, beside those a seal names"),
        ("--tree-head", "a head of the bank's log as it was given away on a day"),
    ):
        parser.add_argument(word, metavar="FILE", action="append", default=[], help=says)
    parser.add_argument("--tsa", metavar="FILE", help="CA (PEM) of a timestamp authority")
    parser.add_argument("--lang", choices=LANGUAGES, help="language of the answer")
    return parser


def anchors_of(chosen: argparse.Namespace) -> Anchors:
    """Read the files that were named. Raises CannotCheck."""
    if chosen.tsa:
        content_of(Path(chosen.tsa))
    return Anchors(
        seals=tuple(pem for name in chosen.key for pem in pems_in(Path(name))),
        copies=tuple(pem for name in chosen.copy_key for pem in pems_in(Path(name))),
        tree_heads=tuple((name, content_of(Path(name))) for name in chosen.tree_head),
        authority=Path(chosen.tsa) if chosen.tsa else None,
    )


if __name__ == "__main__":
    sys.exit(main())
