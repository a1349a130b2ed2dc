"""What log lines tell of a first application, and of nothing else."""

import json
from pathlib import Path

from chaos.remains import logbook
from chaos.remains.evidence import Said


def said(number: int) -> Said:
    what = f"event-{number}", "dispatch.case_standing", "case"
    return Said("dispatch", *what, number, urgent=False, published=True, trace="a" * 32)


def line(number: int, outcome: str) -> str:
    told = {"says": "heard", "service": "contact", "outcome": outcome}
    event = {"message": "dispatch.case_standing", "trace": "a" * 32, "sequence": number}
    return json.dumps(told | event)


def test_a_second_copy_is_no_second_application(tmp_path: Path) -> None:
    outcomes = [(1, "done"), (2, "done"), (1, "known"), (3, "held-back"), (3, "done-again")]
    lines = "\n".join(line(*each) for each in outcomes)
    (tmp_path / "services.log").write_text(lines)

    found = logbook.applied(tmp_path, [said(number) for number in (1, 2, 3)])

    assert found == {"contact": ["event-1", "event-2", "event-3"]}
