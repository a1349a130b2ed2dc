"""Checks 9, 10 and 13: green on files and words that are well, red on each way to break."""

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from chaos.crews.invented import CORES
from chaos.crews.steps import Step
from chaos.oracle import judge
from chaos.oracle.personal import SEARCHED
from chaos.remains.evidence import Evidence
from chaos.remains.files import Files, Kept, Upload, stored
from chaos.remains.traces import Hunt, Trace, forms
from tests.chaos import filed
from tests.chaos.filed import DROWNED, PHOTO, SOUND, VISIT, at, spans

Breaking = Callable[[Files], object]


def well() -> Evidence:
    """Nothing but files, of which all is well."""
    searched = dict.fromkeys(SEARCHED, 1)
    return Evidence(told=filed.told(), files=filed.files(), searched=searched)


def test_files_that_are_well_are_green() -> None:
    assert judge(well()) == []


def lose_bytes(f: Files) -> None:
    del f.stored["a1"]


def rot_bytes(f: Files) -> None:
    f.stored["a2"] = "b2"


def leave_half_a_file(f: Files) -> None:
    f.stored["a9"] = "b9"


def keep_what_nobody_told(f: Files) -> None:
    f.stored["a8"] = "a8"


def keep_no_row(f: Files) -> None:
    f.kept.pop(0)


def keep_twice(f: Files) -> None:
    f.kept.append(f.kept[0])


def keep_at_another_visit(f: Files) -> None:
    f.kept[0] = replace(f.kept[0], visit="visit-2")


def keep_what_never_came(f: Files) -> None:
    f.kept.append(Kept(DROWNED, VISIT, filed.TWO, "a3", 900))


def keep_what_nobody_made(f: Files) -> None:
    f.kept.append(Kept("x", VISIT, filed.TWO, "a2", 900))


def forget_that_it_is_done(f: Files) -> None:
    f.uploads[0] = replace(f.uploads[0], state="open")


def take_a_strangers(f: Files) -> None:
    f.uploads.append(Upload("strange-1", "a9", 9, 0, "open", None, None))


def note_nothing(f: Files) -> None:
    f.noted.clear()


def serve_others(f: Files) -> None:
    f.served[SOUND] = "404 not-found"


def leave_a_file_of_nobody(f: Files) -> None:
    f.partial.append("somebody")


def go_back(f: Files) -> None:
    f.steps.append(Step(PHOTO, 0, "HEAD", 55.0, ended=55.1, status=200, said=500))


def refuse_right_bytes(f: Files) -> None:
    kind = "upload-other-bytes"
    f.steps.append(Step(PHOTO, 0, "PATCH", 55.0, 0, 900, "", 55.5, 460, kind))


@pytest.mark.parametrize(
    ("breaking", "counts_as"),
    [
        (lose_bytes, "lost"),
        (rot_bytes, "lost"),
        (leave_half_a_file, "unexpected"),
        (keep_what_nobody_told, "unexpected"),
        (keep_no_row, "lost"),
        (keep_twice, "duplicated"),
        (keep_at_another_visit, "lost"),
        (keep_what_never_came, "unexpected"),
        (keep_what_nobody_made, "unexpected"),
        (forget_that_it_is_done, "lost"),
        (take_a_strangers, "unexpected"),
        (note_nothing, "lost"),
        (serve_others, "lost"),
        (leave_a_file_of_nobody, "unexpected"),
        (go_back, "lost"),
        (refuse_right_bytes, "unexpected"),
    ],
)
def test_a_broken_file_is_red(breaking: Breaking, counts_as: str) -> None:
    evidence = well()
    breaking(evidence.files)

    found = {(each.check, each.counts_as) for each in judge(evidence)}
    assert ("accepted files there and equal", counts_as) in found


def test_a_receipt_of_something_else_is_red() -> None:
    evidence = well()
    evidence.told[0].tries[0].reply = {"receipt": filed.receipt("a2")}

    assert [each.says for each in judge(evidence)] == [
        f"{PHOTO} has a receipt, which is of something else"
    ]


def test_what_was_flipped_on_its_way_may_be_refused_and_begun_anew() -> None:
    evidence, kind = well(), "upload-other-bytes"
    flipped = Step(SOUND, 0, "PATCH", 54.6, 0, 900, "flipped", 54.7, 460, kind)
    again = Step(SOUND, 1, "PATCH", 54.8, 0, 900, "", 54.9, 204, "", 900)
    evidence.files.steps += [flipped, again]

    assert judge(evidence) == []


def count_what_is_not_there(f: Files) -> None:
    f.coverage[VISIT]["segments"].append(spans(10, 21, media_id=DROWNED))


def count_what_nobody_made(f: Files) -> None:
    f.coverage[VISIT]["segments"].append(spans(10, 21, media_id="x"))


def count_another_time(f: Files) -> None:
    f.coverage[VISIT]["segments"][0] |= spans(20, 30)


def count_too_much(f: Files) -> None:
    f.coverage[VISIT]["segments"][0] |= spans(0, 13)


def count_nothing(f: Files) -> None:
    f.coverage[VISIT] |= {"segments": [], "gaps": [spans(0, 30, reason="battery")]}


def tell_of_no_gap(f: Files) -> None:
    f.coverage[VISIT]["gaps"] = []


def declare_what_nobody_did(f: Files) -> None:
    f.stops.pop()


def hold_against_them_what_they_declared(f: Files) -> None:
    f.coverage[VISIT]["gaps"][0]["reason"] = None


def find_no_gap(f: Files) -> None:
    f.stops.clear()
    f.coverage[VISIT]["gaps"][0]["reason"] = None
    f.coverage[VISIT]["judged_at"] = at(40).isoformat()


def know_of_no_talk(f: Files) -> None:
    del f.coverage[VISIT]["begins_at"]


@pytest.mark.parametrize(
    "breaking",
    [
        count_what_is_not_there,
        count_what_nobody_made,
        count_another_time,
        count_too_much,
        count_nothing,
        tell_of_no_gap,
        declare_what_nobody_did,
        hold_against_them_what_they_declared,
        find_no_gap,
        know_of_no_talk,
    ],
)
def test_a_broken_recording_is_red(breaking: Breaking) -> None:
    evidence = well()
    breaking(evidence.files)

    assert "recorded or a gap told of" in {each.check for each in judge(evidence)}


def test_what_is_still_on_its_way_is_held_against_nobody_here() -> None:
    evidence = well()
    keep_what_nobody_told(evidence.files)
    evidence.files.coverage[VISIT] |= {"segments": [], "gaps": [spans(0, 30, reason=None)]}
    assert len(judge(evidence)) == 2

    evidence.left["jobs of field_visit"] = 1

    assert [each.check for each in judge(evidence)] == ["nothing parked but poison"]


def test_a_gap_that_nobody_declared_and_that_was_found_is_well() -> None:
    evidence = well()
    find_no_gap(evidence.files)
    evidence.files.found = [(VISIT, at(10), at(30))]

    assert judge(evidence) == []


def test_a_planted_word_is_red_wherever_it_stands() -> None:
    evidence = well()
    evidence.traces = [Trace("log/services.log", "as it is", CORES[0])]

    assert [each.check for each in judge(evidence)] == ["nothing personal in the clear"]


def test_what_nobody_can_read_may_lie_where_the_harness_put_it_and_nowhere_else() -> None:
    evidence = well()
    evidence.traces = [Trace("rabbitmq/mnesia/1.rdq", "as it is", "poison-bytes")]
    assert judge(evidence) == []

    evidence.traces = [Trace("log/services.log", "as it is", "poison-bytes")]
    assert len(judge(evidence)) == 1


def test_a_run_that_searched_nothing_shows_nothing() -> None:
    evidence = well()
    evidence.searched = {}

    assert len(judge(evidence)) == len(SEARCHED)


@pytest.mark.parametrize("word", CORES)
def test_a_word_is_found_however_it_is_written(word: str) -> None:
    for form in forms(word):
        hunt = Hunt()
        hunt.look("here", b"before " + form + b" after")
        assert {each.word for each in hunt.found} == {word}


def test_a_word_is_found_in_base64_wherever_it_begins() -> None:
    for before in range(4):
        hunt = Hunt()
        hunt.look("here", base64.b64encode(b"x" * before + CORES[0].encode() + b"yz"))
        assert [each.form for each in hunt.found] == ["base64"]


def test_a_word_is_found_across_two_blocks_of_a_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("chaos.remains.traces.BLOCK", 100)
    (tmp_path / "log").mkdir()
    (tmp_path / "media").mkdir()
    for folder in ("log", "media"):
        (tmp_path / folder / "x.log").write_bytes(b"." * 97 + CORES[0].encode() + b"." * 9)
    hunt = Hunt()
    hunt.files(tmp_path)

    assert {each.place for each in hunt.found} == {"log/x.log"}


def test_lines_of_a_sealed_part_in_the_store_are_no_file_of_a_phone(tmp_path) -> None:
    folder = tmp_path / "ab"
    folder.mkdir()
    (folder / "ab01").write_bytes(b'{"at":"2026-03-02T07:00:00Z","body":{}}\n')
    (folder / "ab02").write_bytes(b"a photo")

    assert [name for name, _ in stored(tmp_path)] == ["ab02"]
