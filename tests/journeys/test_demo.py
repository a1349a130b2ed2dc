"""The story the demo tells is the one the rules tell, on a platform of its own."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def tell(tmp_path: Path, *more: str) -> tuple[subprocess.CompletedProcess[str], Path]:
    """Run the demo from nothing; its record lies beside."""
    home, record = ROOT / "var" / f"test-demo-{os.getpid()}", tmp_path / "demo.json"
    command = [sys.executable, "-m", "doorstep", "demo", "--home", str(home)]
    try:
        said = subprocess.run(
            [*command, "--record", str(record), *more],
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=180,
        )
    finally:
        subprocess.run([*command[:3], "--home", str(home), "wipe"], cwd=ROOT)
        shutil.rmtree(home, ignore_errors=True)
    return said, record


def test_the_demo_tells_the_story_as_the_rules_do(tmp_path: Path) -> None:
    said, record = tell(tmp_path)

    assert (said.returncode, said.stderr) == (0, "")
    steps = json.loads(record.read_text())
    refused = [step for step in steps if step["status"] == 403]
    assert len(refused) == 4
    assert [step["name"] for step in refused if not step["clauses"]] == []


def test_a_day_that_a_person_edited_into_a_breach_is_seen(tmp_path: Path) -> None:
    """The pair's certificates ended yesterday: they never get past the door."""
    files = tmp_path / "examples"
    shutil.copytree(ROOT / "examples", files)
    people = files / "people.yaml"
    text = people.read_text()
    assert text.count("2026-12-31") == 2
    people.write_text(text.replace("2026-12-31", "2026-03-01"))

    said, record = tell(tmp_path, "--files", str(files))

    assert said.returncode == 1
    together = json.loads(record.read_text())[1]
    assert (together["status"], "21.009" in together["clauses"]) == (403, True)
