"""Two clones side by side must not fight over a port."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from doorstep import ports
from doorstep.errors import Misuse


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("0.0.0.0", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_port_taken_on_every_address_is_not_free(taken: int) -> None:
    assert not ports.is_free(taken)


def test_the_next_free_port_follows_the_taken_one(taken: int) -> None:
    assert ports.next_free(taken) > taken


def test_the_port_of_last_time_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "gateway.port"
    first = ports.remembered(file, 28440)
    assert ports.remembered(file, 29440) == first


def test_a_remembered_port_that_is_taken_meanwhile_is_given_up(
    tmp_path: Path, taken: int
) -> None:
    file = tmp_path / "gateway.port"
    file.write_text(str(taken))
    assert ports.remembered(file, 28440) == ports.last(file) != taken


def test_a_port_that_was_given_to_another_is_not_given_again(tmp_path: Path) -> None:
    file = tmp_path / "relay-status.port"
    first = ports.remembered(file, 28440)
    assert ports.remembered(file, 28440, {first}) > first


def test_a_port_file_cut_short_by_a_crash_is_as_good_as_none(tmp_path: Path) -> None:
    (tmp_path / "gateway.port").write_text("")
    assert ports.last(tmp_path / "gateway.port") is None


def test_ports_are_counted_from_further_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ports.PORTS_UP, "20000")
    assert 25_000 <= ports.next_free(5_000) < 25_000 + ports.SPAN


@pytest.mark.parametrize("said", ["-1", "many", "30001"])
def test_a_number_that_is_none_is_explained(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(ports.PORTS_UP, said)
    with pytest.raises(Misuse, match=f"DOORSTEP_PORTS_UP is '{said}'; say a number"):
        ports.next_free(5_000)
