"""Verifies a bundle: every check in its order, then what was proven and what was not."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from evidence import (
    bagged,
    disclosing,
    filed,
    logged,
    phones,
    presences,
    reading,
    signed,
    stamped,
)
from evidence.disclosing import Shown
from evidence.errors import CannotCheck, DoesNotFit
from evidence.filed import Files
from evidence.heads import Head, SealedHead, read_heads
from evidence.logged import Log, Tree
from evidence.phones import Journal
from evidence.reading import Archive
from evidence.records import Record, read_records
from evidence.signed import Keys
from evidence.stamped import Stamp
from evidence.suites import Suite, der_of, kid

VERIFIED, INTEGRITY_ONLY, FAILED = "VERIFIED", "INTEGRITY ONLY", "FAILED"
PEMS = re.compile(r"-----BEGIN PUBLIC KEY-----\n[^-]*-----END PUBLIC KEY-----\n?")
#: The largest file that is read as a key or a head of the log.
LONGEST_ANCHOR = 1 << 20


@dataclass(frozen=True)
class Anchors:
    """What was got otherwise than with the bundle; all of it may be missing.

    `seals` and `copies` are PEMs; `tree_heads` what the bank gave away, by the file's
    name; `authority` the CA of a timestamp authority.
    """

    seals: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    tree_heads: tuple[tuple[str, bytes], ...] = ()
    authority: Path | None = None


@dataclass(frozen=True)
class Finding:
    """What fits: all that can be said of a bundle in which nothing does not."""

    suite: Suite
    sealed: Sequence[tuple[SealedHead, Head]]
    records: Sequence[Record]
    shown: Shown
    journals: Sequence[Journal]
    presences: int
    files: Files
    log: Log
    confirmed: Sequence[Tree]
    stamps: Sequence[int]
    stamped: Mapping[int, Stamp]
    copier: str
    made_on: str
    own_copy: bool

    @property
    def newest(self) -> Head:
        return self.sealed[-1][1]


@dataclass(frozen=True)
class Verdict:
    """The grade; `reason` where it failed, `finding` where it did not."""

    grade: str
    anchors: Anchors = field(repr=False)
    finding: Finding | None = None
    reason: DoesNotFit | None = None


def verify(bundle: Path, anchors: Anchors) -> Verdict:
    """Verify a bundle. Raises CannotCheck where that cannot be tried."""
    try:
        with reading.opened(bundle) as archive:
            finding = found_in(archive, anchors)
    except DoesNotFit as reason:
        return Verdict(FAILED, anchors, reason=reason)
    except RecursionError:  # JSON of a thousand brackets; no seal writes such
        return Verdict(FAILED, anchors, reason=DoesNotFit("too_deep", str(bundle)))
    return Verdict(VERIFIED if anchors.seals else INTEGRITY_ONLY, anchors, finding)


def found_in(archive: Archive, anchors: Anchors) -> Finding:
    """Run every check. Raises DoesNotFit at the first thing that does not."""
    suite = bagged.suite_of(archive)
    suite.try_out()
    tag_manifest = bagged.check_files(archive, suite)
    keys = Keys(
        signed.read_keys(archive.read("data/keys.json")),
        {kid(public): public for public in anchors.seals},
        {kid(public): public for public in anchors.copies},
    )
    sealed = read_heads(archive.read("data/heads.jsonl"))
    newest = sealed[-1][1]
    signed.check_heads(sealed, suite, keys)
    copier = signed.check_copy(
        archive.read("signature.json"), tag_manifest, suite, keys, newest
    )
    made_on = bagged.check_labels(archive, newest)
    records, hashes = read_records(suite, archive.read("data/records.jsonl"))
    signed.check_records(sealed, hashes)
    check_visit(records, newest)
    shown = disclosing.read_disclosures(archive.read(disclosing.FILE), records)
    log = logged.check_log(archive.read("data/log.json"), sealed, suite, keys)
    stamps = stamped.stamped_parts(archive, len(sealed))
    authority = anchors.authority
    return Finding(
        suite=suite,
        sealed=sealed,
        records=records,
        shown=shown,
        journals=phones.check_phones(records, newest.visit_id, shown),
        presences=presences.check_presences(records, newest.visit_id, shown),
        files=filed.check_media(archive, records),
        log=log,
        confirmed=[logged.confirmed(log, newest, t, n) for n, t in anchors.tree_heads],
        stamps=stamps,
        stamped=stamped.check_stamps(archive, sealed, stamps, authority)
        if authority
        else {},
        copier=copier,
        made_on=made_on,
        own_copy=bagged.is_own_copy(archive),
    )


def check_visit(records: Sequence[Record], head: Head) -> None:
    """Try that the records begin with the visit that was sealed, and tell of no other."""
    if records[0].kind != "visit":
        raise DoesNotFit("no_visit", records[0].where, value=records[0].kind)
    for record in records:
        if record.kind != "visit":
            continue
        for name, right in (("visit_id", head.visit_id), ("case_id", head.case_id)):
            if record.body.get(name) != right:
                value = repr(record.body.get(name))[:80]
                raise DoesNotFit("other_visit", record.where, value=value)


def pems_in(path: Path) -> Iterator[str]:
    """Give the public keys in a file. Raises CannotCheck where there is none."""
    text = content_of(path).decode("latin-1").replace("\r\n", "\n")
    found = PEMS.findall(text)
    if not found or not all(map(der_of, found)):
        raise CannotCheck("no_key", path=str(path))
    yield from found


def content_of(path: Path) -> bytes:
    """Return a short file that the person named. Raises CannotCheck."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST_ANCHOR)
    except OSError as error:
        raise CannotCheck("no_file", path=str(path), why=error.strerror) from None
