"""What a visit report says, read from sealed lines alone, and what it refuses to read."""

import hashlib
from dataclasses import replace
from datetime import timedelta

import pytest

from evidence.canonical import canonical
from evidence.errors import DoesNotFit
from services.field_visit.jobs.report.reading import read
from services.field_visit.jobs.report.report import (
    Breach,
    Clause,
    Coverage,
    File,
    Gap,
    Refusal,
    Report,
    Seal,
    Whom,
)
from tests.services.sealed import NOON, Sealing, after, known, whole

VERIFY_AT = "https://evidence.bank.example/v1/log/heads"


def report_of(sealing: Sealing, disclosures: bytes | None = None) -> Report:
    told = sealing.disclosures if disclosures is None else disclosures
    return read(sealing.records, sealing.heads, told, bank="示范银行", verify_at=VERIFY_AT)


def sha256(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def at(seconds: float):
    return NOON + timedelta(seconds=seconds)


def test_a_report_says_what_was_sealed() -> None:
    sealing = whole()
    listed = "".join(sorted(f"{sha256(name)}\n" for name in ("door", "letter", "talk")))

    assert report_of(sealing) == Report(
        bank="示范银行",
        verify_at=VERIFY_AT,
        visit=known("visit"),
        case="C2026-0081",
        agency="HX",
        pair=("W0007", "W0009"),
        letter="WT-2026-0017",
        debtor="陈建国",
        place="示范市示范路 12 号 3 单元 501",
        zone="Asia/Shanghai",
        planned=(at(-600), at(3600)),
        arrived=at(60),
        left=at(900),
        ending="talked",
        cause=None,
        closed_by="both_left",
        met=Whom(("spouse", "debtor"), identified=True),
        coverage=Coverage(
            812.5, 840, (Gap(at(300), at(312), "battery"), Gap(at(400), at(415.5), None))
        ),
        refusals=(
            Refusal(
                at(240),
                "enter_premises",
                "stop",
                (Clause("4.28", "CN-PLEDGE/9"), Clause("4.29", "CN-PLEDGE/10")),
            ),
            Refusal(at(400), "collect_cash", "stop", (Clause("4.30", "CN-PLEDGE/11"),)),
        ),
        breaches=(
            Breach(at(420), "breach", "entered", (Clause("4.29"), Clause("21.090"))),
        ),
        corrections=(),
        erased=0,
        files=(
            File("photo", sha256("door")),
            File("photo", sha256("letter")),
            File("audio", sha256("talk")),
        ),
        files_digest=sha256(listed),
        seal=Seal(
            part=1,
            at=at(7200),
            grade="proven",
            reasons=(),
            digest=sha256(sealing.sealed[-1].text),
            hash="sha256",
            leaf=41,
            key=sha256("key"),
            records=15,
        ),
    )


def test_without_disclosures_it_has_ids_and_says_not_who_and_where() -> None:
    sealing = whole()

    bare = report_of(sealing, disclosures=b"")

    assert bare == replace(
        report_of(sealing),
        debtor=None,
        place=None,
        case=known("case"),
        agency=known("agency"),
        letter=known("letter"),
        pair=(known("a"), known("b")),
    )


def test_in_the_other_suite_it_says_the_same_by_other_digests() -> None:
    said = report_of(whole("sm"))
    plain = report_of(whole())

    assert said.seal.hash == "sm3"
    assert said.files_digest != plain.files_digest
    same = {"seal": plain.seal, "files_digest": plain.files_digest}
    assert replace(said, **same) == plain


def test_the_newest_part_speaks() -> None:
    sealing = whole()
    sealing.says("correction", {"by": "officer"}, text={"text": "三单元是四单元"})
    sealing.says("coverage", {"recorded_s": 840, "talk_s": 840, "gaps": []})
    sealing.says("erased", {"files": [sha256("letter")], "why": "court"})
    sealing.seals("kept", "file_missing", leaf=None)

    said = report_of(sealing)

    assert said.corrections == (at(60),)
    assert said.coverage == Coverage(840, 840, ())
    assert [each.gone for each in said.files] == [False, True, False]
    assert (said.erased, said.seal.part, said.seal.leaf) == (1, 2, None)
    assert (said.seal.grade, said.seal.reasons) == ("kept", ("file_missing",))


def test_a_file_that_came_in_again_is_not_gone() -> None:
    sealing = whole()
    sealing.says("erased", {"files": [sha256("letter")], "why": "court"})
    sealing.says("file", {"kind": "photo", "sha256": sha256("letter")})
    sealing.seals("kept", "file_missing")

    assert [each.gone for each in report_of(sealing).files] == [False] * 3


def test_what_does_not_count_for_the_pair_met_nobody_and_is_still_a_breach() -> None:
    sealing = Sealing()
    sealing.visit()
    sealing.entry({"kind": "person_met", "relation": "kin"}, counts=False)
    sealing.entry({"kind": "entered"}, counts=False, verdict="suspected", clauses=["4.29"])
    sealing.seals()

    said = report_of(sealing)

    assert said.met == Whom((), identified=False)
    assert said.breaches == (Breach(at(300), "suspected", "entered", (Clause("4.29"),)),)
    assert (said.ending, said.left, said.arrived, said.coverage) == (None,) * 4


def test_an_entry_of_before_there_were_salts_is_told_if_it_is_disclosed() -> None:
    sealing = Sealing()
    sealing.visit()
    entry = {"at": after(30), "fact": {"kind": "cash_handed"}}
    body = {"clauses": ["4.30"], "counts": True, "plain": True, "verdict": "breach"}
    sealing.says("entry", body, text=entry)
    sealing.seals()

    clauses = (Clause("4.30"),)
    told = Breach(at(30), "breach", "cash_handed", clauses)
    assert report_of(sealing).breaches == (told,)
    bare = Breach(None, "breach", None, clauses)
    assert report_of(sealing, disclosures=b"").breaches == (bare,)


def test_a_copy_that_hides_an_entry_tells_nobody_who_was_met() -> None:
    sealing = Sealing()
    sealing.visit()
    sealing.entry({"kind": "entered"})
    entry = {"at": after(30), "fact": {"kind": "person_met", "relation": "kin"}}
    body = {"clauses": [], "counts": True, "verdict": "not_judged"}
    sealing.says("entry", body, text=entry)
    sealing.seals()

    assert report_of(sealing).met == Whom(("kin",), identified=False)
    assert report_of(sealing, disclosures=b"").met is None


def test_a_file_that_was_looked_at_again_is_one_file() -> None:
    sealing = whole()
    plain = report_of(sealing)
    sealing.file("door")
    sealing.seals()

    said = report_of(sealing)
    assert (said.files, said.files_digest) == (plain.files, plain.files_digest)


def test_an_allowed_act_is_no_refusal() -> None:
    sealing = Sealing()
    sealing.visit()
    allowed = {"act": "check_in", "decided_at": after(1), "outcome": "proceed"}
    sealing.says("decision", allowed | {"reasons": []})
    sealing.seals()

    assert report_of(sealing).refusals == ()


def dropped(sealing: Sealing) -> None:
    del sealing.lines[3]


def changed(sealing: Sealing) -> None:
    sealing.lines[0] = sealing.lines[0].replace(b"Shanghai", b"Chongqing")


def unsealed(sealing: Sealing) -> None:
    sealing.entry({"kind": "left"})


def cut_short(sealing: Sealing) -> None:
    sealing.lines.pop()


def without_a_seal(sealing: Sealing) -> None:
    sealing.sealed.clear()


def told_otherwise(sealing: Sealing) -> None:
    told = sealing.told[0]
    sealing.told[0] = replace(told, text=canonical({"address": "别处", "salt": "00"}))


def told_of_nothing(sealing: Sealing) -> None:
    sealing.told[0] = replace(sealing.told[0], n=999)


def of_no_visit(sealing: Sealing) -> None:
    other = Sealing()
    other.entry({"kind": "left"})
    other.seals()
    sealing.lines, sealing.sealed, sealing.told = other.lines, other.sealed, []


def without_the_part_before(sealing: Sealing) -> None:
    sealing.seals()
    del sealing.sealed[0]


@pytest.mark.parametrize(
    "spoil",
    [
        dropped,
        changed,
        unsealed,
        cut_short,
        without_a_seal,
        told_otherwise,
        told_of_nothing,
        of_no_visit,
        without_the_part_before,
    ],
)
def test_what_is_not_what_was_sealed_gives_no_report(spoil) -> None:
    sealing = whole()
    spoil(sealing)

    with pytest.raises(DoesNotFit):
        report_of(sealing)
