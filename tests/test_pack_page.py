"""The example in docs/pack.md is a pack as it is made: `python -m tests.test_pack_page`.

Its answers are the rulebook's for the good visit of the tests, on its day in Shanghai.
"""

import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import rulebook
from proto.canonical import canonical
from proto.dispatch import Sheet
from proto.grants import GrantedPhone
from proto.pack import (
    LIVE,
    Deed,
    Pack,
    PackAnchor,
    PackedVisit,
    PackLetter,
    Pairing,
    Table,
    ZoneDay,
)
from proto.places import Point
from proto.signing import PublicKey
from services.field_visit.handlers.foretelling import Answers, foretold, lacking
from tests.acting import BOOKS
from tests.rulebook.conftest import facts

PAGE = Path(__file__).parent.parent / "docs/pack.md"
BLOCK = re.compile(r"(?<=```json\n).*?(?=\n```)", re.DOTALL)
BEGINS = datetime(2026, 3, 1, 16, tzinfo=UTC)
SHOWN = (Deed.CHECK_IN, Deed.DISCUSS_DEBT)
ONE, OTHER, PHONE = (UUID(int=number) for number in (0xA, 0xB, 0xF))
KEY = PublicKey(x="x" * 43, y="y" * 43)


def example() -> Pack:
    """A day of one visit; of its table two deeds."""
    answers = Answers()
    table = table_of(answers)
    visit = PackedVisit(
        visit_id=UUID(int=1),
        collectors=(ONE, OTHER),
        not_before=BEGINS + timedelta(hours=14),
        not_after=BEGINS + timedelta(hours=18),
        zone="Asia/Shanghai",
        sheet=Sheet(
            debtor_name="陈建国",
            id_number="**************0012",
            card_number="************1234",
            address="上海市黄浦区示例路1号",
        ),
        point=Point(latitude=31.2304, longitude=121.4737),
        place_class="home",
        letter=PackLetter(
            number="SQ-2026-0001",
            agency="HAIYUE",
            staff_numbers=("HY-001", "HY-002"),
            valid_from=(BEGINS + timedelta(days=1)).date(),
            valid_until=(BEGINS + timedelta(days=5)).date(),
        ),
        badge="7K3MQ-9PD2X",
        grant="eyJhbGciOiJFUzI1NiIs...",
        pairing=Pairing(phones=(PHONE,)),
        table=0,
    )
    return Pack(
        device_id=PHONE,
        person_id=ONE,
        made_at=BEGINS + timedelta(hours=7),
        good_until=BEGINS + timedelta(hours=19),
        anchor=PackAnchor(at=BEGINS + timedelta(hours=7)),
        days={"Asia/Shanghai": ZoneDay(on=date(2026, 3, 2), begins_at=BEGINS)},
        visits=(visit,),
        withdrawn=(UUID(int=2),),
        phones=(GrantedPhone(device_id=PHONE, collector_id=ONE, public_key=KEY),),
        tables=(table,),
        answers=tuple(answers.answers),
        live=tuple(sorted(LIVE)),
        scripts={"door.stay_outside": rulebook.script("door.stay_outside")},
    )


def table_of(answers: Answers) -> Table:
    """What the books say of the good visit, should it begin at any time of the day."""
    good = facts()
    midnight = good.starts_at.replace(hour=0, minute=0, second=0)
    lasts = good.ends_at - good.starts_at
    rows, lacks = {}, {}
    for deed in SHOWN:
        on = midnight.date()
        turns = {midnight, *rulebook.turns(deed.act, good, BOOKS, on)}
        course = tuple(
            (
                int((turn - midnight).total_seconds()),
                (replace(good, starts_at=turn, ends_at=turn + lasts),),
            )
            for turn in sorted(turns)
        )
        rows[deed] = answers.rows(foretold(deed, course, BOOKS, on))
        found = lacking(deed, course, BOOKS, on)
        lacks[deed] = {lack: answers.number(answer) for lack, answer in found.items()}
    reasons = rulebook.entry_reasons(BOOKS, on) or ()
    return Table(rows=rows, lacking=lacks, reasons=tuple(sorted(reasons)))


def written(value: Any, indent: str = "") -> str:
    """JSON with whatever fits on a line on a line, and every list of plain values."""
    short = json.dumps(value, ensure_ascii=False)
    inside = value.values() if isinstance(value, dict) else value
    plain = isinstance(value, str | int | float) or not any(
        isinstance(each, dict | list) for each in inside
    )
    if len(indent) + len(short) <= 92 or (plain and not isinstance(value, dict)):
        return short
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f'{deeper}"{k}": {written(v, deeper)}' for k, v in value.items()]
        return "{\n" + ",\n".join(items) + f"\n{indent}}}"
    items = [deeper + written(each, deeper) for each in value]
    return "[\n" + ",\n".join(items) + f"\n{indent}]"


def payload() -> str:
    """The payload as it is signed, laid out for people."""
    content = canonical(example().model_dump(mode="json", exclude_none=True))
    return written(json.loads(content))


def test_the_example_is_the_pack_that_is_made() -> None:
    found = BLOCK.search(PAGE.read_text("utf-8"))

    assert found, f"{PAGE.name} has no example"
    assert found[0] == payload(), "run `python -m tests.test_pack_page`"
    assert Pack.model_validate_json(found[0]) == example()


if __name__ == "__main__":
    page = PAGE.read_text("utf-8")
    PAGE.write_text(BLOCK.sub(lambda _: payload(), page, count=1), "utf-8")
