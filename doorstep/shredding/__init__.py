"""`doorstep shred case|scan`: erase a case's key, and see that nothing opens any more.

For whoever runs the platform. The scan looks for what is left, whoever shredded it.
"""

import argparse
import sys
from collections.abc import Sequence
from uuid import UUID

from chassis.shredding import Reason
from doorstep.direct import told
from doorstep.errors import Misuse
from doorstep.shredding.case import shred_case
from doorstep.shredding.scan import scan

#: A shorter word would be found everywhere by chance.
SHORTEST = 2


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(list(argv))
    with told():
        if words.verb == "case":
            return shred_case(words.case, Reason(words.reason))
        return scan(words.case_id, _clear_words() if words.words else [])


def _clear_words() -> list[str]:
    """Read words that must be nowhere in the clear, one a line. Raises Misuse."""
    found = [line.strip() for line in sys.stdin if line.strip()]
    if short := [number for number, word in enumerate(found, 1) if len(word) < SHORTEST]:
        raise Misuse(f"word {short[0]} is one character long; write words of two or more")
    return list(dict.fromkeys(found))


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep shred", description=about)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    case = verbs.add_parser("case", help="erase a case's key, for good")
    case.add_argument("case", help="its number or its id")
    case.add_argument("--reason", required=True, choices=[each.value for each in Reason])
    seen = verbs.add_parser("scan", help="look for what still opens; 0 if nothing does")
    seen.add_argument("case_id", type=UUID, help="its id")
    seen.add_argument(
        "--words",
        action="store_true",
        help="read words on standard input that must be nowhere in the clear, one a line",
    )
    return parser
