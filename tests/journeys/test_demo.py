"""The day the demo tells is the one the rules tell, on a platform of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from doorstep.demo.story import ACTS
from tests.conftest import ROOT


def tell(
    tmp_path: Path, *more: str
) -> tuple[subprocess.CompletedProcess[str], list[dict[str, Any]], bytes]:
    """Run the demo from nothing; return what it said, its record, and its receipt."""
    home, record = ROOT / "var" / f"test-demo-{os.getpid()}", tmp_path / "demo.json"
    receipt = home / "receipt.pdf"
    command = [sys.executable, "-m", "doorstep", "demo", "--home", str(home)]
    try:
        said = subprocess.run(
            [*command, "--record", str(record), *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=600,
        )
        pdf = receipt.read_bytes() if receipt.exists() else b""
    finally:
        subprocess.run([*command[:3], "--home", str(home), "wipe"], cwd=ROOT)
        shutil.rmtree(home, ignore_errors=True)
    return said, json.loads(record.read_text()), pdf


def test_the_demo_tells_the_day_as_the_rules_do(tmp_path: Path) -> None:
    said, acts, pdf = tell(tmp_path)

    assert (said.returncode, said.stderr) == (0, "")
    steps = [step for act in acts for step in act["steps"]]
    assert f"All {len(steps)} steps were answered as the rules say." in said.stdout
    assert [act["act"] for act in acts] == [act.name for act in ACTS]
    stopped = [step for step in steps if step["outcome"] == "stop"]
    assert [step["name"] for step in stopped if not step["clauses"]] == []
    assert pdf.startswith(b"%PDF-")


@pytest.mark.long
def test_a_day_that_a_person_edited_into_a_breach_is_seen(tmp_path: Path) -> None:
    """The pair's certificates ended yesterday: they never get past the door."""
    files = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", files)
    people = files / "people.yaml"
    text = people.read_text()
    assert text.count("2026-12-31") == 2
    people.write_text(text.replace("2026-12-31", "2026-03-01"))

    said, acts, _ = tell(tmp_path, "--files", str(files), "--act", "3")

    assert said.returncode == 1
    arrive = acts[0]["steps"][0]
    assert (arrive["status"], "21.009" in arrive["clauses"]) == (403, True)
