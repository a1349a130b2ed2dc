"""Tries check-ins: that each presence that is shown is one that its phone signed, and that
no two collectors were at the door by one phone.
"""

import json
from collections.abc import Sequence
from typing import Any

from evidence import es256
from evidence.canonical import canonical, member
from evidence.disclosing import Shown
from evidence.errors import CannotWrite, DoesNotFit
from evidence.records import Record

#: What is in a presence as it is hidden, and was not signed.
UNSIGNED = ("salt", "signature")


def check_presences(records: Sequence[Record], visit_id: str, shown: Shown) -> int:
    """Return how many presences are shown and signed. Raises DoesNotFit for a forged one,
    and for one phone, or one presence, that stands for two.

    `check_phones` has tried the phones' keys before.
    """
    keys = {r.body["device"]: r.body["key"] for r in records if r.kind == "phone"}
    owners: dict[str, Any] = {}
    seen: set[bytes] = set()
    for record in records:
        if record.kind != "check_in":
            continue
        device: str = member(record.body, "device", str, record.where)
        collector = record.body.get("collector")
        if owners.setdefault(device, collector) != collector:
            raise DoesNotFit("shared_phone", record.where, device=device[:80])
        text = shown.get((record.n, "presence"))
        if text is None:
            continue
        signed = _tried(record, keys.get(device, {}), visit_id, json.loads(text))
        if signed in seen:
            raise DoesNotFit("presence_twice", record.where)
        seen |= {signed} if signed else set()
    return len(seen)


def _tried(
    record: Record, key: dict[str, Any], visit_id: str, presence: dict[str, Any]
) -> bytes | None:
    """Return what a presence signed; None where nothing is proven by it.

    Raises DoesNotFit where it is not its phone's, or not of this check-in. It is what was
    signed that tells one from another: of one signature anybody makes a second (ECDSA).
    """
    signed = _signed(presence)
    if signed is None:
        return None
    pem = es256.pem_of(key)
    value = presence["signature"].get("value")
    if pem is None or type(value) is not str or not es256.verifies(pem, signed, value):
        raise DoesNotFit("bad_presence", record.where)
    body = record.body
    collector = presence.get("collector_id", body.get("collector"))
    said = presence.get("visit_id"), presence.get("device_id"), collector
    if said != (visit_id, body["device"], body.get("collector")):
        raise DoesNotFit("other_presence", record.where)
    return signed


def _signed(presence: dict[str, Any]) -> bytes | None:
    """Return what its phone signed: it without its salt, its signature and what is null.

    None of one that has no signature: then nothing is proven by it.
    """
    if type(presence.get("signature")) is not dict:
        return None
    said = {name: each for name, each in presence.items() if name not in UNSIGNED}
    try:
        return canonical(without_nulls(said)).encode()
    except CannotWrite:  # a number that Python writes otherwise
        return None


def without_nulls(value: Any) -> Any:
    """Return it without members that are null, at any depth."""
    if type(value) is dict:
        return {name: without_nulls(v) for name, v in value.items() if v is not None}
    return [without_nulls(each) for each in value] if type(value) is list else value
