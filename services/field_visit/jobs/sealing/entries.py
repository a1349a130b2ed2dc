"""Phones' journals as a seal says them: entries of this visit, and links between them.

What was said at a door is hidden from an agency (`DEEDS`): it commits to its own hash,
which has a salt of the phone's.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from evidence import journals
from proto.canonical import canonical
from proto.journal import texts
from services.field_visit.jobs import entries
from services.field_visit.jobs.sealing.drafts import Draft, Hidden, Pen, draft, moment
from services.field_visit.model import DEEDS, SEALED, Opens
from services.field_visit.store import Sealable

#: Under these kinds lies what cannot be read, or is of another visit, sealed as it came.
AS_IT_CAME = ("malformed", "stray")
#: What each kind of fact hides is sealed for; `position` goes with the positions.
PURPOSES = {
    "position": "visit.position",
    "at_the_gate": "visit.position",
    "debtor_signed": "visit.remarks",
    "appointment": "visit.where",
    "circumstance": "visit.hardship",
}


def told(found: Sealable, pen: Pen) -> Iterator[Draft]:
    """Yield the records of all phones' entries, phone by phone, in their order."""
    for device_id in sorted(found.entries):
        for row in found.entries[device_id]:
            mine = row.visit_id == found.visit.id
            yield entry(row, pen) if mine else link(row, pen)


def link(row: Row[Any], pen: Pen) -> Draft:
    """Return what links an entry that is of no concern here."""
    text = text_of(row, pen) if row.salt or row.kind in AS_IT_CAME else None
    sha256 = None if text is None else journals.sha256(text)
    plain = sha256 is None
    body = journals.link(*place(row), sha256, row.link, row.signature, plain)
    return draft("link", row.received_at, body)


def entry(row: Row[Any], pen: Pen) -> Draft:
    """Return an entry, and what the rules say of it."""
    kind = row.kind or row.fact["kind"]
    text, plain = text_of(row, pen), row.salt is None
    personal = hidden_fact(row, kind, pen)
    hides: dict[str, Hidden] = {"personal": personal} if personal else {}
    if text is None:
        plain = True
        hides = {"text": Hidden({"sha256": row.link}, None)}
    elif kind not in DEEDS or (plain and SEALED in row.fact):
        digest = {"sha256": journals.sha256(text)}
        opens = Opens.POSITION if is_position(kind) and plain else Opens.PERSON
        hides["text"] = Hidden(digest, text, opens, for_bank=kind not in DEEDS)
        text = None
    body = journals.entry(
        *place(row),
        text,
        row.link,
        row.signature,
        plain,
        received_at=moment(row.received_at),
        counts=row.counts,
        verdict=row.verdict or "not_judged",
        clauses=list(row.clauses or ()),
    )
    return draft("entry", row.received_at, body, **hides)


def is_position(kind: str) -> bool:
    return PURPOSES.get(kind) == "visit.position"


def place(row: Row[Any]) -> tuple[str, int, str]:
    return str(row.device_id), row.seq, row.prev


def hidden_fact(row: Row[Any], kind: str, pen: Pen) -> Hidden | None:
    """Return what the phone hid of a fact; it commits to it whether or not it is lost."""
    if not row.hidden:
        return None
    text = pen.opened(row.fact.get(SEALED), PURPOSES.get(kind, ""))
    if text is not None and journals.sha256(text) != row.hidden:
        text = None
    opens = Opens.POSITION if is_position(kind) else Opens.PERSON
    return Hidden({"sha256": row.hidden}, text, opens, for_bank=kind not in DEEDS)


def text_of(row: Row[Any], pen: Pen) -> str | None:
    """Return what an entry said as it was hashed; None where that is lost."""
    kind = row.kind or row.fact["kind"]
    if kind in AS_IT_CAME:
        return as_it_came(row, pen)
    if row.salt:
        body = entries.body_of(row)
        return body if entries.fits(row, body) else None
    return of_before(row, kind, pen)


def as_it_came(row: Row[Any], pen: Pen) -> str | None:
    """Return the body of what was set aside, if it has a salt."""
    raw = pen.opened(row.fact.get(SEALED), "journal.apart")
    if raw is None:
        return None
    try:
        said = json.loads(raw)
        found = {k: v for k, v in said.items() if v is not None}
        found["fact"] = entries.without_nothing(found["fact"])
        text, _ = texts(found)
    except Exception:  # no entry, or one of before: nothing is shown of it
        return None
    return text.decode() if entries.fits(row, text.decode()) else None


def of_before(row: Row[Any], kind: str, pen: Pen) -> str | None:
    """Return a whole entry of before there were salts, if nothing of it is lost."""
    fact = {name: value for name, value in row.fact.items() if name != SEALED}
    if SEALED in row.fact:
        personal = pen.opened(row.fact[SEALED], PURPOSES.get(kind, ""))
        if personal is None:
            return None
        fact |= opened_before(kind, personal)
    said = {
        "at": entries.moment(row.at),
        "boot_id": row.boot_id and str(row.boot_id),
        "elapsed_ms": row.elapsed_ms,
        "fact": fact,
        "prev": row.prev,
        "satellite_at": entries.moment(row.satellite_at),
        "seq": row.seq,
        "visit_id": row.visit_id and str(row.visit_id),
    }
    text = canonical(entries.without_nothing(said)).decode()
    return text if journals.sha256(text) == row.link else None


def opened_before(kind: str, personal: str) -> dict[str, Any]:
    if kind == "circumstance":
        return {} if personal == "unsaid" else {"hardship": personal}
    found: dict[str, Any] = json.loads(personal)
    return found
