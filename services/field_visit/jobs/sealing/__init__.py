"""What a worker does to seal a visit: it reads all of it, writes what no earlier part has,
puts that into the store, and signs.

Nothing of it counts before the seal is noted, once: whoever is killed here leaves a file
that nobody names, of hashes and words that are nobody's own, and what it hid is forgotten
with the next seal.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine

from chassis import clock, evidence_keys, media
from chassis.errors import Conflict
from chassis.jobs import Job
from chassis.keyring import Keyring
from chassis.settings import settings
from evidence import heads
from evidence.records import Disclosure, Writer
from evidence.suites import Suite, kid
from proto import ids
from proto.evidence import Grade, NoteSeal
from proto.signing import hashed
from services.field_visit import store
from services.field_visit.jobs.sealing import entries, said
from services.field_visit.jobs.sealing.drafts import Draft, Hidden, Pen, moment
from services.field_visit.jobs.sealing.earlier import Earlier
from services.field_visit.model import DISCLOSED, SEALED, Opens
from services.field_visit.store import Sealable

#: Characters of disclosures that are sealed together.
TOGETHER = 100_000


@dataclass(frozen=True)
class Written:
    """The lines of a part, where it goes on, and what they hide: opens, for_bank, line."""

    content: bytes
    count: int
    last: str
    hidden: Sequence[tuple[Opens, bool, str]]


def seal(job: Job, engine: Engine, renew: Callable[[], None]) -> NoteSeal | None:
    """Seal what no earlier part of a visit has. None when there is nothing.

    Raises NoKey, OSError, CannotCheck: then it is tried again.
    """
    visit_id, folder = UUID(job.task["visit_id"]), media.Folder(settings().media)
    with engine.connect() as connection:
        earlier = Earlier.of(store.seals(connection, visit_id), folder)
    suite, now = evidence_keys.suite_of(settings()), clock.now()
    found, pen = read(engine, visit_id, earlier, suite)
    renew()
    if found is None:
        return None
    found = said.but_erased(found, earlier.refs)
    fresh = [each for each in drafts(found, pen, now) if not earlier.has(each)]
    if not fresh:
        return None
    part = written(fresh, earlier.writer(suite))
    renew()
    seal_id = ids.named("seal", f"{job.id}/{job.claim}")
    digest = keep(part.content, folder, f"seal-{seal_id}")
    with engine.begin() as connection:
        put_aside(connection, seal_id, found, part, now)
    return signed(seal_id, found, earlier, part, digest, now)


def read(
    engine: Engine, visit_id: UUID, earlier: Earlier, suite: Suite
) -> tuple[Sealable | None, Pen]:
    """Read a visit at one moment, with the keys that open it."""
    its = engine.execution_options(isolation_level="REPEATABLE READ")
    with its.connect() as connection, connection.begin():
        found = store.sealable(connection, visit_id, earlier.last)
        keyring = Keyring(connection)
        if found is not None:
            keyring.load(sorted(keys_for(found)))
    return found, Pen(suite, keyring)


def keys_for(found: Sealable) -> set[UUID]:
    """Return what opens a visit: its case, and cases in whose name something strayed."""
    boxes = (row.fact.get(SEALED) for rows in found.entries.values() for row in rows)
    strayed = (box["key_id"] for box in boxes if box)
    return {found.visit.case_id, *map(UUID, strayed)}


def drafts(found: Sealable, pen: Pen, now: datetime) -> Iterable[Draft]:
    before, behind = said.all_but_journals(found, pen, now)
    return chain(before, entries.told(found, pen), behind)


def written(fresh: Sequence[Draft], writer: Writer) -> Written:
    """Write records behind those of earlier parts."""
    lines, hidden = [], []
    for each in fresh:
        commits = {name: dict(its.commits) for name, its in each.hidden.items()}
        at = moment(each.at)
        assert at is not None
        lines.append(writer.add(each.kind, at, each.body, commits or None))
        for name, its in sorted(each.hidden.items()):
            hidden += disclosed(writer.n, name, its)
    return Written(b"".join(lines), writer.n, writer.last, hidden)


def disclosed(n: int, name: str, its: Hidden) -> list[tuple[Opens, bool, str]]:
    if its.text is None:
        return []
    return [(its.opens, its.for_bank, Disclosure(n, name, its.text).line().decode())]


def keep(content: bytes, folder: media.Folder, name: str) -> str:
    """Put lines into the store, durably; return their digest. Raises OSError."""
    digest, draft = hashed(content), folder.partial(name)
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    folder.keep(draft, digest)
    return digest


def put_aside(
    connection: Connection, seal_id: UUID, found: Sealable, part: Written, now: datetime
) -> None:
    """Keep what the part hides, sealed; nothing of a case that was shredded meanwhile."""
    keyring, case_id = Keyring(connection), found.visit.case_id
    since = min(now, found.visit.ended_at)  # its positions are as old as the visit
    rows: list[dict[str, Any]] = []
    try:
        for opens, for_bank, text in in_chunks(part.hidden):
            box = keyring.seal(case_id, DISCLOSED, text)
            rows.append(
                {
                    "id": ids.new(),
                    "seal_id": seal_id,
                    "visit_id": found.visit.id,
                    "number": len(rows),
                    "kind": opens,
                    "for_bank": for_bank,
                    "box": box.model_dump(mode="json"),
                    "at": since,
                }
            )
    except Conflict:
        return
    store.put_aside(connection, rows)


def in_chunks(
    hidden: Iterable[tuple[Opens, bool, str]],
) -> Iterable[tuple[Opens, bool, str]]:
    """Put lines together that are shown and go together, so many at a time."""
    open_ones: dict[tuple[Opens, bool], str] = {}
    for opens, for_bank, line in hidden:
        so_far = open_ones.get((opens, for_bank), "") + line
        open_ones[opens, for_bank] = so_far
        if len(so_far) >= TOGETHER:
            yield opens, for_bank, open_ones.pop((opens, for_bank))
    for (opens, for_bank), text in open_ones.items():
        yield opens, for_bank, text


def signed(
    seal_id: UUID,
    found: Sealable,
    earlier: Earlier,
    part: Written,
    digest: str,
    now: datetime,
) -> NoteSeal:
    """Sign the head of a part; return what its service is told."""
    its = settings()
    suite = evidence_keys.suite_of(its)
    key = evidence_keys.needed(its, evidence_keys.SEAL)
    export = evidence_keys.needed(its, evidence_keys.EXPORT)
    public = evidence_keys.public(its, key)
    reasons = (*(each.value for each in found.lacks), *found.unproven)
    grade = Grade.KEPT if reasons else Grade.PROVEN
    sealed_at = moment(now)
    assert sealed_at is not None
    text = heads.Head(
        bank=its.bank,
        visit_id=str(found.visit.id),
        case_id=str(found.visit.case_id),
        suite=suite,
        part=earlier.part,
        records=part.count,
        last=part.last,
        before=heads.before(suite, earlier.seals[-1].head if earlier.seals else None),
        sealed_at=sealed_at,
        grade=grade.value,
        reasons=reasons,
        key=kid(public),
        export_keys=(kid(evidence_keys.public(its, export)),),
    ).text()
    return NoteSeal(
        seal_id=seal_id,
        visit_id=found.visit.id,
        part=earlier.part,
        suite=suite.name,
        head=text,
        signature=suite.sign(key, text.encode()),
        key=kid(public),
        public_key=public,
        records=digest,
        count=part.count,
        last=part.last,
        grade=grade,
        reasons=reasons,
        sealed_at=now,
    )
