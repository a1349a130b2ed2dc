"""How an entry of a journal is hashed: what leads to its link, and what is not shown."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from pydantic import ValidationError

from proto import ids
from proto.facts import PERSONAL, AtTheGate, Circumstance, Fact, Hardship, PersonMet, hides
from proto.journal import GENESIS, Entry, Unread, linked, salt_for, texts
from proto.signing import hashed

SALT, VISIT = "0f" * 16, ids.named("visit", "test-entries")
AT = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
ILL = Circumstance(hardship=Hardship.ILLNESS)


def entry(fact: Fact = ILL, **but: object) -> Entry:
    values = {"seq": 1, "prev": GENESIS, "visit_id": VISIT, "at": AT, "fact": fact}
    salted = {"salt": SALT, "hides": hides(fact)}
    return Entry.model_validate(values | salted | but)


def raw(one: Entry) -> dict[str, object]:
    return one.model_dump(mode="json", exclude_none=True)


def test_an_entry_leads_to_its_link_in_two_steps() -> None:
    text, personal = texts(raw(entry()))
    said = json.loads(text)

    assert personal == (
        b'{"hardship":"illness","salt":"' + salt_for(SALT, "personal").encode() + b'"}'
    )
    assert said == {
        "at": "2026-03-02T07:00:00Z",
        "fact": {"kind": "circumstance", "hidden": hashed(personal)},
        "hides": ["hardship"],
        "salt": salt_for(SALT, "body"),
        "visit_id": str(VISIT),
    }
    assert entry().link() == hashed(linked(GENESIS, 1, hashed(text)))


def test_what_is_hidden_cannot_be_guessed_from_what_is_shown() -> None:
    text, _ = texts(raw(entry()))
    guesses = [
        hashed(json.dumps({"hardship": each, "salt": salt}, separators=(",", ":")).encode())
        for each in Hardship
        for salt in (SALT, salt_for(SALT, "body"))
    ]
    hidden = json.loads(text)["fact"]["hidden"]

    assert SALT not in text.decode()
    assert hashed(texts(raw(entry()))[1] or b"") == hidden
    assert [each for each in guesses if each == hidden] == []


def test_whether_something_was_named_at_all_is_hidden_too() -> None:
    shown = [
        json.loads(texts(raw(entry(each)))[0])["fact"] for each in (ILL, Circumstance())
    ]

    assert [each.keys() for each in shown] == [{"kind", "hidden"}] * 2


def test_an_entry_without_a_salt_is_hashed_as_before() -> None:
    """Sent by a phone of before; its link was worked out by hand of what stands here."""
    plain = entry(PersonMet(relation="neighbour"), salt=None, hides=None)
    text = (
        '{"at":"2026-03-02T07:00:00Z","fact":{"capable":true,"kind":"person_met",'
        f'"relation":"neighbour"}},"prev":"{GENESIS}","seq":1,"visit_id":"{VISIT}"}}'
    )

    assert plain.link() == hashed(text.encode())


def test_what_cannot_be_read_has_the_link_its_phone_gave_it() -> None:
    known = raw(entry())
    of_tomorrow = known | {"fact": {"kind": "of_tomorrow", "hardship": "illness"}}
    text, _ = texts(of_tomorrow)

    assert Unread(known).link() == entry().link()
    assert Unread(of_tomorrow).link() == hashed(linked(GENESIS, 1, hashed(text)))
    for wrong in ({"salt": 5}, {"salt": "xyz"}, {"prev": "0"}, {"seq": "1"}, {"fact": 1}):
        assert Unread(of_tomorrow | wrong).link() == "", wrong


@pytest.mark.parametrize(
    ("but", "kind"),
    [
        ({"hides": None}, "hides_otherwise"),
        ({"hides": ("hardship", "kind")}, "hides_otherwise"),
        ({"fact": PersonMet(relation="kin"), "hides": ("relation",)}, "hides_otherwise"),
        ({"salt": None}, "hides_without_salt"),
        ({"salt": "too short"}, "string_pattern_mismatch"),
    ],
)
def test_what_is_personal_is_not_hashed_in_the_clear(but, kind) -> None:
    with pytest.raises(ValidationError) as refused:
        entry(**but)

    assert refused.value.errors()[0]["type"] == kind


def test_what_is_personal_is_named_of_facts_as_they_are() -> None:
    kinds = get_args(get_args(Fact)[0])
    named = {each: names for each, names in PERSONAL.items() if each in kinds}

    assert named == PERSONAL
    assert all(names <= each.model_fields.keys() for each, names in PERSONAL.items())
    assert hides(AtTheGate(admitted=True)) == ("position",)
