"""That every sentence is there, in every language, and says no more than it may."""

import string
from typing import get_args

import pytest

import rulebook
from rulebook import wording
from rulebook.needed import NEEDED
from rulebook.rule import Fact
from rulebook.topics import RULES

OF_THE_RULEBOOK = {
    "rulebook.silent",
    "rulebook.unknown_book",
    "rulebook.not_knowable",
}
SCRIPTS = {
    "door.introduce",
    "door.third_party",
    "door.talk",
    "door.stay_outside",
    "door.do_not_knock",
    "door.leave",
    "door.entered",
    "door.alone",
}
OF_DEBT = [
    "欠",
    "债",
    "款",
    "催",
    "逾期",
    "金额",
    "debt",
    "owe",
    "due",
    "pay",
    "collection",
]


def blanks(sentence):
    said = f"{sentence.says} {sentence.cure}"
    return {field for _, field, *_ in string.Formatter().parse(said) if field is not None}


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_breach_has_its_sentences_and_every_sentence_its_breach(language):
    breaches = {
        f"{key}.{way}" if way else key
        for key, rule in RULES.items()
        for way in rule.ways or ("",)
    }

    assert wording.catalogue(language).breaches.keys() == breaches | OF_THE_RULEBOOK


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_name_is_of_something_and_everything_has_its_name(language):
    reasons = {
        f"entry_reason.{reason}"
        for book in rulebook.load().values()
        for clause in book.clauses
        if clause.key == "visit.entry_reasons"
        for reason in clause.limits["allowed"]
    }
    facts = {f"fact.{fact}" for fact in (*get_args(Fact), "unforeseen")}

    norms = {f"norm.{key}" for keys in NEEDED.values() for key in keys}

    assert wording.catalogue(language).names.keys() == reasons | facts | norms


def test_both_languages_are_made_from_the_same_values():
    chinese, english = (wording.catalogue(one).breaches for one in wording.LANGUAGES)

    assert {key: blanks(said) for key, said in chinese.items()} == {
        key: blanks(said) for key, said in english.items()
    }


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_the_door_has_its_scripts_and_they_need_no_filling_in(language):
    scripts = wording.scripts(language)

    assert scripts.keys() == SCRIPTS
    assert not any("{" in said for said in scripts.values())


@pytest.mark.parametrize("key", sorted(SCRIPTS - {"door.talk"}))
def test_only_the_debtor_hears_of_the_debt(key):
    for said in rulebook.script(key).values():
        assert [word for word in OF_DEBT if word in said.lower()] == []


def test_a_script_nobody_wrote_is_asked_for_in_vain():
    with pytest.raises(LookupError, match="'door.tlak', did you mean 'door.talk'"):
        rulebook.script("door.tlak")


def test_a_reason_for_entry_has_a_name_people_use():
    assert rulebook.name("entry_reason.limited_mobility") == {
        "zh-CN": "行动不便",
        "en": "limited mobility",
    }
