"""Good files, how one of them is spoilt, and somebody who carries commands nowhere."""

import csv
import io
from datetime import date

import pytest

from doorstep.client import Answer
from doorstep.importing.reading import read_all
from doorstep.importing.telling import Telling

TODAY = date(2026, 3, 2)
BOOKS = "CN-PLEDGE|CN-CARDSTD"
CASE = {
    "委案编号": "WA-1",
    "债务人姓名": "钱示例",
    "证件号码": "000000198001010001",
    "卡号": "0000000000000001",
    "逾期金额": "12,345.67",
    "币种": "CNY",
    "逾期起始日": "2025-09-15",
    "地址": "范例路1号",
    "纬度": "31.231707",
    "经度": "121.476152",
    "坐标系": "GCJ-02",
    "时区": "Asia/Shanghai",
    "委托机构": "HAIYUE",
    "规则集": BOOKS,
}
AGENCIES = """agencies:
  - {code: HAIYUE, name: 海岳}
  - {code: QINGHE, name: 清禾}
"""
PEOPLE = """people:
  - {agency: HAIYUE, staff_no: HY-001, name: 李外访}
  - {agency: HAIYUE, staff_no: HY-002, name: 王外访}
  - {agency: QINGHE, staff_no: QH-001, name: 陈外访}
  - {agency: QINGHE, staff_no: QH-002, name: 林外访}
"""
LETTERS = """letters:
  - number: SQ-1
    agency: HAIYUE
    people: [HY-001, HY-002]
    valid_from: 2026-03-01
    valid_until: 2026-03-31
"""
VISITS = """visits:
  - case: WA-1
    name: first
    agency: HAIYUE
    collectors: [HY-001, HY-002]
    letter: SQ-1
    zone: Asia/Shanghai
    not_before: 2026-03-02 14:30
    not_after: 2026-03-02 17:00
"""


class Carrier:
    """Takes every command and keeps it; answers as told, then that all is new."""

    def __init__(self, *answers):
        self.answers, self.sent = list(answers), []

    def post(self, path, body):
        self.sent.append((path, body))
        return self.answers.pop(0) if self.answers else Answer(200, {"new": 1})


class Spoken(io.StringIO):
    """What a person would have read, line by line."""

    @property
    def lines(self):
        return self.getvalue().splitlines()


@pytest.fixture
def carrier():
    return Carrier


@pytest.fixture(scope="session")
def case():
    """Return a good case's row, with what is not as it should be."""

    def row(**but):
        return {**CASE, **but}

    return row


@pytest.fixture(scope="session")
def bank_csv():
    """Return a bank's CSV of rows, as bytes."""

    def made(*rows, encoding="gb18030"):
        text = io.StringIO(newline="")
        writer = csv.DictWriter(text, rows[0], lineterminator="\r\n")
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode(encoding)

    return made


@pytest.fixture(scope="session")
def good_files(bank_csv):
    """Return a file of each kind by name; together they are without a flaw."""
    return {
        "agencies.yaml": AGENCIES.encode(),
        "people.yaml": PEOPLE.encode(),
        "letters.yaml": LETTERS.encode(),
        "cases.csv": bank_csv(CASE, CASE | {"委案编号": "WA-2"}),
        "visits.yaml": VISITS.encode(),
    }


@pytest.fixture
def read(tmp_path):
    """Write files, then read and check them as one import does."""

    def checked(files):
        for name, content in files.items():
            content = content if isinstance(content, bytes) else content.encode()
            (tmp_path / name).write_bytes(content)
        return read_all([tmp_path / name for name in files], TODAY)

    return checked


@pytest.fixture
def sentences():
    """Return what is said of complaints, a line each."""

    def said(complaints, language="en"):
        telling = Telling(language, Spoken())
        return [telling.sentence(complaint) for complaint in complaints]

    return said


@pytest.fixture
def telling():
    return Telling("en", Spoken())
