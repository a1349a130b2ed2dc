"""Tries check-ins: that each presence that is shown is one that its phone signed."""

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
    """Return how many presences are shown and signed. Raises DoesNotFit for a forged one.

    `check_phones` has tried the phones' keys before.
    """
    keys = {r.body["device"]: r.body["key"] for r in records if r.kind == "phone"}
    count = 0
    for record in records:
        text = shown.get((record.n, "presence"))
        if record.kind != "check_in" or text is None:
            continue
        device: str = member(record.body, "device", str, record.where)
        presence = json.loads(text)
        signed = _signed(presence)
        if signed is None:
            continue
        key = es256.pem_of(keys.get(device, {}))
        value = presence["signature"].get("value")
        if key is None or type(value) is not str or not es256.verifies(key, signed, value):
            raise DoesNotFit("bad_presence", record.where)
        if (presence.get("visit_id"), presence.get("device_id")) != (visit_id, device):
            raise DoesNotFit("other_presence", record.where)
        count += 1
    return count


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
