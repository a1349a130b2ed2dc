"""What a forger changes is found, whatever else they make anew to fit it."""

from dataclasses import replace
from pathlib import Path

import pytest

from evidence.canonical import canonical
from evidence.errors import DoesNotFit
from evidence.suites import kid
from evidence.verifying import Anchors
from tests.evidence import forging
from tests.evidence.conftest import Made, found, made, reason, small_of
from tests.evidence.forging import (
    DISCLOSURES,
    HEADS,
    LOG,
    RECORDS,
    Change,
    Files,
    chained,
    joined,
    lines,
)
from tests.evidence.making import Keys, visit

OTHER_VISIT = "0198a1b2-0000-7000-8000-0000000000aa"


def change_a_word(files: Files) -> None:
    files[RECORDS] = files[RECORDS].replace(b"knocked", b"entered", 1)


def drop_a_record(files: Files) -> None:
    files[RECORDS] = b"".join(files[RECORDS].splitlines(keepends=True)[:-1])


def drop_a_record_between(files: Files) -> None:
    rows = files[RECORDS].splitlines(keepends=True)
    files[RECORDS] = b"".join(rows[:5] + rows[6:])


def double_a_record(files: Files) -> None:
    rows = files[RECORDS].splitlines(keepends=True)
    files[RECORDS] = b"".join(rows[:5] + rows[4:])


def swap_two_records(files: Files) -> None:
    rows = files[RECORDS].splitlines(keepends=True)
    rows[4], rows[5] = rows[5], rows[4]
    files[RECORDS] = b"".join(rows)


def append_a_record(files: Files) -> None:
    files[RECORDS] += files[RECORDS].splitlines(keepends=True)[-1]


def tear_the_last_line(files: Files) -> None:
    files[RECORDS] = files[RECORDS][:-1]


def drop_a_seal(files: Files) -> None:
    files[HEADS] = files[HEADS].splitlines(keepends=True)[0]


def drop_all_seals(files: Files) -> None:
    files[HEADS] = b""


def swap_two_seals(files: Files) -> None:
    files[HEADS] = b"".join(reversed(files[HEADS].splitlines(keepends=True)))


def swap_signatures_of_seals(files: Files) -> None:
    one, two = lines(files[HEADS])
    one["signature"], two["signature"] = two["signature"], one["signature"]
    files[HEADS] = joined([one, two])


def call_it_proven(files: Files) -> None:
    files[HEADS] = files[HEADS].replace(b'\\"kept\\"', b'\\"proven\\"')


def move_a_leaf(files: Files) -> None:
    files[HEADS] = files[HEADS].replace(b'"leaf":2', b'"leaf":3')


def hide_a_leaf(files: Files) -> None:
    files[HEADS] = files[HEADS].replace(b'"leaf":2', b'"leaf":null')


def change_a_disclosure(files: Files) -> None:
    files[DISCLOSURES] = files[DISCLOSURES].replace("张三".encode(), "李四".encode())


def move_a_disclosure(files: Files) -> None:
    files[DISCLOSURES] = files[DISCLOSURES].replace(b'"n":1,', b'"n":2,', 1)


def double_a_disclosure(files: Files) -> None:
    rows = files[DISCLOSURES].splitlines(keepends=True)
    files[DISCLOSURES] = b"".join([rows[0], *rows])


def change_a_photo(files: Files) -> None:
    name = next(name for name in files if name.startswith("data/media/"))
    files[name] = files[name][::-1]


def drop_a_photo(files: Files) -> None:
    del files[next(name for name in files if name.startswith("data/media/"))]


def swap_two_photos(files: Files) -> None:
    one, two = (name for name in files if name.startswith("data/media/"))
    files[one], files[two] = files[two], files[one]


def add_a_photo(files: Files) -> None:
    files["data/media/" + "0" * 64] = b"another"


def add_a_timestamp(files: Files) -> None:
    files["data/timestamps/9.tsr"] = b"token"


def change_the_log(files: Files) -> None:
    files[LOG] = files[LOG].replace(b'\\"size\\":7', b'\\"size\\":8')


def drop_the_proofs(files: Files) -> None:
    [said] = lines(files[LOG])
    files[LOG] = canonical(said | {"proofs": []}).encode()


def swap_the_proofs(files: Files) -> None:
    [said] = lines(files[LOG])
    one, two = said["proofs"]
    one["path"], two["path"] = two["path"], one["path"]
    files[LOG] = canonical(said).encode()


def drop_consistency(files: Files) -> None:
    [said] = lines(files[LOG])
    said["consistency"][0] = []
    files[LOG] = canonical(said).encode()


def swap_the_log_heads(files: Files) -> None:
    [said] = lines(files[LOG])
    said["heads"].reverse()
    files[LOG] = canonical(said).encode()


def spell_it_otherwise(files: Files) -> None:
    files[LOG] = files[LOG].replace(b'{"consistency":', b'{ "consistency":')


def drop_the_keys(files: Files) -> None:
    files["data/keys.json"] = b"{}"


def swap_the_keys(files: Files) -> None:
    [said] = lines(files["data/keys.json"])
    one, two = said
    files["data/keys.json"] = canonical({one: said[two], two: said[one]}).encode()


#: What is done, and the reason for which it is found by whoever signs copies as well.
CHANGES: dict[Change, str] = {
    change_a_word: "chain_torn",
    drop_a_record: "bad_number",
    drop_a_record_between: "bad_number",
    double_a_record: "bad_number",
    swap_two_records: "bad_number",
    append_a_record: "bad_number",
    tear_the_last_line: "no_line_feed",
    drop_a_seal: "unsealed_records",
    drop_all_seals: "nothing_sealed",
    swap_two_seals: "bad_number",
    swap_signatures_of_seals: "bad_signature",
    call_it_proven: "bad_signature",
    move_a_leaf: "not_in_log",
    hide_a_leaf: "other_proofs",
    change_a_disclosure: "other_disclosure",
    move_a_disclosure: "nothing_hidden",
    double_a_disclosure: "disclosed_twice",
    change_a_photo: "other_content",
    drop_a_photo: "missing_medium",
    swap_two_photos: "other_size",
    add_a_photo: "unnamed_file",
    add_a_timestamp: "unnamed_file",
    change_the_log: "bad_signature",
    drop_the_proofs: "other_proofs",
    swap_the_proofs: "not_in_log",
    drop_consistency: "log_rewritten",
    swap_the_log_heads: "log_rewritten",
    spell_it_otherwise: "not_canonical",
    drop_the_keys: "other_copier",
    swap_the_keys: "misnamed_key",
}


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_found_by_the_manifest(large: Made, change: Change) -> None:
    files = forging.unpacked(large.bundle)
    change(files)
    forged = forging.packed(forging.top_of(large.bundle), files)

    key, _ = reason(forged, large.seal)

    assert key in ("not_in_manifest", "more_in_manifest")


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_with_its_digests_is_found_by_the_copy(
    large: Made, change: Change
) -> None:
    files = forging.unpacked(large.bundle)
    change(files)
    forging.with_digests(large.maker.suite, files)
    forged = forging.packed(forging.top_of(large.bundle), files)

    for seals in ((large.seal,), ()):
        with pytest.raises(DoesNotFit):
            found(forged, Anchors(seals))


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_whoever_signs_copies_is_found(large: Made, change: Change) -> None:
    forged = as_copier(large, change)

    assert reason(forged, large.seal)[0] == CHANGES[change]
    with pytest.raises(DoesNotFit):
        found(forged, Anchors())


def as_copier(made: Made, change: Change) -> bytes:
    files, keys = forging.unpacked(made.bundle), made.maker.keys
    before = dict(files)
    change(files)
    assert files != before
    forging.copied(keys, kid(keys.public("export")), files)
    return forging.packed(forging.top_of(made.bundle), files)


def test_records_chained_anew_are_under_no_seal(large: Made) -> None:
    def change(files: Files) -> None:
        records = lines(files[RECORDS])
        records[20]["body"]["verdict"] = "breach"
        files[RECORDS] = chained(large.maker.suite, records)

    assert reason(as_copier(large, change), large.seal) == (
        "other_records",
        f"{HEADS} line 1",
    )


def test_disclosures_may_be_left_out_by_whoever_signs_copies_alone(large: Made) -> None:
    def strip(files: Files) -> None:
        files[DISCLOSURES] = b""

    files = forging.unpacked(large.bundle)
    strip(files)
    forging.with_digests(large.maker.suite, files)
    forged = forging.packed(forging.top_of(large.bundle), files)

    assert reason(forged, large.seal) == ("bad_signature", "signature.json")
    assert large.found(as_copier(large, strip)).shown == {}


def test_another_verifier_in_the_bundle_is_found(large: Made) -> None:
    files = forging.unpacked(large.bundle)
    files["evidence/verifying.py"] = b"print('VERIFIED')\n"
    top = forging.top_of(large.bundle)

    assert reason(forging.packed(top, files), large.seal)[0] == "not_in_manifest"
    forging.with_digests(large.maker.suite, files)
    assert reason(forging.packed(top, files), large.seal)[0] == "bad_signature"


@pytest.mark.parametrize("name", ["../data/log.json", "data/../../x", "/etc/passwd", "a"])
def test_a_name_that_no_bundle_has(small: Made, name: str) -> None:
    files = forging.unpacked(small.bundle) | {name: b""}

    key, _ = reason(forging.packed(forging.top_of(small.bundle), files), small.seal)

    assert key == "bad_name"


@pytest.mark.parametrize("name", ["bagit.txt", "signature.json", LOG, DISCLOSURES])
def test_a_file_that_is_missing(small: Made, name: str) -> None:
    files = forging.unpacked(small.bundle)
    del files[name]
    forging.with_digests(small.maker.suite, files)

    forged = forging.packed(forging.top_of(small.bundle), files)

    assert reason(forged, small.seal) == ("missing_file", name)


def test_a_bundle_under_another_visits_name(small: Made) -> None:
    forged = forging.packed(f"doorstep-{OTHER_VISIT}", forging.unpacked(small.bundle))

    assert reason(forged, small.seal) == ("other_visit", f"doorstep-{OTHER_VISIT}")


def test_the_photos_of_another_bundle(small: Made) -> None:
    maker = visit(small.maker.keys, 2, OTHER_VISIT)
    maker.media = {k: v + b"of another" for k, v in maker.media.items()}

    def change(files: Files) -> None:
        for name in [name for name in files if name.startswith("data/media/")]:
            files[name] = maker.media[name.rpartition("/")[2]]

    assert reason(as_copier(small, change), small.seal)[0] == "other_size"


@pytest.mark.parametrize("name", [RECORDS, HEADS, DISCLOSURES, LOG])
def test_a_file_of_another_bundle_of_the_same_bank(small: Made, name: str) -> None:
    other = made(visit(small.maker.keys, 2, OTHER_VISIT))

    def change(files: Files) -> None:
        files[name] = forging.unpacked(other.bundle)[name]

    key, _ = reason(as_copier(small, change), small.seal)

    assert key in ("other_visit", "other_records", "other_disclosure", "not_in_log")


def test_a_whole_bundle_of_a_forger_without_the_keys(small: Made, tmp_path: Path) -> None:
    """All of it fits itself: without a key from outside that is all that can be said."""
    forger = small_of(Keys(small.maker.suite, tmp_path / "forger"))

    assert reason(forger.bundle, small.seal) == ("other_key", f"{HEADS} line 1")
    assert found(forger.bundle, Anchors()).newest.key == kid(forger.seal)


def test_the_same_records_sealed_with_another_key(small: Made, tmp_path: Path) -> None:
    keys = Keys(small.maker.suite, tmp_path / "forger")
    maker = replace(small.maker, keys=keys, sealed=[], lines=list(small.maker.lines))
    maker.writer.n, maker.writer.last = small.maker.writer.n, small.maker.writer.last
    maker.seal()

    assert reason(maker.bundle(), small.seal)[0] == "other_key"


def test_a_copy_by_a_key_that_no_seal_names(small: Made, tmp_path: Path) -> None:
    keys = Keys(small.maker.suite, tmp_path / "copier")
    files = forging.unpacked(small.bundle)
    forging.copied(keys, kid(keys.public("export")), files)
    forged = forging.packed(forging.top_of(small.bundle), files)

    assert reason(forged, small.seal) == ("other_copier", "signature.json")
    given = Anchors((small.seal,), copies=(keys.public("export"),))
    assert found(forged, given).copier == kid(keys.public("export"))


def test_what_is_hidden_as_a_whole_is_bound_without_being_shown(large: Made) -> None:
    def strip(files: Files) -> None:
        files[DISCLOSURES] = b""

    shown, hidden = large.found(large.bundle), large.found(as_copier(large, strip))

    assert [(j.entries, j.signed) for j in shown.journals] == [(104, 102), (104, 101)]
    assert [(j.entries, j.signed) for j in hidden.journals] == [(104, 102), (104, 101)]
    assert (shown.presences, hidden.presences) == (2, 0)
