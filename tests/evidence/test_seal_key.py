"""What the operator cannot make up by leaving out what would contradict it.

Each story seals with the real key what no phone said, and shows that alone.
"""

from collections.abc import Callable
from typing import Any

import pytest

from evidence import journals
from evidence.canonical import canonical
from evidence.errors import DoesNotFit
from tests.evidence.conftest import Made, made, reason
from tests.evidence.making import CASE, VISIT, Keys, Maker, Phone

#: What a maker adds to a visit of two phones.
Add = Callable[[Maker, Phone, Phone], None]

TRUE = canonical({"lat": 31.2304, "salt": "0123456789abcdef"})
FORGED = canonical({"lat": 77.5, "salt": "0123456789abcdef"})
A, B = "0198a1b2-0000-7000-8000-0000000000a1", "0198a1b2-0000-7000-8000-0000000000b1"


def sealed(keys: Keys, add: Add) -> Made:
    maker = Maker(keys)
    maker.add("visit", {"visit_id": VISIT, "case_id": CASE})
    phones = [Phone(f"0198a1b2-0000-7000-8000-0000000000{n}") for n in ("d1", "d2")]
    for phone in phones:
        maker.add("phone", journals.phone(phone.device, phone.jwk()))
    add(maker, *phones)
    maker.seal()
    return made(maker)


def failed(keys: Keys, add: Add) -> str:
    story = sealed(keys, add)
    return reason(story.bundle, story.seal)[0]


# --- entries that are hidden as a whole


def hidden_whole(maker: Maker, phone: Phone, personal: str, shows: tuple[str, ...]) -> None:
    """Append an entry that is hidden as a whole, and what it hid; show these of it."""
    text = phone.write({"kind": "position", "hidden": journals.sha256(TRUE)})
    digest = journals.sha256(text)
    link = journals.link_of(phone.prev, phone.seq + 1, digest)
    seq, prev = phone.step(link)
    body = journals.entry(phone.device, seq, prev, None, link, phone.signature(link))
    hidden = {"text": (digest, text), "personal": (journals.sha256(personal), personal)}
    maker.add("entry", body, hidden=hidden)
    maker.shown = [each for each in maker.shown if each.name in shows]


@pytest.mark.parametrize(
    ("personal", "shows", "expected"),
    [
        (FORGED, ("personal",), "personal_alone"),
        (TRUE, ("personal",), "personal_alone"),
        (FORGED, ("personal", "text"), "hides_other"),
        (FORGED, ("text",), "hides_other"),
    ],
)
def test_what_an_entry_hid_is_shown_with_the_entry_or_not_at_all(
    keys: Keys, personal: str, shows: tuple[str, ...], expected: str
) -> None:
    assert failed(keys, lambda m, one, _: hidden_whole(m, one, personal, shows)) == expected


@pytest.mark.parametrize("shows", [("personal", "text"), ("text",), ()])
def test_it_fits_where_the_entry_is_shown_or_neither(
    keys: Keys, shows: tuple[str, ...]
) -> None:
    story = sealed(keys, lambda m, one, _: hidden_whole(m, one, TRUE, shows))

    fits = story.found(story.bundle)

    assert {name for _, name in fits.shown} == set(shows)
    assert [each.signed for each in fits.journals] == [1, 0]


def other_text(maker: Maker, phone: Phone, _: Phone) -> None:
    """Show the entry in its record, and another one as what it hid."""
    forged = phone.write({"kind": "complaint"})
    hides(maker, phone, "text", forged, phone.write({"kind": "knocked"}))


def other_name(maker: Maker, phone: Phone, _: Phone) -> None:
    hides(maker, phone, "position", FORGED, phone.write({"kind": "knocked"}))


def hides(maker: Maker, phone: Phone, name: str, forged: str, text: str) -> None:
    link = journals.link_of(phone.prev, phone.seq + 1, journals.sha256(text))
    seq, prev = phone.step(link)
    body = journals.entry(phone.device, seq, prev, text, link, phone.signature(link))
    maker.add("entry", body, hidden={name: (journals.sha256(forged), forged)})


def of_before(maker: Maker, phone: Phone, _: Phone) -> None:
    """Hide a part of an entry of before there were salts, whose phone hid nothing."""
    text = canonical({"fact": {"kind": "knocked"}, "prev": phone.prev, "seq": 1})
    seq, prev = phone.step(link := journals.sha256(text))
    body = journals.entry(phone.device, seq, prev, text, link, plain=True)
    maker.add("entry", body, hidden={"personal": (journals.sha256(FORGED), FORGED)})


@pytest.mark.parametrize("add", [other_text, other_name, of_before])
def test_an_entry_hides_nothing_that_its_phone_did_not(keys: Keys, add: Add) -> None:
    assert failed(keys, add) == "hides_other"


# --- one presence for two


def check_in(maker: Maker, phone: Phone, who: str, presence: dict[str, Any] | None) -> None:
    personal = None if presence is None else {"presence": presence}
    body = {"collector": who, "device": phone.device}
    maker.add("check_in", body, personal=personal)


def one_presence_for_two(maker: Maker, one: Phone, _: Phone) -> None:
    presence = one.presence(VISIT)
    check_in(maker, one, A, presence)
    check_in(maker, one, B, presence)


def one_presence_twice(maker: Maker, one: Phone, _: Phone) -> None:
    presence = one.presence(VISIT)
    check_in(maker, one, A, presence)
    check_in(maker, one, A, presence)


def one_phone_for_two(maker: Maker, one: Phone, _: Phone) -> None:
    """Sign for both, and show only the one."""
    check_in(maker, one, A, one.presence(VISIT))
    check_in(maker, one, B, None)


def for_somebody_else(maker: Maker, one: Phone, _: Phone) -> None:
    check_in(maker, one, B, one.presence(VISIT, collector_id=A))


@pytest.mark.parametrize(
    ("add", "expected"),
    [
        (one_presence_for_two, "shared_phone"),
        (one_presence_twice, "presence_twice"),
        (one_phone_for_two, "shared_phone"),
        (for_somebody_else, "other_presence"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_one_phone_is_no_pair(keys: Keys, add: Add, expected: str) -> None:
    assert failed(keys, add) == expected


def test_both_with_their_phones_and_one_of_them_again(keys: Keys) -> None:
    def add(maker: Maker, one: Phone, two: Phone) -> None:
        check_in(maker, one, A, one.presence(VISIT, collector_id=A))
        check_in(maker, two, B, two.presence(VISIT, collector_id=B))
        check_in(maker, one, A, one.presence(VISIT, collector_id=A, at="2026-03-02"))

    story = sealed(keys, add)

    assert story.found(story.bundle).presences == 3


def test_it_fails_at_the_check_in_that_is_too_many(keys: Keys) -> None:
    story = sealed(keys, one_presence_for_two)

    with pytest.raises(DoesNotFit, match="data/records.jsonl line 5"):
        story.found(story.bundle)
