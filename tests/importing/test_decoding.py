"""Encodings, halves of files, and paths that lead nowhere."""

from datetime import date

import pytest

from doorstep.importing.decoding import decoded
from doorstep.importing.entries import body
from doorstep.importing.reading import read_all
from doorstep.importing.table import Unreadable

RARE = "𠮷李例"  # its first character is beyond the first plane: four bytes in GB18030


@pytest.mark.parametrize(
    ("encoding", "said"),
    [("gb18030", "GB18030"), ("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8 (BOM)")],
)
def test_a_rare_name_arrives_as_written_in_every_encoding(
    encoding, said, read, bank_csv, case
):
    found = read({"cases.csv": bank_csv(case(债务人姓名=RARE), encoding=encoding)})

    assert (found.complaints, found.encodings) == ([], {"cases.csv": said})
    assert body(found.sheets[0])["cases"][0]["debtor"]["name"] == RARE


def test_gb18030_writes_the_rare_name_with_four_bytes():
    assert len(RARE[0].encode("gb18030")) == 4


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_no_cut_through_a_line_goes_unnoticed(encoding, tmp_path, bank_csv, case):
    whole = bank_csv(case(), case(委案编号="WA-2"), encoding=encoding)
    file = tmp_path / "cases.csv"
    for end in range(1, len(whole)):
        if whole[end - 1 : end] != b"\n":
            file.write_bytes(whole[:end])
            with pytest.raises(Unreadable):
                decoded(file, file.name)


def test_a_file_cut_in_a_character_says_so(read, bank_csv, case, sentences):
    said = {}
    for encoding in ("gb18030", "utf-8"):
        whole = bank_csv(case(), encoding=encoding)
        cut = whole[: whole.index("钱".encode(encoding)) + 1]
        said[encoding] = sentences(read({"cases.csv": cut}).complaints)

    assert set(map(tuple, said.values())) == {
        (
            "cases.csv:2 — The file ends in the middle of a character, so it was cut off. "
            "Ask for it again.",
        )
    }


def test_big5_is_recognised(read, sentences):
    big5 = "地址,工號\n臺北市,7\n".encode("big5")

    assert sentences(read({"cases.csv": big5}).complaints) == [
        "cases.csv:1 — It is written in Big5. Save it as UTF-8 or GB18030."
    ]


def test_paths_that_lead_nowhere(tmp_path, good_files, sentences):
    good = tmp_path / "agencies.yaml"
    good.write_bytes(good_files["agencies.yaml"])
    (tmp_path / "link.yaml").symlink_to(tmp_path / "gone.yaml")
    (tmp_path / "empty").mkdir()
    (tmp_path / "list.xlsx").write_bytes(b"PK")
    names = ["gone.csv", "link.yaml", "empty", "list.xlsx", "agencies.yaml"]
    paths = [*(tmp_path / name for name in names), good]

    assert sentences(read_all(paths, None).complaints) == [
        "gone.csv — There is no such file. Check its name and folder.",
        "link.yaml — This link leads nowhere. Name the file itself.",
        "empty — There is no CSV or YAML file in this folder.",
        "list.xlsx — Only .csv, .yaml and .yml files are read. Save it as one of these.",
        "agencies.yaml — Two files have this name. Name each once, or rename one.",
    ]


def test_a_folder_stands_for_the_files_in_it(tmp_path, good_files):
    (tmp_path / "README.md").write_text("not read\n")
    for name, content in good_files.items():
        (tmp_path / name).write_bytes(content)

    found = read_all([tmp_path], date(2026, 3, 2))

    assert (found.complaints, len(found.sheets)) == ([], len(good_files))
