"""Every byte of a bundle counts: whichever is another one, the bundle is FAILED."""

import random

import pytest

from evidence.errors import DoesNotFit
from evidence.verifying import Anchors
from tests.evidence.conftest import Made, found

#: How many bytes of the large bundle are tried, beside every one of the small.
SAMPLED = 400


def unfound(made: Made, offsets: range | list[int], seals: tuple[str, ...]) -> list[int]:
    """Return the offsets at which a flipped bit was not found."""
    content = bytearray(made.bundle)
    missed = []
    for at in offsets:
        content[at] ^= 1 << at % 8
        try:
            found(bytes(content), Anchors(seals))
            missed.append(at)
        except DoesNotFit:
            pass
        content[at] ^= 1 << at % 8
    return missed


def test_every_byte_of_a_small_bundle(small: Made) -> None:
    assert unfound(small, range(len(small.bundle)), (small.seal,)) == []


def test_bytes_of_a_large_bundle(large: Made) -> None:
    chosen = random.Random(len("evidence")).sample(range(len(large.bundle)), SAMPLED)

    assert unfound(large, chosen, (large.seal,)) == []


def test_without_a_key_as_well(large: Made) -> None:
    chosen = random.Random(len("integrity")).sample(range(len(large.bundle)), SAMPLED // 4)

    assert unfound(large, chosen, ()) == []


@pytest.mark.parametrize("cut", [0, 1, 21, 22, 1000])
def test_a_torn_bundle(small: Made, cut: int) -> None:
    content = small.bundle[: -cut - 1]

    with pytest.raises(DoesNotFit):
        small.found(content)


def test_every_length_of_a_small_bundle(small: Made) -> None:
    kept = [n for n in range(0, len(small.bundle), 7) if fits(small, small.bundle[:n])]

    assert kept == []


def fits(made: Made, content: bytes) -> bool:
    try:
        made.found(content)
    except DoesNotFit:
        return False
    return True


def test_bytes_before_between_and_behind(small: Made) -> None:
    content = small.bundle
    begins = [at for at in range(len(content)) if content.startswith(b"PK", at)]

    assert [at for at in begins if fits(small, content[:at] + b"\0" + content[at:])] == []
    assert not fits(small, content + b"\0")
    assert fits(small, content)
