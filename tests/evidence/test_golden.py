"""What was written in a form once is verified for ever."""

from pathlib import Path

import pytest

from evidence import FORMAT
from evidence.suites import SUITES
from evidence.verifying import VERIFIED, Anchors, pems_in, verify
from tests.evidence import golden

BUNDLES = sorted(golden.FOLDER.glob("v*.zip"))


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.stem)
def test_it_is_verified(bundle: Path) -> None:
    verdict = verify(bundle, Anchors(tuple(pems_in(bundle.with_suffix(".pub")))))

    assert (verdict.grade, verdict.reason) == (VERIFIED, None)
    assert verdict.finding is not None
    assert [(j.entries, j.signed) for j in verdict.finding.journals] == [(14, 12), (14, 11)]
    assert verdict.finding.newest.reasons == ("file_missing",)
    assert bundle.stat().st_size < 100_000


def test_every_suite_of_this_form_has_one() -> None:
    names = {f"v{FORMAT}-{suite}" for suite in SUITES}

    assert names <= {path.stem for path in BUNDLES}


@pytest.mark.parametrize("suite", SUITES)
def test_none_is_written_over(suite: str) -> None:
    before = {path: path.read_bytes() for path in golden.FOLDER.iterdir()}

    with pytest.raises(FileExistsError):
        golden.write(suite)
    assert {path: path.read_bytes() for path in golden.FOLDER.iterdir()} == before
