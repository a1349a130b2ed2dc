"""Keys of a running platform: looked up, rotated, shredded, and the traces sought."""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import pytest

from chassis import topology
from proto import ids
from tests import acting
from tests.journeys.hurting import broker
from tests.world import Door, Platform, clauses, plain

DEBTOR = {
    "name": "司徒望舒",
    "id_number": "00000019880808123X",
    "card_number": "6222029876543210",
}
STREET = "不存在路77号"
WORDS = (*DEBTOR.values(), STREET)


@dataclass
class Said:
    """What a command said."""

    code: int
    out: str
    err: str


def doorstep(platform: Platform, *words: str, told: str = "") -> Said:
    """Run a command at the desk, with the settings of the platform and nobody else's."""
    done = subprocess.run(
        [sys.executable, "-m", "doorstep", "--home", str(platform.home.root), *words],
        input=told,
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )
    return Said(done.returncode, done.stdout, done.stderr)


def table(said: Said) -> dict[str, tuple[int, int, int]]:
    """The table a scan prints: place, sealed, openable, clear words."""
    found = re.findall(r"^(\S+) +(\d+) +(\d+) +(\d+)$", said.out, re.MULTILINE)
    return {place: (int(a), int(b), int(c)) for place, a, b, c in found}


@pytest.fixture
def visited(door: Door) -> UUID:
    """A case of somebody nobody else here is, at whose door both checked in."""
    address = {"text": STREET, "point": acting.DOOR}
    door.visit_id = door.visits(1, debtor=DEBTOR, address=address)[0]
    present = door.present()
    answer = door.pair[0].http.post(door.path("/check-ins"), present)
    assert (answer.status, clauses(answer)) == (200, [])
    door.platform.settle()
    query = "SELECT case_id FROM field_visit.visit WHERE id = %s"
    return door.platform.rows(query, door.visit_id)[0][0]


def scan(platform: Platform, case: UUID) -> Said:
    return doorstep(platform, "shred", "scan", str(case), "--words", told="\n".join(WORDS))


def test_a_shredded_case_is_gone_from_tables_outboxes_and_stream(
    door: Door, platform: Platform, visited: UUID
) -> None:
    before = scan(platform, visited)
    places = table(before)
    assert before.code == 1, before.err
    assert set(places) == {
        "dispatch.debt_case",
        "dispatch.outbox",
        "dispatch.visit_plan",
        "field_visit.visit",
        "field_visit.checked_in",
        "stream",
        "everywhere",
    }
    assert all(sealed == opens > 0 == words for sealed, opens, words in places.values())
    sheet = door.pair[0].http.get(door.path()).body["sheet"]
    assert sheet["address"] == STREET

    done = doorstep(platform, "shred", "case", str(visited), "--reason", "person-asked")
    assert (done.code, done.err) == (0, "")

    after = scan(platform, visited)
    assert (after.code, after.err) == (0, "")
    assert table(after) == {name: (n, 0, 0) for name, (n, _, _) in places.items()}
    lost = door.pair[0].http.get(door.path())
    assert (lost.status, lost.body["sheet"]) == (200, None)


def test_what_was_shredded_is_found_by_nothing_and_taken_in_no_more(
    door: Door, platform: Platform, visited: UUID
) -> None:
    found = doorstep(platform, "find", "--id-number", told=DEBTOR["id_number"].lower())
    assert str(visited) in found.out.split()
    by_name = doorstep(platform, "find", "--name", told=DEBTOR["name"])
    assert str(visited) in by_name.out.split()
    query = "SELECT number FROM dispatch.debt_case WHERE id = %s"
    ((number,),) = platform.rows(query, visited)

    doorstep(platform, "shred", "case", number, "--reason", "term-over")

    for what, value in (("--id-number", DEBTOR["id_number"]), ("--name", DEBTOR["name"])):
        assert str(visited) not in doorstep(platform, "find", what, told=value).out
    entry = plain(acting.case(visited, door.agency_id, number=number))
    again = platform.officer.post("/v1/cases", {"cases": [entry]})
    assert (again.status, again.kind) == (409, "key-shredded")
    query = "SELECT reason, by LIKE 'desk:%%' FROM keyring.shredded WHERE key_id = %s"
    assert platform.rows(query, visited) == [("term-over", True)]


def test_the_master_key_is_rotated_under_running_services(
    door: Door, platform: Platform, visited: UUID
) -> None:
    keys = Path(platform.settings["DOORSTEP_KEYS"])
    before = {path.name for path in keys.glob("master*.key")}

    done = doorstep(platform, "keys", "rotate")

    assert (done.code, done.err) == (0, "")
    assert "its file is removed" in done.out
    after = {path.name for path in keys.glob("master*.key")}
    assert len(after) == 1
    assert not after & before
    assert door.pair[0].http.get(door.path()).body["sheet"]["address"] == STREET
    new = door.visits(1)
    assert door.pair[0].http.get(f"/v1/visits/{new[0]}").body["sheet"]["debtor_name"]
    found = doorstep(platform, "find", "--card-number", told=DEBTOR["card_number"])
    assert str(visited) in found.out.split()
    status = doorstep(platform, "keys", "status")
    assert (status.code, status.err) == (0, "")
    assert next(iter(after)) in status.out


def test_a_word_in_clear_is_found_in_the_stream(platform: Platform) -> None:
    word = f"planted {ids.new()}"
    with broker(platform) as channel:
        channel.confirm_delivery()
        channel.basic_publish("", topology.STREAM, f'{{"note": "{word}"}}'.encode())
        said = doorstep(platform, "shred", "scan", str(ids.new()), "--words", told=word)

    assert (said.code, said.err) == (1, "")
    assert table(said) == {"stream": (0, 0, 1), "everywhere": (0, 0, 1)}


@pytest.mark.parametrize(
    ("words", "told", "says"),
    [
        (("find", "--name"), "", "nothing came on standard input"),
        (("shred", "case", "NO-1", "--reason", "ordered"), "", "there is no case NO-1"),
        (("shred", "scan", str(UUID(int=1)), "--words"), "陈\n", "word 1 is one character"),
    ],
)
def test_a_command_that_cannot_be_followed_says_what_to_do(
    platform: Platform, words: tuple[str, ...], told: str, says: str
) -> None:
    said = doorstep(platform, *words, told=told)

    assert (said.code, said.out) == (1, "")
    assert says in said.err
    assert "陈" not in said.err


def test_without_a_platform_nothing_is_reached(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "doorstep", "--home", str(tmp_path), "keys", "status"],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
    )

    assert (done.returncode, done.stdout) == (1, "")
    assert "DATABASE_URL is not set; run `doorstep up`" in done.stderr
