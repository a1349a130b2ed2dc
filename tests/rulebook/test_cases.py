"""The case files, one test a case."""

from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest
import yaml

import rulebook
from proto.decision import Act
from rulebook import engine, wording
from rulebook.rule import NotKnowable
from rulebook.topics import RULES

ALL = (
    "CN-PLEDGE",
    "CN-CARDSTD",
    "CN-OUTREQ",
    "CN-FILESTD",
    "TW-2005",
    "CONTRACT-DEMO",
)
THAT_DAY = date(2026, 3, 2)
SILENT = "no book settles"


SHEETS = [
    yaml.safe_load(file.read_text("utf-8"))
    for file in sorted((Path(__file__).parent / "cases").glob("*.yaml"))
]
CASES = [
    pytest.param(
        Act(sheet["act"]),
        {"books": sheet.get("books", ALL), **case},
        id=f"{sheet['act']}: {case['case']}",
    )
    for sheet in SHEETS
    for case in sheet.get("cases", ())
]


def told(reason):
    if reason.key == "rulebook.silent":
        return f"{SILENT}: {reason.values['norm']}"
    unknown = ": unknown" if "fact" in reason.values else ""
    return f"{reason.clause} {reason.key}{unknown}"


@pytest.mark.parametrize(("act", "case"), CASES)
def test_the_rulebook_answers_as_the_case_says(act, case, asked):
    assert case.keys() <= {"case", "books", "but", "outcome", "against", "on", "excuses"}
    facts = asked(act, **case.get("but", {}))

    verdict = rulebook.judge(act, facts, tuple(case["books"]), case.get("on", THAT_DAY))

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


def test_every_exception_has_a_case_in_which_its_clause_alone_is_silent():
    """That the clause speaks without it, the other cases say."""
    excused = {
        clause.clause
        for book in rulebook.load().values()
        for clause in book.clauses
        if clause.unless
    }

    silent = {
        case["excuses"]
        for _, case in (param.values for param in CASES)
        if "excuses" in case
        and not any(each.startswith(case["excuses"]) for each in case.get("against", []))
    }
    assert silent == excused


def test_every_way_to_break_a_norm_has_a_case_and_its_sentences_fit(asked):
    """What a sentence leaves blank is filled by the breach, in both languages."""
    told = {
        breach.key: wording.breach(breach.key, breach.values)
        for act, case in (param.values for param in CASES)
        for breach in breaches(act, case, asked(act, **case.get("but", {})))
    }

    assert told.keys() == {
        f"{key}.{way}" if way else key
        for key, rule in RULES.items()
        for way in rule.ways or ("",)
    }
    assert not any(
        "{" in said for texts in told.values() for t in texts for said in t.values()
    )


def breaches(act, case, facts):
    for one in engine._bench(act, tuple(case["books"]), THAT_DAY).judges:
        with suppress(NotKnowable):
            if (breach := one.rule.breach(facts)) is not None:
                yield breach
