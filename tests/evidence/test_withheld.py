"""A copy for a reader who may not have all photos and sound: what is not there is said."""

import pytest

from evidence.canonical import canonical
from evidence.filed import FOLDER, WITHHELD, withheld_text
from evidence.suites import kid
from evidence.telling import told
from evidence.verifying import Anchors, Verdict
from tests.evidence import forging
from tests.evidence.conftest import Made, reason
from tests.evidence.forging import Files


def without(made: Made, *names: str, text: str | None = None) -> bytes:
    """A copy without these files, by whoever makes copies."""
    files, keys = forging.unpacked(made.bundle), made.maker.keys
    for name in names:
        del files[name]
    said = withheld_text(name.removeprefix(FOLDER) for name in names)
    files[WITHHELD] = (said if text is None else text).encode()
    forging.copied(keys, kid(keys.public("export")), files)
    return forging.packed(forging.top_of(made.bundle), dict(sorted(files.items())))


def media_of(made: Made) -> list[str]:
    files: Files = forging.unpacked(made.bundle)
    return sorted(name for name in files if name.startswith(FOLDER))


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_is_not_there_is_said_and_the_rest_fits(large: Made, language: str) -> None:
    one, *others = media_of(large)
    anchors = Anchors((large.seal,))

    finding = large.found(without(large, one, others[0]))

    assert len(finding.files.withheld) == 2
    assert finding.files.there == len(others) - 1
    said = list(told(Verdict("VERIFIED", anchors, finding), language))
    assert [each for each in said if each.startswith("- ") and " 2 " in each] != []


def test_it_names_what_is_missing_and_nothing_else(large: Made) -> None:
    one, other, *_ = media_of(large)
    sha256 = one.removeprefix(FOLDER)
    cases = {
        canonical({"files": []}): "bad_member",
        canonical({"files": ["0" * 64]}): "bad_member",
        canonical({"files": [sha256, sha256]}): "bad_member",
        canonical({"files": [other.removeprefix(FOLDER)]}): "bad_member",
        canonical({"files": [1]}): "bad_member",
        canonical({"files": sha256}): "bad_member",
        canonical({}): "bad_member",
        "{}\n": "not_canonical",
    }
    for text, why in cases.items():
        assert reason(without(large, one, text=text), large.seal)[0] == why, text


def test_a_file_that_is_not_named_is_missing(large: Made) -> None:
    one, other, *_ = media_of(large)
    text = withheld_text([one.removeprefix(FOLDER)])

    found = reason(without(large, one, other, text=text), large.seal)

    assert found[0] == "missing_medium"
