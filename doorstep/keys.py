"""`doorstep keys rotate|status`: a new master key, and which one wraps how much.

For whoever runs the platform: it needs the database and the folder of the keys.
"""

import argparse
from collections.abc import Sequence

from sqlalchemy import func, select

from chassis import masters, rotation
from chassis.database import engine
from chassis.keyring_tables import key_table, master_table, shredded_table
from doorstep.direct import reach, told
from doorstep.errors import Busy


def main(argv: Sequence[str]) -> int:
    """Run the command; return its exit code."""
    words = _parser().parse_args(list(argv))
    with told():
        if words.verb == "rotate":
            return rotate()
        return status()


def rotate() -> int:
    """Rotate the master key, or finish a rotation that was interrupted."""
    try:
        done = rotation.rotate(reach().database_url)
    except rotation.AtWork as error:
        raise Busy(str(error)) from None
    if done.resumed:
        print("an earlier rotation was interrupted; this run finished it")
    print(f"{done.rewrapped} keys are wrapped anew, by master key {done.master}")
    for master in done.removed:
        print(f"no key names master key {master} any more; its file is removed")
    return 0


def status() -> int:
    """Print the master keys; 1 when a file is missing or a rotation is not finished."""
    url = reach().database_url
    files, fine = masters.files(), True
    with engine(url, "keyring", pool=0).connect() as connection:
        known = list(connection.execute(select(master_table).order_by("number")))
        alive = key_table.c.wrapped.is_not(None)
        query = select(key_table.c.master, func.count()).where(alive)
        counted = connection.execute(query.group_by(key_table.c.master))
        counts: dict[str | None, int] = {row[0]: row[1] for row in counted}
        shredded = connection.scalar(select(func.count()).select_from(shredded_table))
    print(f"{'master key':<18} {'keys':>8}  {'state':<8} file")
    for row in known:
        state = "wraps" if row is known[-1] else "old"
        fine &= state == "wraps" and row.id in files
        file = files[row.id].name if row.id in files else "MISSING"
        print(f"{row.id:<18} {counts.pop(row.id, 0):>8}  {state:<8} {file}")
    for count in counts.values():  # named by no master key: made before there were two
        print(f"{'-':<18} {count:>8}  {'old':<8} {masters.FIRST}")
    for master in sorted(files.keys() - {row.id for row in known}):
        print(f"{master:<18} {0:>8}  {'unused':<8} {files[master].name}")
    print(f"{shredded} keys are shredded")
    return 0 if fine else 1


def _parser() -> argparse.ArgumentParser:
    about = (__doc__ or "").split("\n")[0]
    parser = argparse.ArgumentParser(prog="doorstep keys", description=about)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="verb")
    verbs.add_parser("rotate", help="a new master key; run it again if it was interrupted")
    verbs.add_parser("status", help="how many keys each master key wraps")
    return parser
