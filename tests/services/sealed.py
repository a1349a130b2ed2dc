"""A sealed visit written down for tests, as docs/evidence.md has it, without a database."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from services.field_visit.jobs.report.chain import HASHES, NOTHING

ZERO = UUID(int=0)
NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")


def known(name: str) -> str:
    """Return the same id for the same name."""
    return str(uuid5(ZERO, name))


def canonical(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode()


def after(seconds: float) -> str:
    """Return a moment of the visit, which begins at noon."""
    return (NOON + timedelta(seconds=seconds)).isoformat()


@dataclass
class Sealing:
    """What is written of a visit, record by record, and sealed in parts."""

    suite: str = "international"
    records: list[bytes] = field(default_factory=list)
    heads: list[bytes] = field(default_factory=list)
    disclosures: list[bytes] = field(default_factory=list)
    before: str = NOTHING

    def hash(self, text: bytes) -> str:
        return hashlib.new(HASHES[self.suite], text).hexdigest()

    def says(self, kind: str, body: dict[str, Any], **hidden: dict[str, Any]) -> None:
        """Write a record; what it hides is disclosed."""
        record: dict[str, Any] = {
            "at": after(60),
            "body": body,
            "kind": kind,
            "n": len(self.records) + 1,
            "prev": self.hash(self.records[-1]) if self.records else NOTHING,
        }
        for name, value in hidden.items():
            text = canonical(value | {"salt": secrets.token_hex(16)})
            digest = self.hash(text)
            record.setdefault("hidden", {})[name] = {HASHES[self.suite]: digest}
            told = {"n": record["n"], "name": name, "text": text.decode()}
            self.disclosures.append(canonical(told))
        self.records.append(canonical(record))

    def visit(self, place: str = "示范市示范路 12 号 3 单元 501", **more: Any) -> None:
        body = {
            "agency": "HX",
            "case": "C2026-0081",
            "letter": "WT-2026-0017",
            "not_after": after(3600),
            "not_before": after(-600),
            "pair": ["W0007", "W0009"],
            "zone": "Asia/Shanghai",
        }
        debtor = more.pop("debtor", "陈建国")
        address, named = {"address": place}, {"debtor_name": debtor}
        self.says("visit", body | more, place=address, debtor=named)

    def entry(self, fact: dict[str, Any], at: float = 300, **judged: Any) -> None:
        text = canonical({"at": after(at), "fact": fact}).decode()
        body = {"clauses": [], "counts": True, "text": text, "verdict": "not_judged"}
        self.says("entry", body | judged)

    def refuses(self, act: str, at: float, *clauses: tuple[str, str]) -> None:
        reasons = [{"cite": cite, "clause": clause} for clause, cite in clauses]
        body = {"act": act, "outcome": "stop", "reasons": reasons}
        self.says("decision", body | {"decided_at": after(at)})

    def file(self, name: str, kind: str = "photo") -> str:
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        self.says("file", {"kind": kind, "sha256": sha256})
        return sha256

    def seals(self, grade: str = "proven", *reasons: str, leaf: int = 41) -> None:
        head = {
            "bank": "demo",
            "before": self.before,
            "case_id": known("case"),
            "format": 1,
            "grade": grade,
            "key": hashlib.sha256(b"key").hexdigest(),
            "last": self.hash(self.records[-1]),
            "part": len(self.heads) + 1,
            "reasons": list(reasons),
            "records": len(self.records),
            "sealed_at": after(7200),
            "suite": self.suite,
            "visit_id": known("visit"),
        }
        text = canonical(head)
        self.before = self.hash(text)
        line = {"head": text.decode(), "leaf": leaf, "signature": "c2ln"}
        self.heads.append(canonical(line))


def whole(suite: str = "international") -> Sealing:
    """A visit with something of each kind."""
    sealing = Sealing(suite)
    sealing.visit()
    for seconds in (60, 64):
        sealing.says("check_in", {"at": after(seconds)})
    sealing.entry({"kind": "person_met", "relation": "spouse"}, 120)
    sealing.entry({"kind": "person_met", "relation": "debtor"}, 180)
    sealing.entry({"kind": "identified", "items": ["id_tail"], "name_said": True}, 200)
    sealing.refuses("enter_premises", 240, ("4.28", "CN-PLEDGE/9"), ("4.29", "CN-PLEDGE/10"))
    sealing.refuses("collect_cash", 400, ("4.30", "CN-PLEDGE/11"))
    sealing.entry({"kind": "entered"}, 420, verdict="breach", clauses=["4.29", "21.090"])
    sealing.entry({"kind": "left"}, 500)
    sealing.file("door")
    sealing.file("letter")
    sealing.file("talk", "audio")
    gap = {"from": after(300), "reason": "battery", "to": after(312)}
    other = {"from": after(400), "to": after(415.5)}
    seconds = {"recorded_s": 812.5, "visit_s": 840}
    sealing.says("coverage", seconds | {"gaps": [gap, other]})
    sealing.says("ending", {"at": after(900), "by": "both_left", "ending": "talked"})
    sealing.seals()
    return sealing
