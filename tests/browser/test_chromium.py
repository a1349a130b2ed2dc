"""Without a browser the tests say in one sentence what to install."""

from pathlib import Path

import pytest

from tests.browser import chromium


def test_without_a_browser_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(chromium, "PROGRAM", tmp_path / "chromium")
    with (
        pytest.raises(
            pytest.fail.Exception, match="^there is no .*apt-get install chromium$"
        ),
        chromium.chromium(),
    ):
        pass
