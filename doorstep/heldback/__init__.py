"""`doorstep held-back list|show|replay|discard`: events that could not take effect.

For whoever runs the platform: it goes to the database itself, and to the keys for the
bytes of a message that nobody can read.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from uuid import UUID

from chassis.topology import SERVICES
from doorstep.direct import told
from doorstep.heldback import verbs


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(list(argv))
    with told():
        words.do(words)
    return 0


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep held-back", description=about)
    kinds = parser.add_subparsers(required=True, metavar="verb")
    kinds.add_parser("list", help="all of them").set_defaults(do=verbs.show_all)
    one = kinds.add_parser("show", help="one of them, without its sealed fields")
    one.add_argument("id", type=UUID)
    one.add_argument("--bytes", type=Path, metavar="FILE", help="of an unreadable one")
    again = kinds.add_parser("replay", help="try it again now, as if it had never failed")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("id", type=UUID, nargs="?")
    which.add_argument("--all-of", choices=SERVICES, metavar="SERVICE")
    gone = kinds.add_parser("discard", help="let it never take effect")
    gone.add_argument("id", type=UUID)
    gone.add_argument("--because", required=True, metavar="TEXT", help="nothing personal")
    for verb, do in ((one, verbs.show), (again, verbs.replay), (gone, verbs.discard)):
        verb.set_defaults(do=do)
        verb.add_argument("--of", choices=SERVICES, metavar="SERVICE")
    return parser
