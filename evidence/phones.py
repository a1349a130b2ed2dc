"""Tries phones' journals: that each entry is the one its phone linked and signed."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from evidence import es256
from evidence.canonical import member
from evidence.disclosing import Shown
from evidence.errors import DoesNotFit
from evidence.journals import GENESIS, link_of, sha256
from evidence.records import DIGEST, Record


@dataclass(frozen=True)
class Place:
    """One number of a phone's journal. `binds` is whether its link names what is before
    it, as far as this reader can see; `mine` whether it says something of this visit."""

    record: Record
    seq: int
    prev: str
    link: str
    signed: bool
    binds: bool
    mine: bool


@dataclass(frozen=True)
class Journal:
    """What is proven of one phone: of `entries` of this visit, `signed` reach back from
    a signature of the phone's."""

    device: str
    entries: int
    links: int
    signed: int


def check_phones(records: Sequence[Record], visit_id: str, shown: Shown) -> list[Journal]:
    """Try all journals in the records. Raises DoesNotFit."""
    keys: dict[str, str] = {}
    places: dict[str, list[Place]] = {}
    for record in records:
        if record.kind == "phone":
            device, key = _phone(record)
            if keys.setdefault(device, key) != key:
                raise DoesNotFit("two_keys", record.where, device=device[:80])
        elif record.kind in ("entry", "link"):
            device = member(record.body, "device", str, record.where)
            if device not in keys:
                raise DoesNotFit("unknown_phone", record.where, device=device[:80])
            there = places.setdefault(device, [])
            there.append(_place(record, keys[device], visit_id, shown))
            _follows(there)
    return [_journal(device, places.get(device, [])) for device in keys]


def _phone(record: Record) -> tuple[str, str]:
    key = es256.pem_of(member(record.body, "key", dict, record.where))
    if key is None:
        raise DoesNotFit("no_phone_key", record.where)
    return member(record.body, "device", str, record.where), key


def _follows(places: list[Place]) -> None:
    """Raise DoesNotFit where the newest place does not follow the one before it."""
    *before, new = places
    if before and new.seq != before[-1].seq + 1:
        expected = before[-1].seq + 1
        raise DoesNotFit("gap", new.record.where, value=new.seq, expected=expected)
    expected_prev = before[-1].link if before else GENESIS if new.seq == 1 else new.prev
    if new.prev != expected_prev:
        raise DoesNotFit(
            "chain_torn", new.record.where, value=new.prev, expected=expected_prev
        )


def _place(record: Record, key: str, visit_id: str, shown: Shown) -> Place:
    body, at = record.body, record.where
    seq = member(body, "seq", int, at)
    prev, link = member(body, "prev", str, at), member(body, "link", str, at)
    if seq < 1 or not DIGEST.fullmatch(prev) or not DIGEST.fullmatch(link):
        raise DoesNotFit("bad_member", at, name="seq, prev, link", value=seq)
    if body.get("plain") not in (None, True):
        raise DoesNotFit("bad_member", at, name="plain", value=repr(body["plain"])[:80])
    signed = "signature" in body
    if signed and not es256.verifies(
        key, link.encode(), member(body, "signature", str, at)
    ):
        raise DoesNotFit("bad_phone_signature", at, seq=seq)
    binds = _entry(record, visit_id, shown) if record.kind == "entry" else _link(record)
    return Place(record, seq, prev, link, signed, binds, record.kind == "entry")


def _link(record: Record) -> bool:
    body, at = record.body, record.where
    if body.get("plain"):
        if "sha256" in body:
            raise DoesNotFit("bad_member", at, name="sha256", value="plain")
        return False
    digest = member(body, "sha256", str, at)
    if link_of(body["prev"], body["seq"], digest) != body["link"]:
        raise DoesNotFit("other_entry", at, seq=body["seq"])
    return True


def _entry(record: Record, visit_id: str, shown: Shown) -> bool:
    """Say whether what the entry says, and what it follows, is what was linked.

    Of one that this reader may not see, its hash leads to its link all the same; of one of
    before there were salts it does not. What it hid is shown with it or not at all: only it
    says what that was.
    """
    body, at = record.body, record.where
    _hides_its_own(record)
    text = _text(record, shown)
    if text is None and (record.n, "personal") in shown:
        raise DoesNotFit("personal_alone", at, seq=body["seq"])
    said = {} if text is None else _object(text)
    if body.get("plain"):
        if text is None:
            return False
        link = sha256(text)
        if (said.get("seq"), said.get("prev")) != (body["seq"], body["prev"]):
            raise DoesNotFit("other_entry", at, seq=body["seq"])
    else:
        digest = record.hidden["text"]["sha256"] if text is None else sha256(text)
        link = link_of(body["prev"], body["seq"], digest)
        if text is not None:
            _same_hidden(record, said)
    if link != body["link"]:
        raise DoesNotFit("other_entry", at, seq=body["seq"])
    if said.get("visit_id", visit_id) != visit_id:
        raise DoesNotFit("other_visit", at, value=repr(said["visit_id"])[:80])
    return True


def _hides_its_own(record: Record) -> None:
    """Raise DoesNotFit where an entry hides what nothing of its phone's could name.

    Its text is shown or hidden, never both; one of before hides itself, and no part of it.
    """
    its = {"personal"} if "text" in record.body else {"personal", "text"}
    its -= {"personal"} if record.body.get("plain") else set()
    if not record.hidden.keys() <= its:
        raise DoesNotFit("hides_other", record.where, seq=record.body["seq"])


def _text(record: Record, shown: Shown) -> str | None:
    """Return what an entry says; None where this reader may not see it.

    What is hidden as a whole commits to what the phone hashed: of one with a salt the body,
    of one of before the whole entry, whose hash is its link.
    """
    if "text" in record.body:
        text: str = member(record.body, "text", str, record.where)
        return text
    digest = record.hidden.get("text", {}).get("sha256")
    fits = digest == record.body["link"] if record.body.get("plain") else digest
    if not fits:
        raise DoesNotFit("other_entry", record.where, seq=record.body["seq"])
    return shown.get((record.n, "text"))


def _same_hidden(record: Record, said: dict[str, Any]) -> None:
    """Raise DoesNotFit where the record hides something else than the phone did."""
    fact = said.get("fact")
    digest = fact.get("hidden") if type(fact) is dict else None
    expected = None if digest is None else {"sha256": digest}
    if record.hidden.get("personal") != expected:
        raise DoesNotFit("hides_other", record.where, seq=record.body["seq"])


def _object(text: str) -> dict[str, Any]:
    """Return what an entry says, or nothing for what a phone wrote and nobody can read."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if type(value) is dict else {}


def _journal(device: str, places: list[Place]) -> Journal:
    """Count how far signatures reach back: while each link names the one before."""
    reached, signed = False, 0
    for place in reversed(places):
        reached = reached or place.signed
        signed += reached and place.mine
        reached = reached and place.binds
    entries = sum(place.mine for place in places)
    return Journal(device, entries, len(places) - entries, signed)
