"""The small history once more, with a seal, a fact that landed, and what was given away."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from chaos.crews.ledger import LANDED, Operation, Told, Try
from chaos.crews.noted import Basement, Picture
from chaos.remains.effects import DONE, Arrived, Outside, Wanted
from chaos.remains.evidence import Answered, Evidence
from chaos.remains.landed import Help, Row
from chaos.remains.sealed import Bundle, Head, Linked, Odd, Part, Sealed
from chassis.signatures import public_key
from evidence import log, merkle
from evidence.canonical import canonical
from evidence.heads import before
from evidence.suites import SUITES, kid, public_of
from evidence.verifying import FAILED, VERIFIED
from proto.journal import GENESIS
from tests.chaos.histories import DEVICE, PERSON, VISIT, well

SUITE = SUITES["international"]
OTHER, PHOTO = "visit-2", Picture(VISIT, "photo-1", DEVICE, "d" * 64, "")
BODY = "b" * 64
#: When the pair was in the basement, and when it sent what it had.
SINCE, UNTIL = 200.0, 210.0


class Keys:
    """Of whoever seals, and of whoever signs receipts."""

    def __init__(self) -> None:
        with TemporaryDirectory() as folder:
            self.private = Path(folder) / "seal.pem"
            SUITE.make_key(self.private)
            self.content, self.public = self.private.read_bytes(), public_of(self.private)
        self.receipts = ec.generate_private_key(ec.SECP256R1())

    def sign(self, text: str) -> str:
        with TemporaryDirectory() as folder:
            private = Path(folder) / "seal.pem"
            private.write_bytes(self.content)
            return SUITE.sign(private, text.encode())

    @property
    def published(self) -> dict[str, dict[str, Any]]:
        key = public_key(self.receipts)
        return {key.thumbprint(): key.model_dump() | {"kid": key.thumbprint()}}

    def receipt(self, kind: str, visit: str, sha256: str) -> str:
        said = {"kind": kind, "visit_id": visit, "sha256": sha256, "device_id": DEVICE}
        header = {"kid": next(iter(self.published)), "typ": "landing-receipt"}
        content = json.dumps(said).encode()
        return jwt.PyJWS().encode(content, self.receipts, "ES256", headers=header)


@cache
def keys() -> Keys:
    return Keys()


def part(visit: str, number: int, leaf: int, last: str | None) -> Part:
    said = {"visit_id": visit, "part": number, "before": before(SUITE, last)}
    head = canonical(said)
    return Part(visit, number, leaf, head, keys().sign(head))


def tree_head(size: int, leaves: list[str]) -> Head:
    nodes: dict[tuple[int, int], bytes] = {}

    def node(level: int, index: int) -> bytes:
        return nodes[level, index]

    for index, leaf in enumerate(leaves):
        for level, at, it in merkle.added(SUITE, index, bytes.fromhex(leaf), node):
            nodes[level, at] = it
    root = merkle.root(SUITE, size, node)
    at = "2026-03-02T07:00:00Z"
    text = log.tree_head(SUITE, "demo", at, size, root, kid(keys().public))
    return Head(size, root.hex(), text, keys().sign(text), float(size))


@cache
def parts() -> tuple[Part, ...]:
    first = part(VISIT, 1, 0, None)
    return (first, part(OTHER, 1, 1, None), part(VISIT, 2, 2, first.head))


def sealed() -> Sealed:
    leaves = [merkle.leaf_hash(SUITE, each.head.encode()).hex() for each in parts()]
    second = Linked(DEVICE, 2, "link-1", "link-2")
    return Sealed(
        anchor=keys().public,
        parts=list(parts()),
        heads=[*tree_heads(tuple(leaves))],
        leaves=leaves,
        chain=[Linked(DEVICE, 1, GENESIS, "link-1"), second],
        odd=[Odd(DEVICE, 2, "fork"), Odd(DEVICE, 2, "gap")],
        bundles=[bundle()],
        looks={(VISIT, "photo-1", "sharp"), (VISIT, "", "bundle")},
        due={VISIT},
        pictures=[photo()],
        shown=[(VISIT, "photo-1")],
        forks=[(DEVICE, 2)],
        hasty={DEVICE},
    )


@cache
def tree_heads(leaves: tuple[str, ...]) -> tuple[Head, ...]:
    return tuple(tree_head(size, list(leaves)) for size in (1, 3, 3))


def photo() -> Picture:
    receipt = keys().receipt("media", VISIT, PHOTO.sha256)
    return Picture(VISIT, PHOTO.media, DEVICE, PHOTO.sha256, receipt)


def bundle() -> Bundle:
    return Bundle(
        visit=VISIT,
        grade=VERIFIED,
        entries={(DEVICE, 1): "link-1"},
        named=frozenset({"d-in", "d-talk", "help-1"}),
        files=frozenset({PHOTO.sha256}),
        mutations=(("cut short", FAILED), ("drop", FAILED)),
    )


def fact(name: str, kind: str, at: float) -> Told:
    """A fact that the gateway took in alone at the first try."""
    operation = Operation(
        key=f"key-{name}-{at}",
        principal=PERSON,
        name=name,
        about=VISIT,
        digest=f"digest-{name}",
        expects=("200", "202"),
        sha256=BODY,
    )
    receipt = keys().receipt(kind, VISIT, BODY)
    reply = {"visit_id": VISIT, "receipt": receipt}
    done = Try("first", at, at + 0.5, LANDED, "", reply, receipt, granted=True)
    return Told(operation, [done])


def landed() -> Evidence:
    """The well history, and behind it a basement whose facts landed."""
    evidence = well()
    told = [
        fact("summon_help", "help", UNTIL + 0.1),
        fact("record_journal", "journal", UNTIL + 1),
    ]
    evidence.told += told
    for each in told:
        one, answer = each.operation, each.tries[0]
        name = (one.key, one.principal, one.name)
        evidence.answered.append(Answered("field_visit", *name, one.digest, {"new": 1}))
        row = Row(*name, one.digest, answer.receipt, DEVICE)
        evidence.landed.rows.append(row)
    evidence.landed.keys = keys().published
    evidence.landed.helps = [Help("help-1", VISIT)]
    evidence.landed.basements = [Basement(VISIT, SINCE, UNTIL, help=True)]
    evidence.landed.away = [(UNTIL, UNTIL + 20)]
    evidence.sealed = sealed()
    evidence.outside = outside()
    return evidence


def outside() -> Outside:
    by_mail = Wanted("head by smtp", "head-1", DONE, "head-1", 2)
    return Outside(
        wanted=[Wanted("head by http", "head-1", DONE, "head-1", 2), by_mail],
        arrived=[
            Arrived("head by http", "head-1", "head-1", taken=True, answered=False),
            Arrived("head by http", "head-1", "head-1", taken=False, answered=True),
            Arrived("head by smtp", "head-1", "head-1", taken=True, answered=False),
            Arrived("head by smtp", "head-1", "head-1", taken=True, answered=True),
        ],
        once=frozenset({"head by http"}),
    )
