"""`doorstep find`: the ids of the cases of a debtor, by the blind index.

For whoever runs the platform, and answers a person who asks what is held about them. The
value comes on standard input, where no process list shows it, and is not repeated.
"""

import argparse
from collections.abc import Sequence

from chassis.database import engine
from chassis.keyring import Keyring
from doorstep.direct import reach, secret_line, told
from services.dispatch import store
from services.dispatch.model import FINDABLE


def main(argv: Sequence[str]) -> int:
    """Print the ids; return 1 when there is none."""
    what = _parser().parse_args(list(argv)).what
    url = reach().database_url
    value = secret_line(f"{what.replace('_', ' ')} (not shown): ")
    with told(), engine(url, "dispatch", pool=0).connect() as connection:
        blind = Keyring(connection).blind(f"case.{what}", value)
        found = store.found_by(connection, what, blind)
    for case_id in found:
        print(case_id)
    return 0 if found else 1


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep find", description=about)
    columns = parser.add_mutually_exclusive_group(required=True)
    for what in FINDABLE:
        columns.add_argument(
            f"--{what.replace('_', '-')}",
            dest="what",
            action="store_const",
            const=what,
            help=f"the debtor's {what.replace('_', ' ')}, on standard input",
        )
    return parser
