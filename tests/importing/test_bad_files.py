"""The bad files, one test each: what a person at the desk reads, in both languages."""

from pathlib import Path

import pytest
import yaml

BAD = yaml.safe_load((Path(__file__).parent / "bad_files.yaml").read_text("utf-8"))


@pytest.fixture
def spoilt(good_files, bank_csv, case):
    """Return the good files, one of them spoilt as a case says."""

    def made(bad):
        name = bad.get("file", "cases.csv")
        content = good_files[name]
        if "but" in bad:
            content = bank_csv(case(), case(**({"委案编号": "WA-2"} | bad["but"])))
        encoding = "gb18030" if name.endswith(".csv") else "utf-8"
        for before, after in bad.get("change", {}).items():
            text = content.decode(encoding)
            assert before in text
            content = text.replace(before, after).encode(encoding)
        if "content" in bad:
            content = bad["content"].encode()
        if "hex" in bad:
            content = bytes.fromhex(bad["hex"])
        return good_files | {name: content}

    return made


@pytest.mark.parametrize("bad", [pytest.param(bad, id=bad["of"]) for bad in BAD])
def test_each_fault_is_named_with_its_line_and_what_to_do(bad, spoilt, read, sentences):
    complaints = read(spoilt(bad)).complaints

    assert [sentences(complaints, language) for language in ("en", "zh-CN")] == [
        bad["en"],
        bad["zh-CN"],
    ]


def test_good_files_have_no_fault(good_files, read):
    found = read(good_files)

    assert found.complaints == []
    assert [sheet.kind.name for sheet in found.sheets] == [
        "agencies",
        "people",
        "letters",
        "cases",
        "visits",
    ]


def test_no_complaint_shows_a_whole_id_or_card_number(read, bank_csv, case, sentences):
    slipped = case(逾期金额="000000198001010001", 委托机构="0000000000000001")

    said = "".join(sentences(read({"cases.csv": bank_csv(slipped)}).complaints))

    assert "…0001" in said
    assert "00000000" not in said
