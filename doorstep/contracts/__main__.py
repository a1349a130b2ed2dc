"""`make contracts`: write the files anew, and say what breaks."""

import argparse
import sys

from doorstep.contracts import breaking, files


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m doorstep.contracts", description=__doc__
    )
    parser.add_argument(
        "--release",
        action="store_true",
        help="from now on hold what comes to these files; empty breaking.md yourself",
    )
    words = parser.parse_args()
    contracts = files.made()
    for path in files.write(contracts):
        print(f"wrote docs/contracts/{path}")
    if words.release:
        files.release(contracts)
        print(f"wrote docs/contracts/{files.RELEASED}")
    new = set(breaking.broken(files.released(), contracts)) - set(breaking.meant())
    for sentence in sorted(new):
        print(f"breaks what was released: {sentence}", file=sys.stderr)
    return 1 if new else 0


if __name__ == "__main__":
    sys.exit(main())
