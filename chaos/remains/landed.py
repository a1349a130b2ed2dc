"""What is left of landing: receipts, rows that still wait, calls for help, the keys."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx
import jwt

from chaos.crews.crew import Crew
from chaos.crews.noted import Basement
from chaos.faults.hand import Done

Span = tuple[float, float]
JWS = jwt.PyJWS(algorithms=["ES256"])
#: Without whom nothing lands, and seconds until who was killed is warm again.
NEEDED = ("gateway", "database", "to gateway", "to database")
WARM_S = 1.0


@dataclass(frozen=True)
class Row:
    """A receipt that the gateway remembers: for which order of whom."""

    key: str
    principal: str
    operation: str
    digest: str
    receipt: str
    device: str = ""


@dataclass(frozen=True)
class Waiting:
    """A row of `gateway.landed` that is still there at the end."""

    key: str
    operation: str
    state: str
    problem: str | None


@dataclass(frozen=True)
class Help:
    """A row of `field_visit.help`."""

    id: str
    visit: str


@dataclass
class Landings:
    """All of that. `keys` are the published ones for receipts, by their kid.

    `away` are the times without a broker, `disturbed` those when gateway or database had
    a fault, both by `time.time`.
    """

    keys: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    rows: list[Row] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    helps: list[Help] = field(default_factory=list)
    basements: list[Basement] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)
    disturbed: list[Span] = field(default_factory=list)


def of_tables(rows: Any, crews: list[Crew]) -> Landings:
    """Read what lies in tables; `rows` asks one query."""
    receipts = rows("SELECT * FROM gateway.landing_receipt")
    waiting = rows("SELECT key, operation, state, problem FROM gateway.landed")
    helps = rows("SELECT id, visit_id FROM field_visit.help")
    return Landings(
        rows=[
            Row(
                *(str(row.key), str(row.principal), row.operation, row.digest),
                row.receipt,
                said_in(row.receipt).get("device_id", ""),
            )
            for row in receipts
        ],
        waiting=[
            Waiting(str(row.key), row.operation, row.state, row.problem) for row in waiting
        ],
        helps=[Help(str(row.id), str(row.visit_id)) for row in helps],
        basements=[each for crew in crews for each in crew.noted.basements],
    )


def published(url: str) -> dict[str, Mapping[str, Any]]:
    """Return the keys for receipts as anybody may fetch them."""
    said = httpx.get(f"{url}/v1/keys", trust_env=False, timeout=10).json()
    return {key["kid"]: key for key in said["keys"] if key["purpose"] == "receipt"}


def said_in(receipt: str) -> dict[str, Any]:
    """Return what a receipt says, whoever signed it."""
    said: dict[str, Any] = json.loads(
        JWS.decode(receipt, options={"verify_signature": False})
    )
    return said


def verified(receipt: str, keys: Mapping[str, Mapping[str, Any]]) -> dict[str, Any] | None:
    """Return what a receipt says; None when no published key has signed it."""
    try:
        header = jwt.get_unverified_header(receipt)
        key = jwt.PyJWK(dict(keys[header["kid"]])).key
        if header["typ"] != "landing-receipt":
            return None
        found: dict[str, Any] = json.loads(JWS.decode(receipt, key, ["ES256"]))
    except (jwt.PyJWTError, KeyError, ValueError):
        return None
    return found


def spans(done: Sequence[Done], parts: Sequence[str], after_s: float) -> list[Span]:
    """Return from when until when one of these parts had a fault, by `time.time`.

    One that was hit once more before it was ready is away until it was.
    """
    zero = time.time() - time.monotonic()
    mine = [each for each in done if each.fault.part in parts]
    return [(zero + each.began, zero + back(each, mine) + after_s) for each in mine]


def back(one: Done, done: Sequence[Done]) -> float:
    if one.fault.kind == "freeze" and one.back:
        return one.back
    later = [
        each.ready
        for each in done
        if each.ready and each.fault.part == one.fault.part and each.ready >= one.began
    ]
    return min(later, default=one.back or one.began)
