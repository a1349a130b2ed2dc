"""Bundles that were made once and are verified for ever: `python -m tests.evidence.golden`.

Writes those of the form's present version, and refuses to write over one: whoever changes
the form gives it a new number, and what was sealed before stays readable.
"""

import sys
import tempfile
from pathlib import Path

from evidence import FORMAT
from evidence.suites import SUITES
from tests.evidence.making import Keys, visit

FOLDER = Path(__file__).parent / "golden"


def write(suite_name: str) -> Path:
    """Make a bundle with keys of its own, which are thrown away. Raises FileExistsError."""
    path = FOLDER / f"v{FORMAT}-{suite_name}.zip"
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(SUITES[suite_name], Path(folder))
        bundle, seal = visit(keys, entries=20).bundle(), keys.public("seal")
    with path.open("xb") as file:
        file.write(bundle)
    path.with_suffix(".pub").write_text(seal)
    return path


def main() -> int:
    """Write what is not there; 1 where something is."""
    FOLDER.mkdir(exist_ok=True)
    kept = 0
    for name in SUITES:
        try:
            print(write(name))
        except FileExistsError as error:
            print(f"{error.filename} is there and stays; a new form needs a new FORMAT")
            kept += 1
    return min(kept, 1)


if __name__ == "__main__":
    sys.exit(main())
