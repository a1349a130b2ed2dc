"""What a process of services has read before it says that it is ready."""

import subprocess
import sys
from pathlib import Path

import pytest

from chassis.topology import SERVICES

ROOT = Path(__file__).parents[2]
#: In a process of its own, since eventlet patches it.
ASKS = """
import warnings; warnings.simplefilter("ignore")
from chassis import runner
import rulebook
before = rulebook.load.cache_info().currsize
runner.prepared(["field_visit", "recovery", "dispatch"])
print(before, rulebook.load.cache_info())
"""


def judges(service: str) -> bool:
    files = (ROOT / "services" / service).rglob("*.py")
    lines = [line for file in files for line in file.read_text().splitlines()]
    return any(line.startswith(("import rulebook", "from rulebook")) for line in lines)


@pytest.mark.parametrize("service", SERVICES)
def test_who_judges_reads_the_books_first(service: str) -> None:
    source = (ROOT / "services" / service / "service.py").read_text()
    assert ("reads = (rulebook.load,)" in source) is judges(service)


def test_the_books_are_read_once_before_anybody_can_ask() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", ASKS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split(maxsplit=1) == [
        "0",
        "CacheInfo(hits=0, misses=1, maxsize=None, currsize=1)\n",
    ]
