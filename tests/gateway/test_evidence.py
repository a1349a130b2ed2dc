"""A bundle is put together piece by piece, however large its files are."""

import hashlib
import tracemalloc
from pathlib import Path

import pytest

from chassis.errors import Unavailable
from chassis.media import Folder
from chassis.settings import settings
from evidence import archive
from evidence.records import Writer
from evidence.suites import SUITES
from gateway.evidence import put_together
from proto import ids
from proto.evidence import EvidencePlan

SUITE, MIB = SUITES["international"], 1 << 20
LARGE, MOST = 64 * MIB, 8 * MIB
AT = "2026-03-02T07:00:00Z"


def kept(folder: Folder, path: Path) -> str:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    folder.keep(path, sha256)
    return sha256


def plan_of(
    folder: Folder,
    *files: dict[str, object],
    erased: tuple[str, ...] = (),
    again: tuple[dict[str, object], ...] = (),
):
    """The plan of a visit whose one part names these files, and what came of them."""
    writer = Writer(SUITE)
    lines = [writer.add("file", AT, each) for each in files]
    lines += [writer.add("erased", AT, {"files": [each]}) for each in erased]
    lines += [writer.add("file", AT, each) for each in again]
    draft = folder.partial("records")
    draft.write_bytes(b"".join(lines))
    part = {"part": 1, "records": kept(folder, draft), "head": "{}"}
    return EvidencePlan(
        visit_id=ids.new(),
        bank="demo",
        suite="international",
        parts=[part | {"signature": "A" * 86, "leaf": 0}],
        disclosures=(),
        log="{}",
        keys=(),
    )


@pytest.fixture
def folder(environment) -> Folder:
    return Folder(settings().media)


def test_a_large_film_is_never_in_memory_as_a_whole(folder) -> None:
    draft = folder.partial("film")
    with draft.open("wb") as file:
        file.truncate(LARGE)
    sha256 = kept(folder, draft)
    plan = plan_of(folder, {"sha256": sha256, "size": LARGE, "kind": "video"})

    tracemalloc.start()
    try:
        members = put_together(plan, [], folder, settings())
        size = sum(map(len, archive.stream(members)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert size == archive.length(members) > LARGE
    assert peak < MOST


def test_what_was_erased_is_left_out_and_what_is_missing_is_told(folder) -> None:
    gone = {"sha256": "a" * 64, "size": 5, "kind": "photo"}
    erased = plan_of(folder, gone, erased=("a" * 64,))
    names = [each.name for each in put_together(erased, [], folder, settings())]
    assert not any("data/media/" in name for name in names)

    with pytest.raises(Unavailable, match="media-not-in-store"):
        put_together(plan_of(folder, gone), [], folder, settings())


def test_what_was_erased_and_came_in_again_is_part_of_it(folder) -> None:
    draft = folder.partial("again")
    draft.write_bytes(b"again")
    sha256 = kept(folder, draft)
    file = {"sha256": sha256, "size": 5, "kind": "photo"}
    plan = plan_of(folder, file, erased=(sha256,), again=(file,))

    names = [each.name for each in put_together(plan, [], folder, settings())]

    assert [each for each in names if each.endswith(f"data/media/{sha256}")] != []


def test_without_a_key_no_copy_is_made_and_the_log_says_why(folder, caplog) -> None:
    production = settings().model_copy(update={"environment": "production"})

    with pytest.raises(Unavailable, match="evidence-key-missing"):
        put_together(plan_of(folder), [], folder, production)

    assert "no key at" in caplog.text
