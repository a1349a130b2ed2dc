"""A power cut takes what was not synced from unfinished files, and nothing else."""

from pathlib import Path
from random import Random

import pytest

from chaos.faults import power


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "partial").mkdir()
    return tmp_path


def grown(store: Path, synced: int) -> Path:
    """An unfinished file of ten bytes, so many of them synced."""
    file = store / "partial" / "x"
    file.write_bytes(b"0123456789")
    note = f"{file.stat().st_ino} {synced} {file}\n"
    (store / "synced").write_text(note)
    return file


@pytest.mark.parametrize("seed", range(20))
def test_what_was_synced_stays_and_what_was_not_may_go(store: Path, seed: int) -> None:
    file = grown(store, synced=4)
    power.fails(store, store / "synced", Random(seed))

    left = file.read_bytes()
    assert left[:4] == b"0123"
    assert len(left) <= 10
    assert set(left[4:]) <= {0, *b"456789"}


def test_in_some_cuts_something_goes_and_in_some_nothing(store: Path) -> None:
    hurt = []
    for seed in range(20):
        grown(store, synced=4)
        hurt.append(power.fails(store, store / "synced", Random(seed)))

    assert set(hurt) == {0, 1}


@pytest.mark.parametrize("seed", range(20))
def test_what_is_in_the_store_already_is_left_alone(store: Path, seed: int) -> None:
    file = grown(store, synced=0)
    (store / "ab").mkdir()
    (store / "ab" / "digest").hardlink_to(file)
    power.fails(store, store / "synced", Random(seed))

    assert file.read_bytes() == b"0123456789"
