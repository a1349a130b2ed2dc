"""A file that was erased, and comes in again: the last that is said of it is so."""

import hashlib

import pytest

from evidence import bag
from tests.evidence.conftest import Made, made, reason, short_sources
from tests.evidence.making import Keys, visit

#: What a visit of `tests.evidence.making` has had erased.
GONE = b"\xff\xd8" + b"another" * 20
SHA256 = hashlib.sha256(GONE).hexdigest()


@pytest.fixture
def again(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> Made:
    """A visit whose third part names once more what the second says is erased."""
    monkeypatch.setattr(bag, "sources", short_sources)
    maker = visit(keys, 2)
    maker.file(GONE)
    maker.seal()
    return made(maker)


def test_what_came_in_again_is_there(again: Made) -> None:
    finding = again.found(again.bundle)

    assert (finding.files.there, finding.files.erased) == (3, ())


def test_it_is_missing_without_it(again: Made) -> None:
    del again.maker.media[SHA256]

    why, where = reason(again.maker.bundle(), again.seal)

    assert (why, where) == (
        "missing_medium",
        f"data/records.jsonl line {again.maker.writer.n}",
    )


def test_what_is_erased_once_more_is_gone(again: Made) -> None:
    del again.maker.media[SHA256]
    again.maker.add("erased", {"files": [SHA256], "by": "p", "why": "court"})
    again.maker.seal()

    assert again.found(again.maker.bundle()).files.erased == (SHA256,)
