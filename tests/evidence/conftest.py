"""Bundles of both suites, made once; and what becomes of one whose bytes are others."""

from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import pytest

from evidence import bag, reading
from evidence.errors import DoesNotFit
from evidence.suites import SUITES
from evidence.verifying import Anchors, Finding, found_in
from tests.evidence.making import Keys, Maker, visit


@dataclass(frozen=True)
class Made:
    """A bundle, whoever made it, and the key that others were given."""

    maker: Maker
    bundle: bytes
    seal: str

    def found(self, content: bytes, anchors: Anchors | None = None) -> Finding:
        """Return what fits of these bytes. Raises DoesNotFit."""
        return found(content, anchors or Anchors((self.seal,)))


def found(content: bytes, anchors: Anchors) -> Finding:
    archive = reading.scanned(BytesIO(content), len(content))
    return found_in(archive, anchors)


def reason(content: bytes, *seals: str) -> tuple[str, str]:
    """Return why these bytes are FAILED: the key of the reason, and where."""
    with pytest.raises(DoesNotFit) as raised:
        found(content, Anchors(seals))
    return raised.value.key, raised.value.at


def made(maker: Maker) -> Made:
    return Made(maker, maker.bundle(), maker.keys.public("seal"))


@pytest.fixture(scope="session", params=SUITES)
def keys(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Keys:
    suite = SUITES[request.param]
    return Keys(suite, tmp_path_factory.mktemp(f"keys-{suite.name}"))


@pytest.fixture(scope="session")
def large(keys: Keys) -> Made:
    """Two phones, two hundred entries, photos, sound, two parts."""
    return made(visit(keys))


@pytest.fixture(scope="session")
def small(keys: Keys) -> Made:
    """The least of everything, with two short files as the verifier's copy."""
    return small_of(keys)


def small_of(keys: Keys, entries: int = 2) -> Made:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bag, "sources", short_sources)
        return made(visit(keys, entries))


def short_sources() -> dict[str, bytes]:
    return {"evidence/__init__.py": b"FORMAT = 1\n", "evidence/__main__.py": b"main()\n"}


@pytest.fixture
def on_disk(tmp_path: Path) -> Callable[[bytes, str], list[str]]:
    """Put a bundle and its key into files; return the words of the command."""

    def put(content: bytes, seal: str) -> list[str]:
        (tmp_path / "bundle.zip").write_bytes(content)
        (tmp_path / "seal.pub").write_text(seal)
        names = (tmp_path / "bundle.zip", "--key", tmp_path / "seal.pub", "--lang", "en")
        return [str(each) for each in names]

    return put
