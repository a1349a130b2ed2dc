"""What `up` leaves for the other commands."""

import os
from pathlib import Path

import pytest

from doorstep.errors import Busy
from doorstep.home import Home


@pytest.fixture
def bare_home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_settings_come_back_as_they_were_written(bare_home: Home) -> None:
    settings = {"AMQP_URI": "amqp://a:b=c@127.0.0.1/%2F", "DOORSTEP_BANK": "demo"}
    bare_home.write_settings(settings)
    assert bare_home.settings() == settings


def test_settings_hold_passwords_so_only_we_may_read_them(bare_home: Home) -> None:
    bare_home.write_settings({"AMQP_URI": "amqp:"})
    assert bare_home.settings_file.stat().st_mode & 0o777 == 0o600


def test_the_shell_has_the_last_word_on_a_setting(
    bare_home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOORSTEP_BANK", "mine")
    monkeypatch.setenv("AMQP_URI", "gone after the test")
    monkeypatch.delenv("AMQP_URI")
    bare_home.write_settings({"DOORSTEP_BANK": "demo", "AMQP_URI": "amqp:"})
    bare_home.adopt_settings()
    assert (os.environ["DOORSTEP_BANK"], os.environ["AMQP_URI"]) == ("mine", "amqp:")
    del os.environ["AMQP_URI"]


def test_two_commands_at_once_in_one_home_are_told_apart(bare_home: Home) -> None:
    with (
        bare_home.alone(),
        pytest.raises(Busy, match="wait for it to end"),
        bare_home.alone(),
    ):
        pass
    with bare_home.alone():
        pass
