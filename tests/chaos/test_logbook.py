"""What log lines tell of a first application, and of nothing else."""

import json
from pathlib import Path

from chaos.remains import logbook
from chaos.remains.evidence import Said


def said(number: int) -> Said:
    what = f"event-{number}", "dispatch.case_standing", "case"
    return Said("dispatch", *what, number, urgent=False, published=True, trace="a" * 32)


def line(number: int, outcome: str, second: int = 0) -> str:
    told = {"at": f"2026-03-02T07:00:{second:02}.5+00:00"} | {
        "says": "heard",
        "service": "contact",
        "outcome": outcome,
    }
    event = {"message": "dispatch.case_standing", "trace": "a" * 32, "sequence": number}
    return json.dumps(told | event)


def write(file: Path, lines: list[str]) -> None:
    file.write_text("\n".join(lines))


def test_a_second_copy_is_no_second_application(tmp_path: Path) -> None:
    outcomes = [(1, "done"), (2, "done"), (1, "known"), (3, "held-back"), (3, "done-again")]
    write(tmp_path / "services.log", [line(*each) for each in outcomes])

    found = logbook.applied(tmp_path, [said(number) for number in (1, 2, 3)])

    assert found == {"contact": ["event-1", "event-2", "event-3"]}


def test_what_two_processes_applied_by_turns_is_told_in_the_order_in_which_they_did(
    tmp_path: Path,
) -> None:
    write(tmp_path / "services.log", [line(1, "done", 1), line(3, "done", 5)])
    write(tmp_path / "services-2.log", [line(2, "done", 3), line(4, "done", 7)])

    found = logbook.applied(tmp_path, [said(number) for number in (1, 2, 3, 4)])

    assert found == {"contact": [f"event-{number}" for number in (1, 2, 3, 4)]}
