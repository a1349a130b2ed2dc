"""What the books say, and that a misprint is pointed at."""

import ast
import re
import sys
from pathlib import Path

import pytest
import yaml

import rulebook
from rulebook import Misprint, book, quotes
from rulebook.kept import KEPT_ELSEWHERE
from rulebook.topics import EXCUSES, RULES, TERMS


def clauses(section, *numbers):
    """Return the ids of clauses: `"02-04"` stands for 02, 03 and 04."""
    for each in numbers:
        first, _, last = each.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{section}.{number:0{len(first)}}"


OF_THE_SOURCE = {
    "CN-PLEDGE": {*clauses(4, "02-06", "10-13", "15-38")},
    "CN-CARDSTD": {*clauses(13, "01-18")},
    "CN-OUTREQ": {*clauses(16, "04", "08-11", "15-16")},
    "CN-FILESTD": {*clauses(18, "01-03")},
    "TW-2005": {*clauses(21, "009", "034-038", "057", "079-091")},
}
CITED = re.compile(r"\d{1,2}\.\d{2,3}")
BOOKS = Path(book.__file__).parent / "books"
MISPRINTS = yaml.safe_load(Path(__file__).with_name("misprints.yaml").read_text("utf-8"))


def test_five_books_hold_the_clauses_of_the_source():
    held = {
        one.id: {clause.clause for clause in one.clauses}
        for one in rulebook.load().values()
        if one.section is not None
    }

    assert held == OF_THE_SOURCE


def test_every_quote_is_the_source_s_own():
    for one in rulebook.load().values():
        for clause in one.clauses if one.section else ():
            requirement = quotes.requirements()[clause.clause]
            assert requirement.quote in clause.quote
            assert clause.quote in quotes.sentences()[requirement.line]


def test_the_sentences_kept_are_those_the_books_quote_and_say_what_the_table_says():
    lines = {
        quotes.requirements()[clause].line
        for held in OF_THE_SOURCE.values()
        for clause in held
    }

    assert quotes.sentences().keys() == lines
    for requirement in quotes.requirements().values():
        if requirement.line in lines:
            assert requirement.quote in quotes.sentences()[requirement.line]


PAGE = Path(__file__).parents[2] / "docs/rulebook.md"
SPAN = re.compile(r"(\d+)\.(\d+)(?:–\d+\.(\d+))?")


def test_every_clause_of_these_sections_is_in_a_book_or_has_an_owner():
    """And none is both, nor named twice."""
    table = PAGE.read_text("utf-8").partition("<!-- elsewhere -->")[2]
    rows = table.partition("<!-- /elsewhere -->")[0].splitlines()[3:]
    named = [
        clause
        for row in rows
        for section, first, last in SPAN.findall(row.split("|")[1])
        for clause in clauses(section, f"{first}-{last}" if last else first)
    ]
    held = set.union(*OF_THE_SOURCE.values())
    sections = {clause.partition(".")[0] for clause in held}
    theirs = {id for id in quotes.requirements() if id.partition(".")[0] in sections}

    assert sorted(named) == sorted(theirs - held)


def test_every_clause_is_cited_within_its_book_and_has_a_title_in_both_languages():
    for one in rulebook.load().values():
        assert one.title.keys() == {"zh-CN", "en"}
        assert all(clause.cite.startswith(f"{one.id}/") for clause in one.clauses)


def test_everything_a_clause_may_name_is_named_by_one():
    written = [clause for one in rulebook.load().values() for clause in one.clauses]

    assert {one.key for one in written if not one.kept_by} == {*RULES, *EXCUSES, *TERMS}
    kept = {(one.kept_by, one.key) for one in written if one.kept_by}
    assert kept == {(by, key) for by, keys in KEPT_ELSEWHERE.items() for key in keys}


@pytest.mark.parametrize(
    ("file", "misprint"),
    [(file, misprint) for file, misprints in MISPRINTS.items() for misprint in misprints],
)
def test_a_misprint_is_refused_with_its_line(file, misprint, house):
    right = house if file == "house" else (BOOKS / f"{file}.yaml").read_text("utf-8")
    wrong = right.replace(misprint["instead_of"], misprint["is_written"], 1)
    assert wrong != right

    with pytest.raises(Misprint) as refused:
        book.read(f"{file}.yaml", wrong)

    assert str(refused.value) == f"{file}.yaml:{misprint['complaint']}"


def test_an_empty_book_is_refused():
    with pytest.raises(Misprint, match=r"^house.yaml:1: the file is empty$"):
        book.read("house.yaml", "# nothing yet\n")


def test_a_book_without_a_clause_is_refused(house):
    empty = f"{house.partition('clauses:')[0]}clauses: []\n"

    with pytest.raises(
        Misprint, match="^house.yaml:6: 'clauses' is empty, write 1 at least$"
    ):
        book.read("house.yaml", empty)


def test_the_rulebook_knows_only_contracts_and_its_own_data():
    known = {"rulebook", "proto", "pydantic", "yaml", *sys.stdlib_module_names}
    for file in Path(book.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert {name.name.partition(".")[0] for name in node.names} <= known
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").partition(".")[0] in known


def test_every_rule_cites_its_clauses_or_says_that_it_is_a_contract_s():
    """A docstring, of a rule or of an exception, and the books name the same clauses."""
    for key, rule in {**RULES, **EXCUSES}.items():
        cited = {
            clause.clause
            for one in rulebook.load().values()
            for clause in one.clauses
            if clause.key == key and one.section is not None
        }
        assert set(CITED.findall(rule.__doc__ or "")) >= cited, key
        assert cited or "a term of the contract" in (rule.__doc__ or ""), key


def test_one_clause_with_two_values_on_one_day_is_refused(house):
    again = house + house.partition("clauses:\n")[2]

    with pytest.raises(Misprint, match="stands twice for some days; end one"):
        book.read("house.yaml", again)


def test_a_clause_may_change_on_a_day(house):
    ended = house.replace("    status:", "    until: 2027-01-01\n    status:")
    after = house.partition("clauses:\n")[2].replace(
        "since: 2026-01-01", "since: 2027-01-01"
    )

    assert len(book.read("house.yaml", ended + after).clauses) == 2


def test_one_clause_of_a_contract_says_one_thing():
    """Two people who add clauses on one day may choose the same number."""
    said: dict[tuple[str, str], set[str]] = {}
    for one in rulebook.load().values():
        for clause in one.clauses if one.section is None else ():
            said.setdefault((one.id, clause.clause), set()).add(clause.quote)

    assert [clause for clause, quotes in said.items() if len(quotes) > 1] == []
