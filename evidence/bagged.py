"""Tries the bag: that it has the files it must, each as its manifest says."""

import re

from evidence.archive import Member
from evidence.bag import BAGIT, info_text, sources, top
from evidence.errors import DoesNotFit
from evidence.heads import Head
from evidence.reading import Archive
from evidence.suites import SUITES, Suite

REQUIRED = (
    *("bagit.txt", "bag-info.txt", "signature.json", "data/records.jsonl"),
    *("data/heads.jsonl", "data/disclosures.jsonl", "data/log.json", "data/keys.json"),
    *("evidence/__init__.py", "evidence/__main__.py"),
)
DAY = re.compile(r"Bagging-Date: (\d{4}-\d\d-\d\d)\n", re.ASCII)


def suite_of(archive: Archive) -> Suite:
    """Return the suite by whose hash the manifests are. Raises DoesNotFit."""
    for name in REQUIRED:
        if name not in archive.members:
            raise DoesNotFit("missing_file", name)
    found = [s for s in SUITES.values() if f"manifest-{s.hash}.txt" in archive.members]
    if len(found) != 1:
        raise DoesNotFit("manifests", "manifest-*.txt", count=len(found))
    other = {name for name in archive.members if name.startswith("tagmanifest-")}
    if other != {f"tagmanifest-{found[0].hash}.txt"}:
        raise DoesNotFit("manifests", "tagmanifest-*.txt", count=len(other))
    return found[0]


def check_files(archive: Archive, suite: Suite) -> bytes:
    """Read every file once, against the manifests; return the one that is signed."""
    tag_manifest = f"tagmanifest-{suite.hash}.txt"
    data = [name for name in archive.members if name.startswith("data/")]
    tags = archive.members.keys() - set(data) - {tag_manifest, "signature.json"}
    _against(archive, suite, tag_manifest, sorted(tags))
    _against(archive, suite, f"manifest-{suite.hash}.txt", sorted(data))
    return archive.read(tag_manifest)


def _against(archive: Archive, suite: Suite, manifest: str, names: list[str]) -> None:
    """Write the manifest anew from the files; name the first line that is another one."""
    lines = archive.read(manifest).split(b"\n")
    for n, name in enumerate(names, 1):
        line = f"{_digest(archive, suite, name)}  {name}".encode()
        there = lines[n - 1] if n <= len(lines) else b""
        if there != line:
            at = f"{manifest} line {n}"
            raise DoesNotFit("not_in_manifest", at, name=name, line=repr(there)[2:130])
    if lines[len(names) :] != [b""]:
        raise DoesNotFit("more_in_manifest", f"{manifest} line {len(names) + 1}")


def _digest(archive: Archive, suite: Suite, name: str) -> str:
    state = suite.new()
    for piece in archive.chunks(name):
        state.update(piece)
    return state.hexdigest()


def check_labels(archive: Archive, head: Head) -> str:
    """Try what the bag says of itself against what was sealed; return its day."""
    if archive.top != top(head.visit_id):
        raise DoesNotFit("other_visit", archive.top, value=head.visit_id)
    if archive.read("bagit.txt") != BAGIT.encode():
        raise DoesNotFit("bad_label", "bagit.txt")
    data: list[Member] = [m for n, m in archive.members.items() if n.startswith("data/")]
    text = archive.read("bag-info.txt").decode(errors="replace")
    day = DAY.match(text)
    size = sum(each.size for each in data)
    if day is None or text != info_text(head.bank, head.visit_id, day[1], size, len(data)):
        raise DoesNotFit("bad_label", "bag-info.txt")
    return day[1]


def is_own_copy(archive: Archive) -> bool:
    """Say whether the verifier in the bundle is the one that runs, byte by byte."""
    names = {name for name in archive.members if name.startswith("evidence/")}
    own = sources()
    return names == own.keys() and all(archive.read(n) == own[n] for n in sorted(names))
