"""That whatever is wrong with a book is said in our words, in every language."""

import string

import pytest
import yaml

from rulebook.clause import Book, Clause
from rulebook.problems import LANGUAGES, sentences
from rulebook.proofs import proofs
from rulebook.topics import EXCUSES, RULES, TERMS

WRONG = [
    None,
    3,
    -1,
    1.5,
    True,
    "x",
    "x" * 9,
    "2026-13-01",
    [],
    [3],
    {},
    {"x": 3},
    float("nan"),
]


def blanks(sentence):
    return {field for _, field, *_ in string.Formatter().parse(sentence) if field}


def test_both_languages_have_the_same_sentences_of_the_same_values():
    one, other = (sentences(language) for language in LANGUAGES)

    assert {key: blanks(said) for key, said in one.items()} == {
        key: blanks(said) for key, said in other.items()
    }


def told(house, change):
    """Return what is said of a book that was changed, in every language."""
    content = yaml.safe_load(house)
    change(content)
    found = proofs("house.yaml", yaml.safe_dump(content, allow_unicode=True)).misprints
    assert all(one.told(language) for one in found for language in LANGUAGES)
    return [one.problem.key for one in found]


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("field", [*Book.model_fields])
def test_whatever_is_written_in_a_book_there_is_a_sentence_for_it(house, field, wrong):
    assert "otherwise" not in told(house, lambda book: book.update({field: wrong}))


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize("field", [*Clause.model_fields])
def test_whatever_is_written_in_a_clause_there_is_a_sentence_for_it(house, field, wrong):
    def change(book):
        book["clauses"][0][field] = wrong

    assert "otherwise" not in told(house, change)


@pytest.mark.parametrize("wrong", WRONG, ids=repr)
@pytest.mark.parametrize(
    ("key", "limit"),
    [
        (key, name)
        for key, norm in (RULES | EXCUSES | TERMS).items()
        for name in norm.model_fields
    ],
)
def test_whatever_is_written_as_a_limit_there_is_a_sentence_for_it(
    house, key, limit, wrong
):
    def change(book):
        book["clauses"][0] |= {"key": key, "limits": {limit: wrong}}

    assert "otherwise" not in told(house, change)
