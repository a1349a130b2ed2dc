"""Large files, and that no bad row ever leads to a command."""

from datetime import date

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from doorstep.importing import Senders, import_files
from doorstep.importing.checking import check
from doorstep.importing.crossing import cross
from doorstep.importing.entries import body
from doorstep.importing.kinds import CASES
from doorstep.importing.reading import Read
from doorstep.importing.table import Cell, Row, Sheet

TODAY = date(2026, 3, 2)
GOOD = {
    "number": "WA-1",
    "debtor": "钱示例",
    "id_number": "000000198001010001",
    "card_number": "0000000000000001",
    "amount": "12,345.67",
    "currency": "CNY",
    "overdue_since": "2025-09-15",
    "address": "范例路1号",
    "latitude": "31.231707",
    "longitude": "121.476152",
    "datum": "GCJ-02",
    "zone": "Asia/Shanghai",
    "place_class": "home",
    "agency": "HAIYUE",
    "books": ("CN-PLEDGE",),
}
#: For each column, something no case may be taken in with.
BAD = {
    "number": ["", "a b", "x" * 65],
    "debtor": ["", "?", "x" * 201],
    "id_number": ["", "12", "1.1E+17", "x" * 33],
    "card_number": ["", "1234", "6.2E+18", "0000 0000 0001"],
    "amount": ["", "0", "-1", "1,23", "1.234", "1e5", "NaN", "12345678901234"],
    "currency": ["", "cny", "RMB1"],
    "overdue_since": ["", "2025-13-01", "2026-03-03", "yesterday"],
    "address": ["", "x" * 401],
    "latitude": ["", "121.4", "NaN", "1e1", "-91"],
    "longitude": ["", "181", "inf"],
    "datum": ["", "CGCS2000"],
    "zone": ["", "Asia/Beijing", "../etc"],
    "place_class": ["office", "Home"],
    "agency": ["", "a/b"],
    "books": [(), ("NONE",), ("CN-PLEDGE", "CN-PLEDGE")],
}


def sheet(*rows):
    """Return a sheet of cases as a reader would, one line a row, from line 2 on."""
    made = [
        Row(line, {name: Cell(value, line) for name, value in row.items() if value})
        for line, row in enumerate(rows, 2)
    ]
    return Sheet("cases.csv", CASES, made, {name: name for name in GOOD})


def checked(*rows):
    made = sheet(*rows)
    return Read([made], {}, check(made, TODAY) + cross([made]))


faults = st.sampled_from([(name, value) for name in BAD for value in BAD[name]])


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fault=faults, before=st.integers(0, 3), after=st.integers(0, 3))
def test_one_bad_row_among_good_ones_and_nothing_is_sent(
    fault, before, after, carrier, telling
):
    name, value = fault
    rows = [GOOD | {"number": f"WA-{n}"} for n in range(before + after + 1)]
    rows[before] = rows[before] | {name: value}
    read, sender = checked(*rows), carrier()

    code = import_files(read, Senders(sender, {}), telling)

    assert (code, sender.sent) == (1, [])
    assert {complaint.line for complaint in read.complaints} == {before + 2}


@settings(max_examples=300, deadline=None)
@given(st.fixed_dictionaries({}, optional={name: st.text(max_size=30) for name in GOOD}))
def test_what_passes_the_check_is_a_command(changes):
    changes.pop("books", None)
    read = checked(GOOD | changes)

    assert read.complaints or len(body(read.sheets[0])["cases"]) == 1


def test_of_ten_thousand_bad_rows_twenty_are_shown_and_all_are_counted(telling):
    rows = [GOOD | {"number": f"WA-{n}", "amount": "lots"} for n in range(10_000)]
    read = checked(*rows)

    telling.complain(read.complaints)

    lines = telling.out.lines
    assert len(lines) == 22
    assert lines[0] == ("cases.csv — It has 10000 rows, one file may have 5000. Split it.")
    assert lines[1].startswith("cases.csv:2 amount “lots” — This is no amount.")
    assert lines[-2:] == ["… and 9981 more.", "10001 to put right."]
