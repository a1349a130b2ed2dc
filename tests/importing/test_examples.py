"""The example files are good, and about nobody."""

from datetime import date
from pathlib import Path

import rulebook
from doorstep.importing.entries import body
from doorstep.importing.reading import read_all

EXAMPLES = Path(__file__).parents[2] / "examples"
TODAY = date(2026, 3, 2)


def rows(kind):
    read = read_all([EXAMPLES], TODAY)
    assert read.complaints == []
    return next(sheet for sheet in read.sheets if sheet.kind.name == kind)


def test_the_cases_are_as_a_bank_sends_them():
    cases = rows("cases")
    entries = body(cases)["cases"]

    assert len(entries) >= 12
    assert len({entry["agency_id"] for entry in entries}) == 2
    assert any(
        ord(character) > 0xFFFF for e in entries for character in e["debtor"]["name"]
    )
    assert any(entry["address"]["zone"] == "Asia/Taipei" for entry in entries)
    assert all(set(entry["books"]) <= set(rulebook.load()) for entry in entries)


def test_one_case_is_bound_by_mainland_books_alone():
    entries = body(rows("cases"))["cases"]
    alone = [entry["number"] for entry in entries if "TW-2005" not in entry["books"]]

    assert alone == ["WA-2026-0013"]


def test_no_number_can_be_anybodys():
    for entry in body(rows("cases"))["cases"]:
        assert entry["debtor"]["id_number"].startswith("000000")
        assert entry["debtor"]["card_number"].startswith("00000000")


def test_no_password_is_in_a_file():
    for file in EXAMPLES.glob("*.yaml"):
        assert "password:" not in file.read_text("utf-8")
