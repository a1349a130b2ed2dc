"""What a worker does to seal the visit of a pair, within the one transaction of a test."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, select

from chassis import evidence_keys, media, rounds, tables
from chassis.jobs import Job
from chassis.settings import settings
from evidence import archive
from evidence.verifying import Anchors, Verdict, verify
from gateway.evidence import put_together
from proto import ids
from proto.base import Role
from proto.evidence import EvidencePlan, LookAtLog, OpenEvidence, ShowDisclosures
from proto.field_visit import LookAround
from proto.media import Inspection, NoteInspection, ReceiveMedia
from services.field_visit import handlers
from services.field_visit.jobs import sealing, tree_heads
from services.field_visit.model import SEAL, SIGN_HEAD
from tests.services.inspecting import keep
from tests.services.pairs import Pair


@dataclass
class OneTransaction:
    """An engine all of whose connections are the test's."""

    connection: Connection

    def execution_options(self, **_: Any) -> "OneTransaction":
        return self

    @contextmanager
    def connect(self) -> Iterator[Any]:
        yield Within(self.connection)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        with self.connection.begin_nested():
            yield self.connection


@dataclass
class Within:
    """A connection whose transaction is a part of the test's."""

    connection: Connection

    def begin(self) -> Any:
        return self.connection.begin_nested()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.connection, name)


class Worker:
    """Does the jobs of sealing that wait, and tells of them."""

    def __init__(self, pair: Pair) -> None:
        self.pair = pair
        self.connection = pair.hears.connection
        self.engine: Any = OneTransaction(self.connection)

    def looks(self) -> list[str]:
        """One look around a moment later, and the jobs that follow; what was said."""
        self.pair.watch.goes(seconds=1)
        unit = self.pair.open("field_visit")
        handlers.look_around(LookAround(), unit)
        unit.settle()
        return self.works()

    def works(self) -> list[str]:
        """Do what waits, until nothing does."""
        said = []
        while waiting := self.waiting():
            for row in waiting:
                said += self.does(row)
        return said

    def waiting(self) -> list[Any]:
        job = tables.job
        of_mine = str(self.pair.case), str(rounds.house("field_visit"))
        open_ones = job.c.done_at.is_(None), job.c.failed_at.is_(None)
        sealing_jobs = job.c.kind.in_((SEAL, SIGN_HEAD)), *open_ones
        mine = (*sealing_jobs, job.c.subject.in_(of_mine))
        query = select(job).where(*mine).order_by(job.c.run_at, job.c.id)
        return list(self.connection.execute(query))

    def does(self, row: Any) -> list[str]:
        self.ends(row)
        return self.tells(row.kind, self.work(row))

    def ends(self, row: Any) -> None:
        job = tables.job
        done = job.update().where(job.c.id == row.id).values(done_at=row.run_at)
        self.connection.execute(done)

    def work(self, row: Any, claim: int = 1) -> Any:
        job = Job(row.id, "field_visit", row.kind, row.task, row.subject, "w", "t", claim)
        if row.kind == SEAL:
            return sealing.seal(job, self.engine, lambda: None)
        return tree_heads.sign(job, self.engine)

    def tells(self, kind: str, told: Any) -> list[str]:
        if told is None:
            return []
        unit = self.pair.open("field_visit")
        (handlers.note_seal if kind == SEAL else handlers.note_tree_head)(told, unit)
        unit.settle()
        return [each.type for each in unit.said]

    def day_ends(self) -> list[str]:
        """The log is looked at; what was said."""
        unit = self.pair.open("field_visit")
        handlers.look_at_log(LookAtLog(), unit)
        unit.settle()
        return self.works()


def plan(pair: Pair, role: Role = Role.COMPLIANCE, **but: Any) -> EvidencePlan:
    unit = pair.open("field_visit", role, pair.agency)
    command = OpenEvidence(visit_id=pair.visit, reason=but.get("reason", "audit"))
    found = handlers.open_evidence(command, unit)
    unit.settle()
    return found


def disclosures(pair: Pair, found: EvidencePlan, role: Role) -> list[str]:
    shown = []
    for each in found.disclosures:
        unit = pair.open("field_visit", role, pair.agency)
        command = ShowDisclosures(visit_id=pair.visit, disclosure_id=each)
        shown.append(handlers.show_disclosures(command, unit).lines)
    return shown


def bundle(pair: Pair, path: Path, role: Role = Role.COMPLIANCE) -> Path:
    """Put a bundle together as the gateway does."""
    found = plan(pair, role)
    store = media.Folder(settings().media)
    members = put_together(found, disclosures(pair, found, role), store, settings())
    path.write_bytes(b"".join(archive.stream(members)))
    assert path.stat().st_size == archive.length(members)
    return path


def verified(path: Path) -> Verdict:
    """Verify a bundle with the bank's own key."""
    key = evidence_keys.private(settings(), evidence_keys.SEAL)
    return verify(path, Anchors(seals=(evidence_keys.public(settings(), key),)))


def records(pair: Pair) -> list[dict[str, Any]]:
    """All sealed records of a visit."""
    store = media.Folder(settings().media)
    found = []
    for part in plan(pair).parts:
        with store.open(part.records) as file:
            found += [json.loads(line) for line in file]
    return found


def of_kind(pair: Pair, kind: str) -> list[dict[str, Any]]:
    return [each["body"] for each in records(pair) if each["kind"] == kind]


def receives(pair: Pair, data: bytes, media_id: UUID | None = None, **but: Any) -> UUID:
    """A file arrives, a photo unless it is said otherwise."""
    values = {
        "media_id": media_id or ids.new(),
        "visit_id": pair.visit,
        "device_id": pair.a.device_id,
        "kind": "photo",
        "media_type": "image/jpeg",
        "sha256": keep(data),
        "size": len(data),
        "captured_at": pair.watch.now,
        "received_at": pair.watch.now,
    }
    command = ReceiveMedia(**values | but)
    pair.does(handlers.receive_media, command)
    return command.media_id


def inspected(pair: Pair, media_id: UUID, **found: Any) -> None:
    """A worker has looked at it."""
    unit = pair.open("field_visit")
    told = NoteInspection(media_id=media_id, visit_id=pair.visit, found=Inspection(**found))
    handlers.note_inspection(told, unit)
    unit.settle()
