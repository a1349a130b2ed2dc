"""Records: written part by part, chained, and what they hide."""

import json

import pytest

from evidence import bag
from evidence.errors import CannotWrite, DoesNotFit
from evidence.records import LONGEST, Writer, hide, read_records
from evidence.suites import SUITES, Suite

NOW = "2026-03-02T07:00:00.5Z"


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_a_later_part_goes_on_behind_an_earlier(suite: Suite) -> None:
    whole, first = Writer(suite), Writer(suite)
    one = first.add("visit", NOW, {"visit_id": "v"})
    second = Writer.behind(suite, one.splitlines())
    two = second.add("ending", NOW, {"share": 0.5, "whole": 5.0})

    assert whole.add("visit", NOW, {"visit_id": "v"}) == one
    assert whole.add("ending", NOW, {"whole": 5, "share": 0.5}) == two
    records, hashes = read_records(suite, one + two)
    assert [(each.n, each.kind) for each in records] == [(1, "visit"), (2, "ending")]
    assert hashes[-1] == whole.last == second.last


def test_a_record_is_these_bytes() -> None:
    line = Writer(SUITES["international"]).add("help", NOW, {"b": "é\n"})

    assert line.decode() == (
        '{"at":"2026-03-02T07:00:00.5Z","body":{"b":"é\\n"},"kind":"help","n":1,'
        '"prev":"' + "0" * 64 + '"}\n'
    )


@pytest.mark.parametrize("suite", SUITES.values(), ids=SUITES)
def test_what_is_hidden_has_a_salt_of_its_own(suite: Suite) -> None:
    one, two = hide(suite, {"name": "张三"}), hide(suite, {"name": "张三"})

    assert one != two
    digest, text = one
    assert digest == {suite.hash: suite.hex(text.encode())}
    assert len(json.loads(text)["salt"]) == 32


@pytest.mark.parametrize(
    ("kind", "moment", "body"),
    [
        ("rumour", NOW, {}),
        ("help", "2026-03-02T07:00:00+08:00", {}),
        ("help", NOW, {"a": float("nan")}),
        ("help", NOW, {"a": 1e-7}),
        ("help", NOW, {"a": 2**53}),
        ("help", NOW, {"é": 1}),
        ("help", NOW, {"a": "\ud800"}),
        ("help", NOW, {"a": b"bytes"}),
        ("help", NOW, {"a": "a" * LONGEST}),
    ],
)
def test_what_has_no_place_in_a_record(
    kind: str, moment: str, body: dict[str, object]
) -> None:
    writer = Writer(SUITES["international"])

    with pytest.raises(CannotWrite):
        writer.add(kind, moment, body)
    assert writer.n == 0


@pytest.mark.parametrize(
    "hidden",
    ["{}", '{"a":{}}', '{"a":{"md5":"0"}}', '{"a":{"sha256":"0"}}', '{"a":1}', "[]"],
)
def test_what_hides_nothing(hidden: str) -> None:
    line = '{"at":"%s","body":{},"hidden":%s,"kind":"help","n":1,"prev":"%s"}\n'

    with pytest.raises(DoesNotFit, match="bad_member"):
        read_records(SUITES["sm"], (line % (NOW, hidden, "0" * 64)).encode())


def test_what_no_verifier_would_read_is_not_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bag, "LONGEST", 3)
    files = bag._measured(SUITES["sm"], {"data/media/x": b"four", "a": b"abc"})

    bag.check_limits(files)
    with pytest.raises(CannotWrite, match="too_long"):
        bag.check_limits(bag._measured(SUITES["sm"], {"data/log.json": b"four"}))
    monkeypatch.setattr(bag, "MOST", 1)
    with pytest.raises(CannotWrite, match="too_many"):
        bag.check_limits(files)
