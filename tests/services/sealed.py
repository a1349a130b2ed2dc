"""A sealed visit written down for tests, as docs/evidence.md has it, without a database."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from evidence.canonical import canonical
from evidence.heads import Head, SealedHead, before
from evidence.records import Disclosure, Writer, hide
from evidence.suites import SUITES, Suite

NOON = datetime.fromisoformat("2026-03-02T12:00:00+08:00")


def known(name: str) -> str:
    """Return the same id for the same name."""
    return str(uuid5(UUID(int=0), name))


def after(seconds: float) -> str:
    """Return a moment of the visit, which begins at noon."""
    at = (NOON + timedelta(seconds=seconds)).astimezone(UTC)
    return at.isoformat().replace("+00:00", "Z")


@dataclass
class Sealing:
    """What is written of a visit, record by record, and sealed in parts."""

    suite: Suite = SUITES["international"]
    lines: list[bytes] = field(default_factory=list)
    sealed: list[SealedHead] = field(default_factory=list)
    told: list[Disclosure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.writer = Writer(self.suite)

    @property
    def records(self) -> bytes:
        return b"".join(self.lines)

    @property
    def heads(self) -> bytes:
        return b"".join(head.line() for head in self.sealed)

    @property
    def disclosures(self) -> bytes:
        return b"".join(disclosure.line() for disclosure in self.told)

    def says(self, kind: str, body: dict[str, Any], **personal: dict[str, Any]) -> None:
        """Write a record; what it hides is disclosed."""
        hidden = {}
        for name, value in personal.items():
            hidden[name], text = hide(self.suite, value)
            self.told.append(Disclosure(self.writer.n + 1, name, text))
        self.lines.append(self.writer.add(kind, after(60), body, hidden))

    def visit(
        self,
        place: str = "示范市示范路 12 号 3 单元 501",
        debtor: str = "陈建国",
        **more: Any,
    ) -> None:
        body = {
            "agency": known("agency"),
            "letter": known("letter"),
            "not_after": after(3600),
            "not_before": after(-600),
            "pair": [known("a"), known("b")],
            "zone": "Asia/Shanghai",
        }
        called = {
            "agency": "HX",
            "case": "C2026-0081",
            "letter": "WT-2026-0017",
            "pair": ["W0007", "W0009"],
        }
        self.says(
            "visit",
            body,
            place={"address": place},
            debtor={"debtor_name": debtor},
            names=called | more,
        )

    def entry(self, fact: dict[str, Any], at: float = 300, **judged: Any) -> None:
        text = canonical({"at": after(at), "fact": fact})
        body = {"clauses": [], "counts": True, "text": text, "verdict": "not_judged"}
        self.says("entry", body | judged)

    def refuses(self, act: str, at: float, *clauses: tuple[str, str]) -> None:
        reasons = [{"cite": cite, "clause": clause} for clause, cite in clauses]
        body = {"act": act, "outcome": "stop", "reasons": reasons}
        self.says("decision", body | {"decided_at": after(at)})

    def file(self, name: str, kind: str = "photo") -> str:
        sha256 = hashlib.sha256(name.encode()).hexdigest()
        self.says("file", {"kind": kind, "sha256": sha256, "size": len(name)})
        return sha256

    def seals(self, grade: str = "proven", *reasons: str, leaf: int | None = 41) -> None:
        head = Head(
            bank="demo",
            visit_id=known("visit"),
            case_id=known("case"),
            suite=self.suite,
            part=len(self.sealed) + 1,
            records=len(self.lines),
            last=self.writer.last,
            before=before(self.suite, self.sealed[-1].text if self.sealed else None),
            sealed_at=after(7200),
            grade=grade,
            reasons=reasons,
            key=hashlib.sha256(b"key").hexdigest(),
            export_keys=(),
        )
        self.sealed.append(SealedHead(head.text(), "c2ln", leaf))


def whole(suite: str = "international") -> Sealing:
    """A visit with something of each kind."""
    sealing = Sealing(SUITES[suite])
    sealing.visit()
    for seconds in (64, 60):
        sealing.says("check_in", {"at": after(seconds)})
    sealing.entry({"kind": "person_met", "relation": "spouse"}, 120)
    sealing.entry({"kind": "person_met", "relation": "debtor"}, 180)
    sealing.entry({"kind": "identified", "items": ["id_tail"], "name_said": True}, 200)
    sealing.refuses(
        "enter_premises", 240, ("4.28", "CN-PLEDGE/9"), ("4.29", "CN-PLEDGE/10")
    )
    sealing.refuses("collect_cash", 400, ("4.30", "CN-PLEDGE/11"))
    sealing.entry({"kind": "entered"}, 420, verdict="breach", clauses=["4.29", "21.090"])
    sealing.entry({"kind": "left"}, 500)
    sealing.file("door")
    sealing.file("letter")
    sealing.file("talk", "audio")
    gap = {"begins_at": after(300), "reason": "battery", "ends_at": after(312)}
    other = {"reason": None, "begins_at": after(400), "ends_at": after(415.5)}
    seconds = {"recorded_s": 812.5, "talk_s": 840}
    sealing.says("coverage", seconds | {"gaps": [gap, other]})
    sealing.says("ending", {"at": after(900), "by": "both_left", "ending": "talked"})
    sealing.seals()
    return sealing
