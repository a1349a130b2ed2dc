"""What a worker does with the log: it signs its head, and has it given away."""

from collections.abc import Callable
from uuid import UUID

from sqlalchemy import Engine

from chassis import clock, evidence_keys
from chassis.jobs import Job
from chassis.settings import settings
from evidence import log, merkle
from evidence.suites import kid
from proto.evidence import NoteTreeHead
from services.field_visit import store
from services.field_visit.jobs import publishing
from services.field_visit.jobs.sealing.drafts import moment


def sign(job: Job, engine: Engine) -> NoteTreeHead | None:
    """Sign the log as it is. None when there is a head over all of it already; of those
    that are given away there is one more on each day on which the log grew.
    """
    its, now = settings(), clock.now()
    suite, daily = evidence_keys.suite_of(its), bool(job.task["given_away"])
    with engine.connect() as connection:
        size = store.size(connection)
        before = store.newest_head(connection, given_away=daily)
        if size == 0 or (before is not None and before.size >= size):
            return None
        root = merkle.root(suite, size, store.reader(connection))
    key = evidence_keys.needed(its, evidence_keys.SEAL)
    public = evidence_keys.public(its, key)
    at = moment(now)
    assert at is not None
    text = log.tree_head(suite, its.bank, at, size, root, kid(public))
    return NoteTreeHead(
        size=size,
        root=root.hex(),
        suite=suite.name,
        text=text,
        signature=suite.sign(key, text.encode()),
        key=kid(public),
        public_key=public,
        given_away=daily,
        at=now,
    )


def give_away(job: Job, engine: Engine, renew: Callable[[], None]) -> None:
    """Have a head sent to where the bank chooses; what is down is tried again later."""
    with engine.connect() as connection:
        head = store.tree_head(connection, UUID(job.task["head_id"]))
    if head is not None:
        publishing.publish(engine, head.text, head.signature, renew)
