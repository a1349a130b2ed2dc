"""A visit's record, but for its journals, as a seal says it."""

import json
from collections.abc import Container, Iterator
from dataclasses import replace
from datetime import datetime
from itertools import chain
from typing import Any

from sqlalchemy import Row

from evidence import journals
from services.field_visit.jobs.sealing.drafts import (
    Draft,
    Pen,
    draft,
    moment,
    ref_of,
    words,
)
from services.field_visit.model import Erased, Opens, Visit, erasure_of
from services.field_visit.model.coverage import record
from services.field_visit.store import Sealable

#: What is said of what was found in a file; a position in EXIF is none of it.
FOUND = ("fault", "width", "height", "seconds", "silent", "clipped", "has_position")
#: What is said of a clause that spoke against an act.
REASON = ("book", "clause", "cite", "key", "outcome")


def visit(found: Sealable, pen: Pen, now: datetime) -> Iterator[Draft]:
    its = found.visit
    body = {
        "visit_id": str(its.id),
        "case_id": str(its.case_id),
        "agency": str(its.agency_id),
        "pair": words(its.collectors),
        "letter": str(its.letter_id),
        "books": list(its.books),
        "not_before": moment(its.not_before),
        "not_after": moment(its.not_after),
        "zone": its.zone,
        "appointment": its.appointment_id and str(its.appointment_id),
    }
    sheet = pen.opened(its.sheet.model_dump(), "visit.sheet")
    point = pen.opened(its.place.model_dump(), "visit.place")
    place: dict[str, Any] = json.loads(point) if point else {}
    debtor = None
    if sheet:
        said = json.loads(sheet)
        debtor = pen.hides({"debtor_name": said["debtor_name"]})
        place["address"] = said["address"]
    hidden = pen.hides(place) if place else None
    names = pen.hides(dict(found.names)) if found.names else None
    yield draft("visit", now, body, debtor=debtor, place=hidden, names=names)


def phones(found: Sealable, now: datetime) -> Iterator[Draft]:
    for device_id, device in sorted(found.phones.items()):
        if device.public_key:
            key = device.public_key.model_dump()
            owner = str(device.person_id)
            yield draft("phone", now, journals.phone(str(device_id), key, collector=owner))


def check_ins(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.check_ins:
        body = {
            "collector": str(row.collector_id),
            "device": str(row.device_id),
            "distance_m": round(row.distance_m, 1),
            "accuracy_m": round(row.accuracy_m, 1),
            "at": moment(row.present_at),
        }
        said = pen.opened(row.presence, "visit.presence")
        presence = pen.hides(json.loads(said), Opens.POSITION) if said else None
        yield draft("check_in", row.at, body, presence=presence)


def odd(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.odd:
        body = {
            "id": str(row.id),
            "device": str(row.device_id),
            "seq": row.seq,
            "what": row.kind,
            "posted_by": row.posted_by and str(row.posted_by),
        }
        raw = pen.opened(row.raw, "journal.apart")
        hidden = pen.hides({"raw": raw}, for_bank=True) if raw else None
        yield draft("odd", row.at, body, raw=hidden)


def decisions(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.decisions:
        said = row.decision
        body = {
            "id": str(row.id),
            "act": row.act,
            "outcome": row.outcome,
            "clauses": list(row.clauses),
            "reasons": [{name: each[name] for name in REASON} for each in said["reasons"]],
            "books": said["books"],
            "books_hash": said["books_hash"],
            "on": said["on"],
            "asked_by": row.asked_by,
            "decided_at": moment(row.at),
            "good_until": said.get("good_until"),
        }
        facts = pen.hides(row.facts, for_bank=True)
        yield draft("decision", row.at, body, facts=facts)


def withdrawals(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.withdrawals:
        body = {
            "id": str(row.id),
            "since": moment(row.at),
            "ended_at": moment(row.ended_at),
        }
        topic = pen.hides({"topic": row.topic}, for_bank=True)
        yield draft("withdrawn", row.ended_at or row.at, body, topic=topic)


def help(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.help:
        body = {
            "id": str(row.id),
            "collector": str(row.collector_id),
            "device": str(row.device_id),
            "called_at": moment(row.called_at),
            "acknowledged_at": moment(row.acknowledged_at),
            "acknowledged_by": row.acknowledged_by,
        }
        said = pen.opened(row.details, "visit.help")
        details = pen.hides(json.loads(said)) if said else None
        yield draft("help", row.acknowledged_at or row.at, body, details=details)


def files(found: Sealable) -> Iterator[Draft]:
    for row in found.files:
        body = {
            "id": str(row.id),
            "kind": row.kind,
            "type": row.media_type,
            "sha256": row.sha256,
            "size": row.size,
            "device": str(row.device_id),
            "captured_at": moment(row.captured_at),
            "received_at": moment(row.received_at),
            "counts": row.counts,
            "found": seen(row),
        }
        yield draft("file", row.received_at, body)


def seen(row: Row[Any]) -> dict[str, Any] | None:
    """Return what a worker saw in a file, without what it says of places."""
    if row.found is None:
        return None
    said = {name: row.found.get(name) for name in FOUND}
    return {k: round(v, 3) if isinstance(v, float) else v for k, v in said.items()}


def coverage(found: Sealable, now: datetime) -> Iterator[Draft]:
    """How much of the talk was recorded, by which phone, and the gaps."""
    if found.coverage is not None:
        yield draft("coverage", now, record(found.coverage))


def ending(found: Sealable, now: datetime) -> Iterator[Draft]:
    """How it ended, and what was still lacking when that was written down."""
    its = found.visit
    body = {
        "ending": its.ending and its.ending.value,
        "cause": its.cause and its.cause.value,
        "at": moment(its.closed_at),
        "left": None if its.left_by is None else words(sorted(its.left_by)),
        "by": closed_by(its),
        "lacks": [each.value for each in found.lacks],
    }
    yield draft("ending", now, body)


def closed_by(visit: Visit) -> str | None:
    """Return by what it was over; None where nobody noted that."""
    if visit.left_by is None:
        return None
    return "both_left" if visit.both_left else "deadline"


def corrections(found: Sealable, pen: Pen) -> Iterator[Draft]:
    for row in found.corrections:
        person = row.person_id and str(row.person_id)
        body = {"id": str(row.id), "by": row.by, "person": person}
        said = pen.opened(row.text, "visit.correction")
        of_bank = row.person_id is None and row.role != "supervisor"
        text = pen.hides({"text": said}, for_bank=of_bank) if said else None
        yield draft("correction", row.at, body, text=text)


def but_erased(found: Sealable, refs: Container[str]) -> Sealable:
    """Leave out files of which an earlier part says that they were erased: to name one
    behind that would say that it came in again.
    """
    ids = {row.id: str(erasure_of(row.id)) for row in found.files}
    over = {row for row, its in ids.items() if ref_of("erased", {"id": its}) in refs}
    return replace(found, files=[row for row in found.files if row.id not in over])


def erased(found: Sealable) -> Iterator[Draft]:
    """What was erased, by whom and why; that of the case itself by its tombstone's note.

    A file is not gone as long as the visit has another of the very same bytes.
    """
    alive = {row.sha256 for row in found.files if row.deleted_at is None}
    for row in found.erasures:
        if row.what == Erased.CASE:
            continue
        lives = row.what == Erased.FILE and row.sha256 in alive
        files = {"files": [row.sha256]} if row.sha256 and not lives else {}
        body = {"id": str(row.id), "what": row.what, "by": row.by, "why": row.why}
        yield draft("erased", row.at, body | files)
    if (gone := found.shredded) is not None:
        body = {"id": str(gone.key_id), "what": Erased.CASE.value}
        body |= {"by": gone.by, "why": gone.reason}
        yield draft("erased", gone.shredded_at, body)


def all_but_journals(
    found: Sealable, pen: Pen, now: datetime
) -> tuple[Iterator[Draft], Iterator[Draft]]:
    """Return what stands before the journals, and what stands behind them."""
    before = chain(visit(found, pen, now), phones(found, now), check_ins(found, pen))
    behind = chain(
        odd(found, pen),
        decisions(found, pen),
        withdrawals(found, pen),
        help(found, pen),
        files(found),
        coverage(found, now),
        ending(found, now),
        corrections(found, pen),
        erased(found),
    )
    return before, behind
