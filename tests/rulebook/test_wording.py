"""That every sentence is there, in every language, and says no more than it may."""

import re
import string
from typing import get_args

import pytest

import rulebook
from proto.day import Missing
from rulebook import wording
from rulebook.kept import KEPT_ELSEWHERE
from rulebook.rule import Fact
from rulebook.topics import EXCUSES, RULES, TERMS

OF_THE_RULEBOOK = {
    "rulebook.silent",
    "rulebook.unknown_book",
    "rulebook.not_knowable",
}
SCRIPTS = {
    "door.introduce",
    "door.third_party",
    "door.talk",
    "door.payment_code",
    "door.bank_channel",
    "door.stay_outside",
    "door.do_not_knock",
    "door.leave",
    "door.entered",
    "door.alone",
    "door.refuse_money",
    "door.cash_receipt",
    "door.letter",
    "door.third_party_ask",
    "door.nobody_home",
    "door.withdrawn",
    "door.dispute",
    "door.care",
    "door.wrong_address",
    "door.money_left",
    "door.child",
    "door.filmed",
    "door.window_closes",
    "door.end_early",
    "help.violence",
    "help.animal",
    "help.locked_in",
    "help.self_harm",
    "help.medical",
    "help.other",
}
#: A mark of punctuation that Chinese writes in full width.
HALF = re.compile(r"[,;:?!]|[\u4e00-\u9fff]\.")
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


#: What kind of reasons a clause lists.
REASONS = {
    "visit.entry_reasons": "entry_reason",
    "cash.special_case": "cash_reason",
    "cash.reason": "cash_reason",
}


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
        f"{REASONS[clause.key]}.{reason}"
        for book in rulebook.load().values()
        for clause in book.clauses
        if clause.key in REASONS
        for reason in clause.limits["allowed"]
    }
    facts = {f"fact.{fact}" for fact in (*get_args(Fact), "unforeseen")}
    kept = {key for keys in KEPT_ELSEWHERE.values() for key in keys}
    norms = {f"norm.{key}" for key in {*RULES, *EXCUSES, *TERMS, *kept}}

    missing = {f"missing.{what}" for what in Missing}
    names = wording.catalogue(language).names
    assert names.keys() == reasons | facts | norms | missing


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


@pytest.mark.parametrize("key", sorted(SCRIPTS))
def test_what_is_said_at_a_door_fits_a_screen(key):
    said = rulebook.script(key)

    assert len(said["en"]) < 480
    assert len(said["zh-CN"]) < 180


#: Said to whoever is told no: nothing is asked of them. Asking takes a permit of its own.
ASKING_NOTHING = {
    "door.third_party",
    "door.leave",
    "door.dispute",
    "door.care",
    "door.withdrawn",
    "door.wrong_address",
    "door.refuse_money",
    "door.child",
}


@pytest.mark.parametrize("key", sorted(ASKING_NOTHING))
def test_whoever_is_left_in_peace_is_asked_nothing(key):
    for said in rulebook.script(key).values():
        assert not {"?", "？"} & {*said}
        assert [
            word
            for word in ("would you", "please tell", "是否", "请问")
            if word in said.lower()
        ] == []


def test_a_child_is_thanked_for_nothing_and_asked_nothing():
    """Nor is anybody drunk or confused."""
    said = rulebook.script("door.child")

    assert "thank" not in said["en"].lower()
    assert "谢" not in said["zh-CN"]
    assert "Leave together" in said["en"]
    assert "两人一同离开" in said["zh-CN"]


def test_whoever_is_met_hears_who_sent_the_pair():
    """By name: 13.02, 21.034, 21.082."""
    said = rulebook.script("door.introduce")

    assert "(Say the names of the agency and of the bank.)" in said["en"]
    assert "（说出机构和银行的名称）" in said["zh-CN"]


def test_the_debtor_is_not_told_that_cash_is_never_taken_where_it_may_be():
    said = rulebook.script("door.talk")

    assert "no cash" not in said["en"]
    assert "unless the bank has allowed it beforehand" in said["en"]
    assert "不收现金" not in said["zh-CN"]
    assert "银行事先" in said["zh-CN"]


def test_recording_is_announced_in_the_first_sentence():
    said = rulebook.script("door.introduce")

    assert "recorded" in said["en"].split(".")[0]
    assert "录音" in said["zh-CN"].split("。")[0]


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_sentence_is_whole_and_in_its_own_marks(language):
    sentences = wording.catalogue(language).breaches.values()
    said = [part for one in sentences for part in (one.says, one.cure)]

    if language == "en":
        assert [one for one in said if not one.endswith(".") or "  " in one] == []
    else:
        assert [one for one in said if not one.endswith("。") or HALF.search(one)] == []


def test_a_norm_is_named_by_a_phrase_that_can_stand_alone():
    """As a heading, and after "no book settles"."""
    names = wording.catalogue("en").names
    clauses = ("that", "how", "which", "when", "what", "whose", "for", "from")

    norms = {name for key, name in names.items() if key.startswith("norm.")}
    assert [name for name in norms if name.split()[0] in clauses] == []


def test_a_script_nobody_wrote_is_asked_for_in_vain():
    with pytest.raises(LookupError, match="'door.tlak', did you mean 'door.talk'"):
        rulebook.script("door.tlak")


def test_a_reason_for_entry_has_a_name_people_use():
    assert rulebook.name("entry_reason.limited_mobility") == {
        "zh-CN": "行动不便",
        "en": "limited mobility",
    }
