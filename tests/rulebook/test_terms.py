"""What a contract sets, and that an unset term is nothing rather than a default."""

from datetime import date, time
from decimal import Decimal

import pytest

import rulebook
from proto.decision import Act

ALL = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "TW-2005", "CONTRACT-DEMO")
THAT_DAY = date(2026, 3, 2)
TERMS = """\
id: HOUSE
title: {zh-CN: 家规, en: House rules}
language: zh-CN
source: a test
confidence: example
clauses:
  - {key: visit.permit_minutes, clause: H.1, cite: HOUSE/1, quote: 许可以分钟计。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {check_in: 20, discuss_debt: 10, enter_premises: 5}}
  - {key: visit.expected_minutes, clause: H.2, cite: HOUSE/2, quote: 外访四十五分钟。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 45}}
  - {key: visit.entry_reasons, clause: H.3, cite: HOUSE/3, quote: 仅限签署文件。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {allowed: [signing_documents]}}
  - {key: visit.wait_minutes, clause: H.4, cite: HOUSE/4, quote: 等候十二分钟。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 12}}
  - {key: visit.exit_minutes, clause: H.5, cite: HOUSE/5, quote: 两分钟内离开。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 2}}
  - {key: cash.banking_hours, clause: H.6, cite: HOUSE/6, quote: 十二小时内存入。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {hours: 12}}
  - {key: cash.receipt_minutes, clause: H.7, cite: HOUSE/7, quote: 即时出具收条。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 1}}
  - {key: cash.money_left_minutes, clause: H.8, cite: HOUSE/8, quote: 一小时内报告。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 60}}
  - {key: cash.four_eyes_above, clause: H.9, cite: HOUSE/9, quote: 一千元以上双人复核。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {above: "1000.00"}}
  - {key: visit.warn_minutes, clause: H.10, cite: HOUSE/10, quote: 提前提醒两次。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {first: 20, last: 2}}
  - {key: visit.partner_minutes, clause: H.11, cite: HOUSE/11, quote: 等候同伴五分钟。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 5}}
  - {key: visit.end_early_minutes, clause: H.12, cite: HOUSE/12, quote: 二十分钟内离开。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {minutes: 20}}
  - {key: visit.closing_hours, clause: H.13, cite: HOUSE/13, quote: 两小时后关闭。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {hours: 2}}
  - {key: visit.knocks, clause: H.14, cite: HOUSE/14, quote: 敲门三次，等候一分钟。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {at_least: 3, minutes: 1}}
  - {key: help.climb_seconds, clause: H.15, cite: HOUSE/15, quote: 九十秒内受理。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {seconds: 90}}
  - {key: danger.report_hours, clause: H.16, cite: HOUSE/16, quote: 一小时内报案。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {hours: 1}}
  - {key: visit.seal_hours, clause: H.20, cite: HOUSE/20, quote: 六小时内封存。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {hours: 6}}
  - {key: recording.coverage, clause: H.17, cite: HOUSE/17, quote: 录音九成九。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {percent: 99}}
  - {key: recording.gap_seconds, clause: H.18, cite: HOUSE/18, quote: 中断一分钟以上。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {seconds: 60, tolerance_s: 1}}
  - {key: recording.await_hours, clause: H.19, cite: HOUSE/19, quote: 两小时内上传。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: bank,
     limits: {hours: 2}}
"""
WITH_HOUSE = (*ALL, "HOUSE")
OF_BOOKS = [
    rulebook.visit_minutes,
    rulebook.entry_reasons,
    rulebook.wait_minutes,
    rulebook.exit_minutes,
    rulebook.banking_hours,
    rulebook.receipt_minutes,
    rulebook.money_left_minutes,
    rulebook.four_eyes_above,
    rulebook.warn_minutes,
    rulebook.partner_minutes,
    rulebook.end_early_minutes,
    rulebook.closing_hours,
    rulebook.seal_hours,
    rulebook.knocks,
    rulebook.climb_seconds,
    rulebook.report_hours,
    rulebook.covered_percent,
    rulebook.gap_seconds,
    rulebook.await_hours,
]


def test_the_contract_says_how_long_permits_and_visits_last():
    minutes = {act: rulebook.permit_minutes(ALL, act, THAT_DAY) for act in Act}

    assert minutes == {
        Act.CHECK_IN: 15,
        Act.DISCUSS_DEBT: 15,
        Act.ENTER_PREMISES: 5,
        Act.COLLECT_CASH: 5,
        Act.HAND_OVER_LETTER: 5,
        Act.ASK_THIRD_PARTY: 5,
        Act.SHOW_PAYMENT_CODE: 5,
        Act.AUTHORISE_CASH: None,  # which the bank's officer gives an end of its own
    }
    assert rulebook.visit_minutes(ALL, THAT_DAY) == 30


def test_the_contract_says_how_long_a_pair_may_stay_where_it_is_not_wanted():
    assert rulebook.wait_minutes(ALL, THAT_DAY) == 10
    assert rulebook.exit_minutes(ALL, THAT_DAY) == 3
    assert rulebook.knocks(ALL, THAT_DAY) == (2, 3)


def test_the_contract_says_when_a_visit_is_warned_ended_and_closed():
    assert rulebook.warn_minutes(ALL, THAT_DAY) == (15, 5)
    assert rulebook.partner_minutes(ALL, THAT_DAY) == 10
    assert rulebook.end_early_minutes(ALL, THAT_DAY) == 10
    assert rulebook.closing_hours(ALL, THAT_DAY) == 4
    assert rulebook.seal_hours(ALL, THAT_DAY) == 24
    assert rulebook.climb_seconds(ALL, THAT_DAY) == 60
    assert rulebook.report_hours(ALL, THAT_DAY) == 24


def test_the_earliest_close_of_all_books_ends_the_hours():
    assert rulebook.window_closes(ALL, THAT_DAY) == time(21)
    assert rulebook.window_closes(("CONTRACT-DEMO",), THAT_DAY) is None
    assert rulebook.window_closes((*ALL, "NOBODY-KNOWS"), THAT_DAY) is None


def test_the_contract_says_what_becomes_of_money():
    assert rulebook.receipt_minutes(ALL, THAT_DAY) == 10
    assert rulebook.banking_hours(ALL, THAT_DAY) == 24
    assert rulebook.money_left_minutes(ALL, THAT_DAY) == 30
    assert rulebook.four_eyes_above(ALL, THAT_DAY) == Decimal("2000.00")


def test_the_contract_says_how_much_of_a_talk_is_recorded():
    assert rulebook.covered_percent(ALL, THAT_DAY) == 95
    assert rulebook.gap_seconds(ALL, THAT_DAY) == (10, 3)
    assert rulebook.await_hours(ALL, THAT_DAY) == 24
    assert rulebook.set_by("recording.film_inside", ALL, THAT_DAY) == ("C.54",)


def test_the_contract_lists_the_special_reasons():
    assert rulebook.entry_reasons(ALL, THAT_DAY) == {
        "limited_mobility",
        "debtor_asks_privacy",
        "signing_documents",
    }


@pytest.mark.parametrize(
    ("books", "on"),
    [
        ((), THAT_DAY),
        (("CN-PLEDGE", "TW-2005"), THAT_DAY),
        ((*ALL, "NOBODY-KNOWS"), THAT_DAY),
        (ALL, date(2001, 1, 1)),
    ],
)
def test_what_no_book_sets_is_not_set(books, on):
    assert rulebook.permit_minutes(books, Act.CHECK_IN, on) is None
    assert {term(books, on) for term in OF_BOOKS} == {None}


def test_of_two_contracts_the_stricter_term_counts(plant):
    plant(TERMS)

    assert rulebook.permit_minutes(WITH_HOUSE, Act.CHECK_IN, THAT_DAY) == 15
    assert rulebook.permit_minutes(WITH_HOUSE, Act.DISCUSS_DEBT, THAT_DAY) == 10
    assert rulebook.visit_minutes(WITH_HOUSE, THAT_DAY) == 45
    assert rulebook.entry_reasons(WITH_HOUSE, THAT_DAY) == {"signing_documents"}
    assert rulebook.wait_minutes(WITH_HOUSE, THAT_DAY) == 10
    assert rulebook.exit_minutes(WITH_HOUSE, THAT_DAY) == 2
    assert rulebook.banking_hours(WITH_HOUSE, THAT_DAY) == 12
    assert rulebook.receipt_minutes(WITH_HOUSE, THAT_DAY) == 1
    assert rulebook.money_left_minutes(WITH_HOUSE, THAT_DAY) == 30
    assert rulebook.four_eyes_above(WITH_HOUSE, THAT_DAY) == Decimal("1000.00")
    assert rulebook.warn_minutes(WITH_HOUSE, THAT_DAY) == (20, 5)
    assert rulebook.partner_minutes(WITH_HOUSE, THAT_DAY) == 5
    assert rulebook.end_early_minutes(WITH_HOUSE, THAT_DAY) == 10
    assert rulebook.closing_hours(WITH_HOUSE, THAT_DAY) == 2
    assert rulebook.seal_hours(WITH_HOUSE, THAT_DAY) == 6
    assert rulebook.knocks(WITH_HOUSE, THAT_DAY) == (3, 3)
    assert rulebook.climb_seconds(WITH_HOUSE, THAT_DAY) == 60
    assert rulebook.report_hours(WITH_HOUSE, THAT_DAY) == 1
    assert rulebook.covered_percent(WITH_HOUSE, THAT_DAY) == 99
    assert rulebook.gap_seconds(WITH_HOUSE, THAT_DAY) == (10, 1)
    assert rulebook.await_hours(WITH_HOUSE, THAT_DAY) == 2


def test_minutes_that_a_contract_leaves_out_leave_the_act_out(plant, visit):
    """The house says how long three permits last, and nothing of the others."""
    plant(TERMS)
    books = ("CN-PLEDGE", "HOUSE")

    assert rulebook.permit_minutes(books, Act.ENTER_PREMISES, THAT_DAY) == 5
    assert rulebook.permit_minutes(books, Act.COLLECT_CASH, THAT_DAY) is None
    unsettled = {
        act: [
            reason.values["norm"]
            for reason in rulebook.judge(act, visit(), books, THAT_DAY).reasons
            if reason.values.get("norm") == "visit.permit_minutes"
        ]
        for act in (Act.ENTER_PREMISES, Act.COLLECT_CASH)
    }
    assert unsettled == {
        Act.ENTER_PREMISES: [],
        Act.COLLECT_CASH: ["visit.permit_minutes"],
    }
