"""The case files, one test a case."""

from datetime import date
from pathlib import Path

import pytest
import yaml

import rulebook
from proto.decision import Act

ALL = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "TW-2005", "CONTRACT-DEMO")
THAT_DAY = date(2026, 3, 2)
SILENT = "no book settles"


SHEETS = [
    yaml.safe_load(file.read_text("utf-8"))
    for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
]
CASES = [
    pytest.param(Act(sheet["act"]), case, id=f"{sheet['act']}: {case['case']}")
    for sheet in SHEETS
    for case in sheet.get("cases", ())
]


def told(reason):
    if reason.key == "rulebook.silent":
        return f"{SILENT}: {reason.values['norm']}"
    unknown = ": unknown" if "fact" in reason.values else ""
    return f"{reason.clause} {reason.key}{unknown}"


@pytest.mark.parametrize(("act", "case"), CASES)
def test_the_rulebook_answers_as_the_case_says(act, case, visit):
    assert case.keys() <= {"case", "books", "but", "outcome", "against", "on"}
    books = tuple(case.get("books", ALL))

    verdict = rulebook.judge(
        act, visit(**case.get("but", {})), books, case.get("on", THAT_DAY)
    )

    assert (verdict.outcome.value, [told(reason) for reason in verdict.reasons]) == (
        case["outcome"],
        case.get("against", []),
    )


def test_every_clause_that_judges_has_a_case_that_breaks_it():
    tried = {
        against.removesuffix(": unknown")
        for _, case in (param.values for param in CASES)
        for against in case.get("against", [])
    }
    judged = {
        f"{clause.clause} {clause.key}"
        for book in rulebook.load().values()
        for clause in book.clauses
        if any(map(clause.judges, Act))
    }
    assert {one for one in tried if not one.startswith(SILENT)} == judged
