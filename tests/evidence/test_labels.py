"""What else a bundle may not be: each told from the others."""

import pytest

from evidence.canonical import canonical
from evidence.errors import DoesNotFit
from evidence.heads import read_head
from evidence.suites import kid
from tests.evidence import forging
from tests.evidence.conftest import Made, made, reason
from tests.evidence.forging import HEADS, Change, Files, joined, lines
from tests.evidence.making import CASE, Keys, Maker, Phone, journals


def another_day(files: Files) -> None:
    files["bag-info.txt"] = files["bag-info.txt"].replace(b"2026-03-05", b"yesterday")


def another_bagit(files: Files) -> None:
    files["bagit.txt"] = files["bagit.txt"].replace(b"1.0", b"0.97")


def another_member(files: Files) -> None:
    one, two = lines(files[HEADS])
    files[HEADS] = joined([one | {"more": 1}, two])


def no_key(files: Files) -> None:
    [said] = lines(files["data/keys.json"])
    files["data/keys.json"] = canonical(said | {"0" * 64: "no key"}).encode()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (another_day, ("bad_label", "bag-info.txt")),
        (another_bagit, ("bad_label", "bagit.txt")),
        (another_member, ("bad_members", f"{HEADS} line 1")),
        (no_key, ("no_public_key", "PEM")),
    ],
)
def test_a_change_of_whoever_signs_copies(
    small: Made, change: Change, expected: tuple[str, str]
) -> None:
    files, keys = forging.unpacked(small.bundle), small.maker.keys
    change(files)
    forging.copied(keys, kid(keys.public("export")), files)

    forged = forging.packed(forging.top_of(small.bundle), files)

    assert reason(forged, small.seal) == expected


def test_a_manifest_that_names_more(small: Made) -> None:
    files, suite = forging.unpacked(small.bundle), small.maker.suite
    files[f"tagmanifest-{suite.hash}.txt"] += b"0" * 64 + b"  tag.txt\n"

    forged = forging.packed(forging.top_of(small.bundle), files)

    assert reason(forged, small.seal)[0] == "more_in_manifest"


@pytest.mark.parametrize("prefix", ["", "tag"])
def test_manifests_of_both_suites(small: Made, prefix: str) -> None:
    files = forging.unpacked(small.bundle)
    files |= {f"{prefix}manifest-{name}.txt": b"" for name in ("sha256", "sm3")}

    forged = forging.packed(forging.top_of(small.bundle), files)

    assert reason(forged, small.seal) == ("manifests", f"{prefix}manifest-*.txt")


def test_a_head_of_a_form_to_come(small: Made) -> None:
    text = small.maker.sealed[0].text.replace('"format":1', '"format":2')

    with pytest.raises(DoesNotFit, match="bad_format"):
        read_head(text, "here")


# --- what no seal of ours writes


def begun(keys: Keys) -> Maker:
    maker = Maker(keys)
    maker.add("visit", {"visit_id": maker.visit, "case_id": CASE})
    return maker


def why(maker: Maker) -> str:
    maker.seal()
    story = made(maker)
    return reason(story.bundle, story.seal)[0]


def test_a_phone_with_two_keys(keys: Keys) -> None:
    maker = begun(keys)
    for phone in (Phone("d"), Phone("d")):
        maker.add("phone", journals.phone(phone.device, phone.jwk()))

    assert why(maker) == "two_keys"


def test_a_phone_of_which_nothing_is_said(keys: Keys) -> None:
    maker = begun(keys)
    maker.entry(Phone("d"), {"kind": "knocked"})

    assert why(maker) == "unknown_phone"


def test_a_hiding_without_a_salt(keys: Keys) -> None:
    maker = begun(keys)
    maker.add("help", {}, hidden={"details": (journals.sha256("{}"), "{}")})

    assert why(maker) == "no_salt"


def test_an_entry_that_hides_what_its_record_does_not(keys: Keys) -> None:
    maker, phone = begun(keys), Phone("d")
    maker.add("phone", journals.phone(phone.device, phone.jwk()))
    maker.entry(phone, {"kind": "position", "hidden": "0" * 64})

    assert why(maker) == "hides_other"


def test_a_presence_at_another_visit(keys: Keys) -> None:
    maker, phone = begun(keys), Phone("d")
    maker.add("phone", journals.phone(phone.device, phone.jwk()))
    maker.add(
        "check_in",
        {"device": phone.device},
        personal={"presence": phone.presence("another")},
    )

    assert why(maker) == "other_presence"
