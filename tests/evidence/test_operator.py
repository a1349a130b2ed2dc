"""What the operator cannot change though they hold every key of the bank: phones' words.

Each story rewrites the records before they are sealed, and seals them with the real key.
"""

from collections.abc import Callable
from typing import Any

import pytest

from evidence import journals
from tests.evidence import forging
from tests.evidence.conftest import made, reason
from tests.evidence.making import Keys, Maker, visit

#: A change of all the records, before any seal.
Rewrite = Callable[[list[dict[str, Any]]], None]


def rewritten(keys: Keys, rewrite: Rewrite) -> tuple[str, str]:
    """Rewrite all records of a visit, seal it once more; return why it is FAILED."""
    honest = visit(keys, entries=40)
    records = forging.lines(b"".join(honest.lines))
    rewrite(records)
    maker = Maker(keys, media=honest.media)
    maker.shown = honest.shown if len(records) == len(honest.lines) else []
    maker.lines = forging.chained(keys.suite, records).splitlines(keepends=True)
    maker.writer.n = len(maker.lines)
    maker.writer.last = keys.suite.hex(maker.lines[-1][:-1])
    maker.seal()
    story = made(maker)
    return reason(story.bundle, story.seal)


def entries(records: list[dict[str, Any]], **members: Any) -> list[dict[str, Any]]:
    """Return the entries with a salt whose body has these members."""
    return [
        record["body"]
        for record in records
        if record["kind"] == "entry"
        and "plain" not in record["body"]
        and all(name in record["body"] for name in members)
    ]


def other_words(records: list[dict[str, Any]]) -> None:
    body = entries(records)[3]
    body["text"] = body["text"].replace('"conduct"', '"entered"')


def other_words_relinked(records: list[dict[str, Any]]) -> None:
    """Link everything behind the change anew; the next signature does not fit."""
    body = entries(records)[3]
    body["text"] = body["text"].replace('"conduct"', '"entered"')
    last = None
    for record in records:
        each = record["body"]
        if record["kind"] not in ("entry", "link") or each["device"] != body["device"]:
            continue
        if each is body or last is not None:
            each["prev"] = last or each["prev"]
            digest = each.get("sha256") or journals.sha256(each["text"])
            last = each["link"] = journals.link_of(each["prev"], each["seq"], digest)


def swapped_signatures(records: list[dict[str, Any]]) -> None:
    one, two, *_ = entries(records, signature="")
    one["signature"], two["signature"] = two["signature"], one["signature"]


def another_phones_entry(records: list[dict[str, Any]]) -> None:
    one, two, *_ = entries(records, text="")
    one["device"], two["device"] = two["device"], one["device"]


def dropped_entry(records: list[dict[str, Any]]) -> None:
    found = entries(records)[5]
    records.remove(next(each for each in records if each["body"] is found))


def entry_as_link(records: list[dict[str, Any]]) -> None:
    """Hide an entry behind a link with another digest."""
    body = entries(records)[5]
    record = next(each for each in records if each["body"] is body)
    record["kind"], record["hidden"] = "link", {"x": {"sha256": "0" * 64}}
    body["sha256"] = "0" * 64
    del body["text"]


def another_phone_key(records: list[dict[str, Any]]) -> None:
    one, two = (each["body"] for each in records if each["kind"] == "phone")
    one["key"], two["key"] = two["key"], one["key"]


def no_phone_key(records: list[dict[str, Any]]) -> None:
    one = next(each["body"] for each in records if each["kind"] == "phone")
    one["key"]["x"] = one["key"]["x"][:-1]


def other_photo(records: list[dict[str, Any]]) -> None:
    one = next(each["body"] for each in records if each["kind"] == "file")
    one["sha256"] = "0" * 64


def other_hiding(records: list[dict[str, Any]]) -> None:
    one = next(e for e in records if e["kind"] == "entry" and "personal" in str(e))
    one["hidden"] = {"personal": {"sha256": "0" * 64}}


def other_presence(records: list[dict[str, Any]]) -> None:
    one, two = (each["body"] for each in records if each["kind"] == "check_in")
    one["device"], two["device"] = two["device"], one["device"]


def other_secret(records: list[dict[str, Any]]) -> None:
    """What is hidden as a whole is bound by its digest alone, and that by the link."""
    one = next(each for each in records if "text" in each.get("hidden", {}))
    two = next(e for e in records if "text" in e.get("hidden", {}) and e is not one)
    one["hidden"], two["hidden"] = two["hidden"], one["hidden"]


def other_case(records: list[dict[str, Any]]) -> None:
    records[0]["body"]["case_id"] = "another"


def no_visit(records: list[dict[str, Any]]) -> None:
    del records[0]


def unknown_kind(records: list[dict[str, Any]]) -> None:
    records[-1]["kind"] = "rumour"


@pytest.mark.parametrize(
    ("rewrite", "expected"),
    [
        (other_words, "other_entry"),
        (other_words_relinked, "bad_phone_signature"),
        (swapped_signatures, "bad_phone_signature"),
        (another_phones_entry, "chain_torn"),
        (dropped_entry, "gap"),
        (entry_as_link, "other_entry"),
        (another_phone_key, "bad_phone_signature"),
        (no_phone_key, "no_phone_key"),
        (other_photo, "unnamed_file"),
        (other_hiding, "other_disclosure"),
        (other_presence, "bad_presence"),
        (other_secret, "other_disclosure"),
        (other_case, "other_visit"),
        (no_visit, "no_visit"),
        (unknown_kind, "unknown_kind"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_operator_cannot(keys: Keys, rewrite: Rewrite, expected: str) -> None:
    assert rewritten(keys, rewrite)[0] == expected
