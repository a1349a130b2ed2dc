"""`doorstep board rebuild`: make the board and the timelines again from the stream.

For whoever runs the platform, when the views are in doubt. Everybody reads those of before
until the new ones are there, all at once; the projector waits meanwhile.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence

from pika.exceptions import AMQPError

from chassis.amqp import WrongTopology
from doorstep.direct import reach, told
from doorstep.errors import DoorstepError
from services.oversight.projector import Rebuilt, rebuild


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    _parser().parse_args(list(argv))
    since = time.monotonic()
    done = _rebuilt()
    print(
        f"{done.messages} messages of the stream read, {done.passed_over} of them passed"
        f" over\n{done.entries} entries on the timelines, {done.visits} visits on the"
        f" board\nin {time.monotonic() - since:.1f} s, up to {done.position}"
    )
    return 0


def _rebuilt() -> Rebuilt:
    try:
        with told():
            return asyncio.run(rebuild(reach()))
    except (AMQPError, OSError, WrongTopology) as error:
        kind = type(error).__name__
        raise DoorstepError(
            f"the broker says {kind}; see `doorstep status`. The views are as they were"
        ) from None


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep board", description=about)
    verbs = parser.add_subparsers(required=True, metavar="verb")
    verbs.add_parser("rebuild", help="read the stream from its beginning, and show that")
    return parser
