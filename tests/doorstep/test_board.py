"""`doorstep board rebuild`, when it cannot."""

import pytest

from doorstep.command import main


def test_without_a_broker_it_says_so_and_the_views_stay(
    environment: None, capsys: pytest.CaptureFixture[str], tmp_path
) -> None:
    assert main(["--home", str(tmp_path), "board", "rebuild"]) == 1

    said = capsys.readouterr().err
    assert said.startswith("doorstep: the broker says ")
    assert "see `doorstep status`. The views are as they were" in said


def test_it_does_one_thing(capsys: pytest.CaptureFixture[str], tmp_path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path), "board", "burn"])

    assert ended.value.code == 2
    assert "rebuild" in capsys.readouterr().err
