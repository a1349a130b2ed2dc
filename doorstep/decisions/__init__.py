"""`doorstep decision show`: a decision as it was kept, and judged once more.

For whoever answers for what was decided, also years later: the same facts, put to the
same books, have to give the same bytes.
"""

import argparse
import os
from collections.abc import Sequence
from uuid import UUID

from doorstep.catalogue import LANGUAGES, preferred, say
from doorstep.decisions.record import find
from doorstep.decisions.replay import replay
from doorstep.decisions.telling import Telling
from doorstep.direct import told


def main(argv: Sequence[str]) -> int:
    """Run the command; return 0 when the decision comes out as it was kept."""
    words = _parser(preferred(os.environ)).parse_args(list(argv))
    with told():
        record = find(words.id)
    telling = Telling(words.lang)
    again = replay(record)
    for line in (*telling.record(record, facts=words.facts), *telling.again(again)):
        print(line)
    return 0 if again.same else 1


def _parser(language: str) -> argparse.ArgumentParser:
    def helped(key: str) -> str:
        return say(language, f"decision.help.{key}")

    parser = argparse.ArgumentParser(prog="doorstep decision", description=helped("about"))
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    show = verbs.add_parser("show", help=helped("show"))
    show.add_argument("id", type=UUID, help=helped("id"))
    show.add_argument("--facts", action="store_true", help=helped("facts"))
    show.add_argument("--lang", choices=LANGUAGES, default=language, help=helped("lang"))
    return parser
