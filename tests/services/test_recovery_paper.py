"""A receipt on paper: what stands there, in which figures, and who may have it."""

import base64
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.lib.units import mm

from chassis.jobs import Job
from proto import ids
from proto.base import Role
from proto.recovery import ReceiptPrinted, ReceiptShown
from services.recovery import jobs
from services.recovery.jobs import paper
from services.recovery.jobs.capitals import DIGITS, in_capitals
from services.recovery.jobs.paper import FontMissing, Slip, draw, legible
from tests.services.conftest import HAS_FONT
from tests.services.test_permits import Within
from tests.services.test_recovery_receipts import Paying

#: From 正确填写票据和结算凭证的基本规定, and what lies beside it.
CAPITALS = {
    "0.01": "人民币壹分",
    "0.10": "人民币壹角整",
    "0.05": "人民币伍分",
    "0.55": "人民币伍角伍分",
    "1.00": "人民币壹元整",
    "1.01": "人民币壹元零壹分",
    "10.05": "人民币壹拾元零伍分",
    "10.00": "人民币壹拾元整",
    "16.50": "人民币壹拾陆元伍角整",
    "325.04": "人民币叁佰贰拾伍元零肆分",
    "1000.50": "人民币壹仟元零伍角整",
    "1234.56": "人民币壹仟贰佰叁拾肆元伍角陆分",
    "1409.50": "人民币壹仟肆佰零玖元伍角整",
    "1680.32": "人民币壹仟陆佰捌拾元零叁角贰分",
    "6007.14": "人民币陆仟零柒元壹角肆分",
    "16409.02": "人民币壹万陆仟肆佰零玖元零贰分",
    "107000.53": "人民币壹拾万柒仟元零伍角叁分",
    "1000001": "人民币壹佰万零壹元整",
    "10050000": "人民币壹仟零伍万元整",
    "100000000": "人民币壹亿元整",
    "100000001": "人民币壹亿零壹元整",
    "100010000": "人民币壹亿零壹万元整",
    "100001000": "人民币壹亿零壹仟元整",
    "999999999999.99": "人民币玖仟玖佰玖拾玖亿玖仟玖佰玖拾玖万玖仟玖佰玖拾玖元玖角玖分",
}


@pytest.mark.parametrize(("amount", "words"), CAPITALS.items(), ids=CAPITALS)
def test_a_sum_is_written_in_capital_numerals(amount, words) -> None:
    assert in_capitals(Decimal(amount)) == words


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "1000000000000"])
def test_what_is_no_sum_has_no_capital_numerals(amount) -> None:
    with pytest.raises(ValueError, match="capital numerals"):
        in_capitals(Decimal(amount))


@given(st.integers(1, 10**14 - 1))
def test_capital_numerals_say_the_sum_and_no_zero_twice(fen) -> None:
    words = in_capitals(Decimal(fen) / 100)

    assert read(words.removeprefix("人民币")) == fen
    assert "零零" not in words


def read(words: str) -> int:
    """Read capital numerals back to fen, as a person would."""
    fen = total = four = digit = 0
    for sign in words.replace("零", "").replace("整", ""):
        match sign:
            case "仟" | "佰" | "拾":
                four += digit * {"仟": 1000, "佰": 100, "拾": 10}[sign]
            case "万" | "亿":
                total += (four + digit) * {"万": 10**4, "亿": 10**8}[sign]
                four = 0
            case "元":
                total, four = total + four + digit, 0
            case "角" | "分":
                fen += digit * {"角": 10, "分": 1}[sign]
            case _:
                digit = DIGITS.index(sign)
                continue
        digit = 0
    return total * 100 + fen


SLIP = Slip(
    number="SJ2026-000001",
    bank="demo",
    agency="HX",
    payer="陈建国",
    case="C2026-0081",
    amount=Decimal("1234.56"),
    currency="CNY",
    at=datetime.fromisoformat("2026-03-02T12:00:00+08:00"),
    bank_by=datetime.fromisoformat("2026-03-03T12:00:00+08:00"),
    authority="0199a1b2-7c1e-7000-8000-00000000a1f3",
    collectors=("W0007", "W0009"),
)


def test_a_receipt_says_all_of_it() -> None:
    assert list(SLIP.lines()) == [
        ("付款人", "Received from", "陈建国"),
        ("金额", "Amount", "CNY 1,234.56"),
        ("大写", "In words", "人民币壹仟贰佰叁拾肆元伍角陆分"),
        ("案件编号", "Case", "C2026-0081"),
        ("收款时间", "Taken at", "2026-03-02 12:00（北京时间 UTC+8）"),
        ("收款人", "Taken by", "W0007、W0009"),
        ("催收机构", "Agency", "HX"),
        ("委托银行", "For the bank", "demo"),
        ("现金授权", "Cash authority", "0199a1b2-7c1e-7000-8000-00000000a1f3"),
    ]
    sentences = " ".join(text for texts in paper.SENTENCES for text in texts)
    for said in ("未收取任何费用", "No fee of any kind", "指定账户", "designated account"):
        assert said in sentences


def test_another_currency_has_no_capital_numerals() -> None:
    labels = [zh for zh, _, _ in replace(SLIP, currency="USD").lines()]

    assert "大写" not in labels


@HAS_FONT
def test_a_receipt_is_one_small_page_and_the_same_bytes_each_time() -> None:
    drawn = draw(SLIP)

    assert drawn.startswith(b"%PDF-")
    assert drawn.count(b"/MediaBox") == 1
    assert b"/FontFile2" in drawn
    assert b"Helvetica" not in drawn
    assert len(drawn) < 60_000
    assert draw(SLIP) == drawn


@HAS_FONT
def test_a_name_with_markup_or_a_rare_character_is_drawn_as_it_is() -> None:
    assert legible("阿卜杜拉·买买提𬸪") == "阿卜杜拉·买买提[U+2CE2A]"
    assert draw(replace(SLIP, payer="<b>&amp;</para> 陈")) != draw(SLIP)


def test_a_missing_font_is_told_with_its_package(monkeypatch) -> None:
    paper.font.cache_clear()
    monkeypatch.setattr(paper, "FONT", Path("/nowhere/wqy-zenhei.ttc"))

    with pytest.raises(FontMissing, match="apt-get install fonts-wqy-zenhei"):
        draw(SLIP)


class Printing(Paying):
    """A pair whose receipt a worker draws."""

    def prints(self) -> ReceiptPrinted | None:
        (work,) = self.work
        job = Job(
            id=work["id"],
            service="recovery",
            kind=work["kind"],
            task={name: str(value) for name, value in work["task"].items()},
            subject=work["subject"],
            by="test",
            trace="t",
            claim=1,
        )
        its = Within(self.hears.connection)
        return jobs.JOBS[job.kind](job, its, lambda: None)

    def drawn(self) -> ReceiptPrinted:
        """What a worker tells, without its font."""
        pdf = self.hears.keyring.seal(self.case, "receipt.pdf", "JVBERi0=")
        return ReceiptPrinted(receipt_id=self.receipt, case_id=self.case, pdf=pdf)


@pytest.fixture
def printed(unit, watch) -> Printing:
    pair = Printing(unit, watch)
    pair.may_take()
    pair.issues()
    return pair


@HAS_FONT
def test_a_worker_draws_the_receipt_and_seals_it(printed) -> None:
    told = printed.prints()

    assert (told.receipt_id, told.case_id) == (printed.receipt, printed.case)
    assert (told.pdf.key_id, told.pdf.purpose) == (printed.case, "receipt.pdf")
    printed.does(told)
    shown = printed.shows(Role.FIELD_COLLECTOR, printed.a)
    expected = replace(SLIP, case="C2026-0081", authority=str(printed.authority))
    assert base64.b64decode(shown.pdf) == draw(expected)


@HAS_FONT
@pytest.mark.parametrize(
    ("role", "person", "has"),
    [
        (Role.FIELD_COLLECTOR, "a", True),
        (Role.FIELD_COLLECTOR, "b", True),
        (Role.SUPERVISOR, None, False),
        (Role.BANK_OFFICER, None, True),
        (Role.COMPLIANCE, None, True),
    ],
)
def test_the_paper_is_for_the_pair_and_the_bank(printed, role, person, has) -> None:
    printed.does(printed.prints())

    shown: ReceiptShown = printed.shows(role, person and getattr(printed, person))
    assert (shown.pdf is not None) is has


@pytest.mark.parametrize(
    ("passed", "theirs"), [(0, True), (24 * 3600, True), (24 * 3600 + 1, False)]
)
def test_after_a_day_the_paper_is_the_banks_alone(printed, passed, theirs) -> None:
    printed.does(printed.drawn())
    printed.watch.goes(seconds=passed)

    for person in (printed.a, printed.b):
        shown = printed.shows(Role.FIELD_COLLECTOR, person)
        assert shown.number == "SJ2026-000001"
        assert (shown.pdf is not None) is theirs
    assert printed.shows(Role.BANK_OFFICER).pdf is not None


def test_an_order_about_a_receipt_is_never_answered_with_the_paper(printed) -> None:
    """What an order is answered lies open in `answered`, for as long as a key is good."""
    printed.does(printed.drawn())

    assert printed.shows(Role.BANK_OFFICER).pdf == "JVBERi0="
    assert printed.issues().pdf is None
    assert printed.banks().pdf is None


@HAS_FONT
def test_who_is_not_known_by_name_stands_there_by_id(printed) -> None:
    receipt = printed.money().receipts[0]
    found, _ = jobs.store.to_print(printed.hears.connection, receipt.receipt_id)
    unknown = ids.new()
    found = replace(found, agency_id=unknown, case_id=unknown, collectors=(unknown,))

    slip = jobs.slip(found, "陈建国", printed.hears.connection)
    assert (slip.agency, slip.case, slip.collectors) == (
        str(unknown),
        str(unknown),
        (str(unknown),),
    )


def test_a_shredded_case_gives_no_paper(printed) -> None:
    delete = "DELETE FROM keyring.key WHERE key_id = %s"
    printed.hears.connection.exec_driver_sql(delete, (printed.case,))

    assert printed.prints() is None


@HAS_FONT
def test_nobody_signs_across_what_is_written(monkeypatch) -> None:
    ends, signed = [], []
    say, sign = paper.sentence, paper.sign

    def sentence(*said: Any) -> float:
        ends.append(say(*said))
        return ends[-1]

    monkeypatch.setattr(paper, "sentence", sentence)
    monkeypatch.setattr(paper, "sign", lambda *at: (signed.append(at[-1]), sign(*at)))
    draw(LONGEST)

    assert 8 * mm < signed[0] <= ends[-1]


LONGEST = replace(
    SLIP,
    payer="买买提·阿卜杜热依木·艾则孜江" * 3,
    agency="H" * 64,
    case="9" * 64,
    amount=Decimal("999999999999.99"),
    collectors=("W" * 64, "W" * 64),
)
