"""What is left of photos and sound: rows, bytes, and what is served and said of them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from chaos.crews import gallery, steps
from chaos.crews.gallery import Made
from chaos.crews.steps import Step
from chassis.media import PARTIAL
from doorstep.client import Gateway
from tests.world import Platform

#: Copies that a worker makes of a photo, by which digest it tells of each.
COPIES = ("thumbnail", "stripped", "blurred")
UPLOADS = "SELECT id, sha256, length, received, state, why, receipt FROM gateway.upload"
MEDIA = "SELECT id, visit_id, device_id, sha256, size, found FROM field_visit.media"
NOTED = (
    "SELECT visit_id, device_id, fact->>'media_id', fact->>'sha256'"
    " FROM field_visit.journal WHERE kind = 'media_noted'"
)
STOPS = (
    "SELECT visit_id, device_id, at, fact->>'reason' FROM field_visit.journal"
    " WHERE kind = 'recording' AND (fact->>'running')::boolean IS FALSE ORDER BY number"
)
FOUND = (
    "SELECT visit_id, begins_at, ends_at FROM field_visit.recording_finding"
    " WHERE kind = 'gap' AND superseded_at IS NULL"
)


@dataclass(frozen=True)
class Upload:
    """A row of `gateway.upload`."""

    id: str
    sha256: str
    length: int
    received: int
    state: str
    why: str | None
    receipt: str | None


@dataclass(frozen=True)
class Kept:
    """A row of `field_visit.media`; `copies` are digests that a worker told of."""

    id: str
    visit: str
    device: str
    sha256: str
    size: int
    copies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Stop:
    """A recorder that was said to have stopped, when by its phone's clock, and why."""

    visit: str
    device: str
    at: datetime
    reason: str | None


@dataclass
class Files:
    """All that is left of photos and sound."""

    made: list[Made] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    uploads: list[Upload] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    #: Which phone's journal of which visit names which file with which digest.
    noted: set[tuple[str, str, str, str]] = field(default_factory=set)
    #: Of each final name in the store, the SHA-256 of what lies there; unfinished files.
    stored: dict[str, str] = field(default_factory=dict)
    partial: list[str] = field(default_factory=list)
    #: Of each kept file, the SHA-256 of what is served of it, or what is said instead.
    served: dict[str, str] = field(default_factory=dict)
    stops: list[Stop] = field(default_factory=list)
    #: What is shown of a visit's recording, and the gaps that were found in it.
    coverage: dict[str, dict[str, Any]] = field(default_factory=dict)
    found: list[tuple[str, datetime, datetime]] = field(default_factory=list)


def gather(platform: Platform, folder: Path) -> Files:
    """Read everything that is left of photos and sound, also as people are shown it."""
    files = Files(
        made=list(gallery.read(folder / "galleries")),
        steps=list(steps.read(folder / "steps")),
        uploads=[Upload(str(row[0]), *row[1:]) for row in platform.rows(UPLOADS)],
        kept=[kept(*row) for row in platform.rows(MEDIA)],
        noted={(str(v), str(d), id_, its) for v, d, id_, its in platform.rows(NOTED)},
        stops=[Stop(str(v), str(d), *rest) for v, d, *rest in platform.rows(STOPS)],
    )
    store = Path(platform.settings["DOORSTEP_MEDIA"])
    files.stored = dict(stored(store))
    files.partial = [each.name for each in (store / PARTIAL).glob("*")]
    officer = platform.account("bank_officer")
    with httpx.Client(base_url=platform.url, trust_env=False, timeout=30) as client:
        for each in files.kept:
            files.served[each.id] = served(client, officer, each.id)
    for visit in sorted({each.visit for each in files.made if each.kind == "audio"}):
        files.coverage[visit] = dict(officer.get(f"/v1/visits/{visit}/coverage").body)
    files.found = [(str(visit), a, b) for visit, a, b in platform.rows(FOUND)]
    return files


def kept(
    id_: Any, visit: Any, device: Any, sha256: str, size: int, found: Mapping[str, Any]
) -> Kept:
    copies = tuple(found[each] for each in COPIES if (found or {}).get(each))
    return Kept(str(id_), str(visit), str(device), sha256, size, copies)


def stored(store: Path) -> Iterator[tuple[str, str]]:
    """Yield each final name of a store and the SHA-256 of what lies there."""
    for file in store.glob("[0-9a-f][0-9a-f]/*"):
        with file.open("rb") as opened:
            yield file.name, hashlib.file_digest(opened, "sha256").hexdigest()


def served(client: httpx.Client, officer: Gateway, media_id: str) -> str:
    """Return the SHA-256 of a file as the bank gets it for a reason, or a status."""
    path = f"/v1/media/{media_id}?reason=audit&original=true"
    with client.stream("GET", path, headers=officer.headers) as answer:
        if not answer.is_success:
            return f"{answer.status_code} {answer.read().decode()[:200]}"
        digest = hashlib.sha256()
        for part in answer.iter_bytes():
            digest.update(part)
    return digest.hexdigest()
