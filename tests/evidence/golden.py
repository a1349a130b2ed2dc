"""Bundles that were made once and are verified for ever: `python -m tests.evidence.golden`.

Writes those of the form's present version, and refuses to write over one: whoever changes
the form gives it a new number, and what was sealed before stays readable. Two short files
stand for the verifier's copy, which would be most of it.
"""

import sys
import tempfile
from pathlib import Path

from evidence import FORMAT
from evidence.suites import SUITES
from tests.evidence.conftest import small_of
from tests.evidence.making import Keys

FOLDER = Path(__file__).parent / "golden"


def write(suite_name: str) -> Path:
    """Make a bundle with keys of its own, which are thrown away. Raises FileExistsError."""
    path = FOLDER / f"v{FORMAT}-{suite_name}.zip"
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(SUITES[suite_name], Path(folder))
        made = small_of(keys, entries=20)
    with path.open("xb") as file:
        file.write(made.bundle)
    path.with_suffix(".pub").write_text(made.seal)
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
