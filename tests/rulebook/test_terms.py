"""What a contract sets, and that an unset term is nothing rather than a default."""

from datetime import date

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
"""
WITH_HOUSE = (*ALL, "HOUSE")


def test_the_contract_says_how_long_permits_and_visits_last():
    minutes = {act: rulebook.permit_minutes(ALL, act, THAT_DAY) for act in Act}

    assert minutes == {Act.CHECK_IN: 15, Act.DISCUSS_DEBT: 15, Act.ENTER_PREMISES: 5}
    assert rulebook.visit_minutes(ALL, THAT_DAY) == 30


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
    assert rulebook.visit_minutes(books, on) is None
    assert rulebook.entry_reasons(books, on) is None


def test_of_two_contracts_the_stricter_term_counts(plant):
    plant(TERMS)

    assert rulebook.permit_minutes(WITH_HOUSE, Act.CHECK_IN, THAT_DAY) == 15
    assert rulebook.permit_minutes(WITH_HOUSE, Act.DISCUSS_DEBT, THAT_DAY) == 10
    assert rulebook.visit_minutes(WITH_HOUSE, THAT_DAY) == 45
    assert rulebook.entry_reasons(WITH_HOUSE, THAT_DAY) == {"signing_documents"}
