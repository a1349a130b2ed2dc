"""A visit report as it is printed: one page whatever is on it, the same each time."""

import os
import re
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import segno
import typst

from proto.decision import Act, Outcome
from proto.facts import Relation, Stopped
from proto.field_visit import Cause, Ending, EntryVerdict
from proto.media import MediaKind
from services.field_visit.jobs.report import glyphs, paper
from services.field_visit.jobs.report.glyphs import FontMissing, legible
from services.field_visit.jobs.report.laying import lay, words
from services.field_visit.jobs.report.paper import compiled, drawn
from services.field_visit.jobs.report.reading import AGAINST
from services.field_visit.jobs.report.report import Breach, Clause, File, Gap, Report, Whom
from tests.services.conftest import HAS_FONT
from tests.services.printed import pages, squeezed, texts
from tests.services.sealed import NOON, Sealing, whole
from tests.services.test_report_reading import VERIFY_AT, report_of, sha256

pytestmark = HAS_FONT
#: An A4 page in points, and the least that is kept free of its edges.
WIDTH, HEIGHT, FREE = 595.3, 841.9, 12 / 25.4 * 72

#: A report without what is salted anew each time: the seal of its hidden names.
SAME = replace(
    report_of(whole()), seal=replace(report_of(whole()).seal, digest=sha256("head"))
)


def printed(report: Report) -> bytes:
    return compiled(lay(report).task())


def on_page(report: Report) -> str:
    """Return what its one page says, without spaces."""
    pdf = printed(report)
    assert pages(pdf) == 1
    for x, y, _ in texts(pdf):
        assert FREE < x < WIDTH - FREE
        assert FREE < y < HEIGHT - FREE
    return squeezed(pdf)


def test_a_page_says_all_of_a_visit_in_both_languages() -> None:
    said = on_page(report_of(whole()))

    for part in (
        "外访报告Visitreport",
        "委托银行Bank示范银行",
        "案件编号CaseC2026-0081",
        "授权书AuthorisationWT-2026-0017",
        "外访员CollectorsW0007、W0009",
        "客户Debtor陈建国",
        "地点Where示范市示范路12号3单元501",
        "计划时段Planned2026-03-0211:50:00–13:00:00(Asia/Shanghai,UTC+08:00)",
        "实际起止From,to2026-03-0212:01:00–12:15:00(Asia/Shanghai,UTC+08:00)",
        "结果Outcome已面谈talked；两人均已签退bothcheckedout",
        "遇见Met配偶spouse；客户本人thedebtor；已核对身份identified",
        "812.5/840秒（96.7%）",
        "系统拦截Notallowed2",
        "2026-03-0212:04:00入户comein停止stop4.28(CN-PLEDGE/9)、4.29(CN-PLEDGE/10)",
        "2026-03-0212:07:00入户camein违规breach4.29、21.090",
        "12:05:00–12:05:1212秒12s电量不足battery",
        "12:06:40–12:06:5515.5秒15.5s未说明undeclared",
        f"照片photo{sha256('door')[:16]}",
        "封存等级Grade证据完整proven",
        "封存时间Sealedat2026-03-0214:00:00(UTC+08:00)",
        "日志位置Logleaf第41号",
        f"签名密钥Key{sha256('key')}",
        "doorstepverifybundle.zip--keyseal.pub",
    ):
        assert part in said


def test_without_disclosures_the_page_says_so_and_nothing_of_them() -> None:
    said = on_page(report_of(whole(), disclosures=b""))

    assert "客户Debtor本副本未披露notdisclosedinthiscopy" in said
    assert "地点Where本副本未披露notdisclosedinthiscopy" in said
    assert not re.search("陈建国|示范路", said)
    hidden = replace(
        report_of(whole()), met=None, breaches=(Breach(None, "breach", None, ()),)
    )
    said = on_page(hidden)
    assert "遇见Met本副本未披露notdisclosedinthiscopy" in said
    assert "无记录notrecorded未披露notdisclosed违规breach" in said


def test_a_visit_of_which_nothing_is_known_has_a_page_all_the_same() -> None:
    sealing = Sealing()
    sealing.visit()
    sealing.seals("kept", "check_out", "a_new_reason")

    said = on_page(report_of(sealing))

    assert "实际起止From,to无记录notrecorded" in said
    assert "系统拦截Notallowed0无none" in said
    assert "仅保全kept；有人未签退onehasnotcheckedout；a_new_reason" in said


def test_a_digest_that_is_copied_from_the_page_is_one() -> None:
    report = report_of(whole())

    runs = [run for _, _, run in texts(printed(report))]
    for digest in (report.seal.digest, report.files_digest, report.seal.key):
        assert any(digest in run for run in runs)


NASTY = (
    '#read("/etc/passwd")',
    '#panic("no")#import"@preview/cetz:0.3.1":*',
    "$x^2$*b*_i_`c`<l>@r[c]{d}//c/*c*/\\",
    '"}],"qr":"x","a":["\\u0041\\n',
    "买买提·艾力·阿卜杜热依木",
    "={n}{rest}%s%(n)s&amp;<b>",
)


@pytest.mark.parametrize("name", NASTY)
def test_a_name_is_never_read_as_markup(name) -> None:
    report = replace(report_of(whole()), debtor=name, place=name, bank=name, pair=(name,))

    assert on_page(report).count(re.sub(r"\s", "", name)) == 4


@pytest.mark.parametrize(
    ("name", "seen"),
    [
        ("陈\u202e国建", "陈[U+202E]国建"),
        ("𬸪𠮷", "[U+2CE2A][U+20BB7]"),
        ("a\u0301\u0302", "a[U+301][U+302]"),
        ("陈\u200b建\x00国\ufeff", "陈[U+200B]建[U+0]国[U+FEFF]"),
        ("\ue000\U0010ffff", "[U+E000][U+10FFFF]"),
        ("陈 \n\t 建\u3000国", "陈 建 国"),
        ("阿卜杜拉·买买提 ¥", "阿卜杜拉·买买提 ¥"),
    ],
)
def test_a_character_that_cannot_be_seen_stands_there_by_its_number(name, seen) -> None:
    assert legible(name) == seen
    shown = on_page(replace(report_of(whole()), debtor=name))
    assert f"客户Debtor{seen}地点".replace(" ", "") in shown


def refusals(count: int):
    (first, _) = report_of(whole()).refusals
    clauses = tuple(Clause(f"21.0{n:02}", f"CN-OUTREQ/s{n}") for n in range(9))
    later = (first.at + timedelta(seconds=each) for each in range(count))
    return tuple(replace(first, at=each, clauses=clauses) for each in later)


@pytest.mark.parametrize("many", [0, 1, 7, 200])
def test_refusals_that_have_no_room_are_counted(many) -> None:
    said = on_page(replace(report_of(whole()), refusals=refusals(many)))

    shown = said.count("停止stop21.000(CN-OUTREQ/s0)、")
    assert f"系统拦截Notallowed{many}" in said
    assert shown == many or (shown > 9 and f"另有{many - shown}项未列出" in said)


def test_files_and_gaps_that_have_no_room_are_counted() -> None:
    report = report_of(whole())
    at = [NOON + timedelta(minutes=each) for each in range(101)]
    gaps = tuple(Gap(each, each + timedelta(seconds=30), None) for each in at[:100])
    files = tuple(File("photo", sha256(str(n))) for n in range(500))
    said = on_page(
        replace(
            report, files=files, coverage=replace(report.coverage, gaps=gaps), refusals=()
        )
    )

    shown = [said.count("30秒30s未说明"), sum(each.sha256[:16] in said for each in files)]
    assert all(each > 5 for each in shown)
    for left in (100 - shown[0], 500 - shown[1]):
        assert f"另有{left}项未列出" in said
    assert f"sha256:{report.files_digest}" in said


#: The widest of characters, and what nothing breaks: each of the two for too long.
LONG = ("寬" * 500, "W" * 500, "É" * 500, "买买提·" * 200)


@pytest.mark.parametrize("text", LONG, ids=["han", "ascii", "latin", "dots"])
def test_however_long_its_texts_are_it_is_one_page(text) -> None:
    report = report_of(whole())
    clauses = (Clause(text, text),) * 9
    gap = Gap(NOON, NOON + timedelta(days=9, microseconds=1), text)
    longest = Report(
        bank=text,
        verify_at=VERIFY_AT,
        visit=report.visit,
        case=text,
        agency=text,
        pair=(text, text),
        letter=text,
        debtor=text,
        place=text,
        zone="America/Argentina/ComodRivadavia",
        planned=(NOON, NOON + timedelta(days=9)),
        arrived=NOON,
        left=NOON.astimezone(ZoneInfo("America/Argentina/ComodRivadavia")),
        ending=text,
        cause=text,
        closed_by=text,
        met=Whom((text,) * 99, identified=True),
        coverage=replace(report.coverage, gaps=(gap,) * 100),
        refusals=tuple(replace(each, act=text, clauses=clauses) for each in refusals(200)),
        breaches=(Breach(None, text, text, clauses),) * 200,
        corrections=(NOON,) * 200,
        erased=10**9,
        files=tuple(File(text, sha256(str(n))) for n in range(500)),
        files_digest=report.files_digest,
        seal=replace(report.seal, grade=text, reasons=(text,) * 20, leaf=2**63),
    )

    said = on_page(longest)

    assert report.seal.digest in said
    assert "另有200项未列出" in said or "系统拦截Notallowed200" in said


def test_the_code_says_where_to_verify_and_what() -> None:
    report = report_of(whole())

    page = lay(report)

    assert page.qr == f"{VERIFY_AT}#{report.seal.digest}"
    svg = paper.code(page.qr)
    assert segno.make(page.qr, error="m", micro=False, boost_error=False).version <= 8
    assert svg.startswith("<svg")
    assert svg == paper.code(page.qr)
    assert paper.code(f"{VERIFY_AT}#{'0' * 64}") != svg


def test_the_same_record_gives_the_same_bytes(tmp_path) -> None:
    """Also in a child, in another process, in another zone, and in another folder."""
    pdf = printed(SAME)

    assert printed(SAME) == pdf
    assert drawn(lay(SAME), tmp_path, lambda: None) == pdf
    script = (
        "import sys, tests.services.test_report_page as here;"
        "sys.stdout.buffer.write(here.printed(here.SAME))"
    )
    root = str(Path(__file__).parents[2])
    told = {"PYTHONPATH": root, "TZ": "Pacific/Chatham", "LANG": "C", "PATH": ""}
    other = subprocess.run(
        [sys.executable, "-c", script], env=told, cwd=tmp_path, capture_output=True
    )
    assert other.stdout == pdf, other.stderr[-500:]


def test_two_visits_are_two_pages() -> None:
    report = report_of(whole())

    assert printed(report) != printed(replace(report, letter="WT-2026-0018"))


def test_a_child_reads_no_other_file_and_reaches_no_network(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "RAYON_NUM_THREADS"):
        monkeypatch.setenv(name, "")
    source = tmp_path / "other.typ"
    monkeypatch.setattr(paper, "SOURCE", source)
    task = lay(report_of(whole())).task()

    for text, refused in (
        ('#read("/etc/passwd")', "file not found"),
        ('#read("../../../../../../etc/passwd")', "escape the project root"),
        ('#import "@preview/cetz:0.3.1"', "Connection refused"),
    ):
        source.write_text(text)
        with pytest.raises(typst.TypstError, match=refused):
            paper.set_page(task)
    assert os.environ["HTTPS_PROXY"] == paper.NOWHERE


def test_the_source_of_the_page_reads_and_runs_nothing() -> None:
    source = paper.SOURCE.read_text()

    assert not re.search(
        r"\b(import|include|read|eval|plugin|csv|yaml|toml|xml)\b\s*[(\"]", source
    )
    assert re.findall(r"\b(?:json|image)\([^)]*", source) == [
        "json(bytes(sys.inputs.page",
        "image(bytes(page-of.qr_svg",
    ]


@pytest.mark.parametrize(
    ("kind", "all_of"),
    [
        ("act", Act),
        ("outcome", [each for each in Outcome if each is not Outcome.PROCEED]),
        ("ending", Ending),
        ("cause", Cause),
        ("relation", Relation),
        ("media", MediaKind),
        ("stopped", Stopped),
        ("verdict", [EntryVerdict(each) for each in AGAINST]),
    ],
)
def test_every_word_of_a_report_is_in_both_languages(
    kind: str, all_of: list[StrEnum]
) -> None:
    for each in all_of:
        zh, en = words()[kind][each.value]
        assert re.search("[一-鿿]", zh)
        assert re.fullmatch("[ -~]+", en)


def test_a_missing_font_is_told_with_its_package(monkeypatch, tmp_path) -> None:
    glyphs.drawn.cache_clear()
    monkeypatch.setattr(glyphs, "FONT", Path("/nowhere/wqy-zenhei.ttc"))

    with pytest.raises(FontMissing, match="apt-get install fonts-wqy-zenhei"):
        legible("陈")
    with pytest.raises(FontMissing, match="apt-get install fonts-wqy-zenhei"):
        drawn(lay(SAME), tmp_path, lambda: None)
    glyphs.drawn.cache_clear()
