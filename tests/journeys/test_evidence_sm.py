"""The second suite from end to end: a whole platform under SM2, SM3 and SM4."""

import json
import os
import shutil
import zipfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from doorstep import embedded
from doorstep.home import Home
from proto.facts import DebtorSigned
from tests.conftest import ROOT
from tests.journeys.hurting import until
from tests.journeys.test_evidence import REMARKS, both_leave, bundle, checked, has
from tests.journeys.test_media import JPEG, found, sends
from tests.media import photo
from tests.services.pairs import THE_DEBTOR
from tests.world import CLOCK, AtADoor, Door, Platform

#: Boxes that hold what is personal, by how they are sealed.
SEALED_BY = """
SELECT DISTINCT box->>'alg' FROM (
    SELECT presence AS box FROM field_visit.checked_in
    UNION ALL SELECT fact->'sealed' FROM field_visit.journal WHERE fact ? 'sealed'
    UNION ALL SELECT box FROM field_visit.disclosure
    UNION ALL SELECT place FROM field_visit.visit) boxes
"""


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """A platform of its own, for the suite is chosen once."""
    monkeypatch.setenv("DOORSTEP_SEAL_SUITE", "sm")
    home = Home(ROOT / "var" / f"test-sm-{os.getpid()}")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home.root, ignore_errors=True)
        stack.callback(embedded.wipe, home)
        embedded.up(home, CLOCK)
        doors = stack.enter_context(ExitStack())
        yield Platform(home, home.settings(), doors, mints=True)


def test_a_visit_is_sealed_given_and_verified_by_the_second_suite(
    platform: Platform, tmp_path: Path
) -> None:
    door = Door(platform, tmp_path)
    here = AtADoor(door, door.visit_id)
    assert here.checks_in().ok
    here.notes(*THE_DEBTOR)
    here.notes(DebtorSigned(remarks=REMARKS))
    until(found(door, sends(door, JPEG, photo())))
    both_leave(here)
    until(has(here, 1))

    assert platform.rows(SEALED_BY) == [("SM4GCM",)]
    path = bundle(here, tmp_path, platform.account("compliance"))
    code, said = checked(here, path)
    assert (code, said.splitlines()[0].startswith("VERIFIED")) == (0, True), said
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        heads = archive.read(next(n for n in names if n.endswith("heads.jsonl")))
        shown = archive.read(next(n for n in names if n.endswith("disclosures.jsonl")))
    assert any(name.endswith("/manifest-sm3.txt") for name in names)
    assert json.loads(json.loads(heads.splitlines()[0])["head"])["suite"] == "sm"
    assert "13800000000" in shown.decode()
    assert checked(here, path, with_key=False)[0] == 3
