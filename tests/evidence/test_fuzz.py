"""Whatever a fuzzer makes of a bundle ends in a grade (tests/evidence/fuzz.py)."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

SECONDS = 60
#: Inputs of up to this length from the beginning: they choose places and values.
MORE = ("-len_control=0", "-max_len=200")
ROOT = Path(__file__).parent.parent.parent


@pytest.mark.long
@pytest.mark.skipif(find_spec("atheris") is None, reason="atheris has no wheel here")
def test_nothing_but_grades(tmp_path: Path) -> None:
    words = [sys.executable, "-m", "tests.evidence.fuzz", f"-max_total_time={SECONDS}"]

    done = subprocess.run(
        [*words, f"-artifact_prefix={tmp_path}/", *MORE, str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
