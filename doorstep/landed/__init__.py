"""`doorstep landed list|show|retry|discard`: facts that a gateway took in by itself.

They go by themselves once their service can be asked; what it refused waits here for a
person. What a fact says is sealed and is never shown. For whoever runs the platform.
"""

import argparse
from collections.abc import Sequence

from doorstep.direct import told
from doorstep.landed import verbs


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(list(argv))
    with told():
        words.do(words)
    return 0


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep landed", description=about)
    kinds = parser.add_subparsers(required=True, metavar="verb")
    kinds.add_parser("list", help="all of them").set_defaults(do=verbs.show_all)
    one = kinds.add_parser("show", help="one of them, without what it says")
    again = kinds.add_parser("retry", help="hand it on now, as if for the first time")
    which = again.add_mutually_exclusive_group(required=True)
    which.add_argument("number", type=int, nargs="?")
    which.add_argument("--all", action="store_true", help="all that were refused")
    gone = kinds.add_parser("discard", help="never hand it on")
    for verb in (one, gone):
        verb.add_argument("number", type=int)
    gone.add_argument("--because", required=True, metavar="TEXT", help="nothing personal")
    for verb, do in ((one, verbs.show), (again, verbs.retry), (gone, verbs.discard)):
        verb.set_defaults(do=do)
    return parser
