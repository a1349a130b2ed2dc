"""The story is held against the rules; a step answered otherwise is noticed."""

import io
import json
import re
from dataclasses import replace

import pytest

import rulebook
from doorstep.catalogue import LANGUAGES, texts
from doorstep.client import Answer, Happened, happened
from doorstep.demo import tell
from doorstep.demo.record import BREACHES, Played, Seen, at, seen, write
from doorstep.demo.story import ACTS, Expected, Step, chosen
from doorstep.demo.story.step import CHECKS
from doorstep.demo.telling import Telling
from gateway import asks, evidence, packs, reports
from gateway.pages.badge import DOORS
from proto import field_visit, recovery
from proto.base import Event
from tests.conftest import ROOT

BADGE = [door for door, _ in DOORS]
STEPS = [step for act in ACTS for step in act.steps]
WHERE = {"one": "李外访", "other": "王外访", "case": "WA-1", "books": "CN-PLEDGE"}


class Replayed:
    """A day answered as expected, but for what a test plants."""

    def __init__(self, **planted):
        self.planted = planted

    def begin(self, act):
        return WHERE

    def phone(self, act, step):
        return "李外访 HY-001"

    def walk(self, act, step):
        expects = replace(step.expects, **self.planted.get(step.name, {}))
        events = [event(topic, expects.marked) for topic in expects.topics]
        answer = Answer(expects.status, body(expects))
        return answer, seen(step, answer, events)


def event(topic, marked):
    return Happened("1", topic, {"data": {"clauses": list(marked)}})


def body(expects):
    """Return an answer that is just as expected."""
    found = {"type": f"https://doorstep.example/problems/{expects.outcome}"}
    if expects.outcome in ("proceed", "wait", "stop"):
        reasons = [reason(clause) for clause in expects.clauses]
        found["decision"] = {"outcome": expects.outcome, "reasons": reasons}
    for path, value in expects.shows.items():
        put(found, path.split("."), value)
    return found


def put(inside, path, value):
    first, *rest = path
    key = int(first) if isinstance(inside, list) else first
    if isinstance(inside, list):
        inside += [{} for _ in range(key + 1 - len(inside))]
    if not rest:
        inside[key] = value
    elif isinstance(inside, list):
        put(inside[key], rest, value)
    else:
        put(inside.setdefault(first, [] if rest[0].isdecimal() else {}), rest, value)


def reason(clause):
    says = {"zh-CN": f"不符{clause}", "en": f"breaks {clause}"}
    cure = {"zh-CN": "改正", "en": "mend it"}
    told = {"clause": clause, "cite": f"BOOK/{clause}", "quote": "原文"}
    return told | {"says": says, "cure": cure, "values": {}}


@pytest.fixture
def told():
    """Return what came of the day, and what was said."""

    def played(**planted):
        out = io.StringIO()
        telling = Telling(["zh-CN", "en"], out, colour=False)
        acts, differ = tell(ACTS, Replayed(**planted), telling)
        return acts, differ, out.getvalue()

    return played


def test_a_day_by_the_rules_differs_nowhere(told):
    acts, differ, said = told()

    assert [act.act for act in acts] == [act.name for act in ACTS]
    assert sum(len(act.steps) for act in acts) == len(STEPS)
    assert differ == 0
    assert "DIFFERS" not in said
    assert "\033" not in said


@pytest.mark.parametrize(
    ("step", "planted"),
    [
        ("mother-talk", {"outcome": "proceed", "status": 200, "clauses": ()}),
        ("mother-entry", {"clauses": ("21.090",)}),
        ("entry-without-reason", {"clauses": ("4.28", "4.29")}),
        ("alone", {"status": 200}),
        ("together", {"topics": ()}),
        ("together", {"topics": ("field_visit.collectors_arrived",) * 2}),
        ("check-out", {"status": 409}),
        ("power-failed", {"marked": ("C.06", "4.28")}),
        ("cash-proposed", {"shows": {"state": "granted"}}),
        ("complaint-withdrawn", {"shows": {"withdrawn": True, "sheet": {}}}),
        ("receipt-twice", {"outcome": "receipt-too-late"}),
        ("too-late", {"clauses": ("4.05", "21.084")}),
        ("signal-mother", {"outcome": "proceed"}),
        ("signal-mother", {"clauses": ()}),
        ("signal-badge", {"shows": {"page": "no", "staff_numbers": []}}),
        ("signal-back", {"shows": {"sent": ["journal", "help"], "waiting": 0}}),
        ("signal-back", {"marked": ("4.28",)}),
        *((step.name, {"status": 599}) for step in STEPS),
    ],
)
def test_a_planted_difference_is_noticed(step, planted, told):
    _, differ, said = told(**{step: planted})

    assert differ == 1
    assert f"DIFFERS {step}" in said


def test_every_refusal_says_its_sentences_its_cure_and_its_source(told):
    _, _, said = told()

    sentences = "     不符4.28 改正\n     breaks 4.28 mend it\n"
    assert f"{sentences}       4.28  BOOK/4.28  「原文」" in said


def test_a_breach_says_the_clauses_it_is_one_of(told):
    _, _, said = told()

    assert f"⚡ {BREACHES[0]}  C.06" in said


def test_the_clauses_expected_are_clauses_of_the_books():
    known = {c.clause for book in rulebook.load().values() for c in book.clauses}
    expected = {clause for step in STEPS for clause in step.expects.clauses}

    assert expected | {c for step in STEPS for c in step.expects.marked} <= known


def test_the_events_expected_are_ones_that_are_said():
    known = {
        thing.topic()
        for part in (field_visit, recovery)
        for thing in vars(part).values()
        if isinstance(thing, type) and issubclass(thing, Event)
    }

    assert {topic for step in STEPS for topic in step.expects.topics} <= known


def test_every_step_asks_at_a_door_that_there_is():
    def plain(path):
        without = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "{}", path)
        return re.sub(r"\{\w+\}", "{}", without.partition("?")[0])

    doors = {(ask.method, plain(ask.path)) for ask in asks.ASKS}
    others = (packs.DOOR, evidence.DOOR, reports.DOOR, *BADGE)
    doors |= {(door.method, plain(door.path)) for door in others}
    offline = ("PACK", "SEND", "TAKE", *CHECKS)
    asked = [step for step in STEPS if step.method not in offline]

    assert {(step.method, plain(step.path)) for step in asked} <= doors


def test_what_is_asked_of_the_phone_itself_says_so():
    by_pack = [step for step in STEPS if step.by_pack]

    assert [step.asks for step in by_pack] == [step.by_pack.asks for step in by_pack]
    assert by_pack == [step for step in STEPS if step.method == "PACK"]
    assert {step.by_pack.script for step in by_pack} <= rulebook.scripts("en").keys()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_act_step_and_person_has_its_text(language):
    there = {key for key in texts(language) if key.startswith("demo.")}

    wanted = {f"demo.acts.{act.name}" for act in ACTS}
    wanted |= {f"demo.steps.{step.name}" for step in STEPS}
    wanted |= {f"demo.who.{step.who}" for step in STEPS if not step.who.is_phone}
    named = {f"demo.outcomes.{step.expects.outcome}" for step in STEPS}
    assert (wanted | named) - there == set()
    told = {key for key in there if key.startswith(("demo.acts.", "demo.steps."))}
    assert told - wanted == set()


def test_an_event_that_tells_the_agency_too_much_is_a_difference():
    what = Seen("told", "supervisor", "GET /v1/x", 200, "shown", overheard=("a.b",))

    expected = Expected(200, "shown")
    assert list(what.differences(expected)) == [("overheard", [], ["a.b"])]


@pytest.mark.parametrize(
    ("page", "count"), [("README.md", r"(\d+) steps"), ("README.zh-CN.md", r"(\d+) 步")]
)
def test_the_front_page_counts_the_steps(page, count):
    assert re.findall(count, (ROOT / page).read_text("utf-8")) == [str(len(STEPS))]


def test_no_two_steps_have_one_name():
    assert len({step.name for step in STEPS}) == len(STEPS)


def test_an_act_that_rests_on_another_brings_it_along():
    names = {act.name: number for number, act in enumerate(ACTS, 1)}

    assert chosen(()) == ACTS
    assert [act.name for act in chosen([names["too-late"]])] == ["too-late"]
    assert [act.name for act in chosen([names["appointed"]])] == ["cash", "appointed"]


def test_what_is_shown_is_found_by_its_path():
    held = {"holds": [{"reason": "already_paid"}], "state": None}

    assert at(held, "holds.0.reason") == "already_paid"
    assert [at(held, path) for path in ("holds.1.reason", "state.a", "none", "state")] == [
        None
    ] * 4


def test_an_id_is_recorded_by_its_name_alone():
    step = Step("read", "GET /v1/x", Expected(200, "shown", shows={"visit_id": "{visit}"}))

    what = seen(step, Answer(200, {"visit_id": "7f"}), (), {"visit": "7f"})

    assert dict(what.shown) == {"visit_id": "{visit}"}


def test_the_record_names_no_visit_and_nobody(tmp_path):
    file = tmp_path / "var" / "demo.json"
    alone = Seen("alone", "phone", "POST /v1/visits/{visit}/check-ins", 202, "wait")

    write(file, [Played("invited-in", (alone,))])

    assert json.loads(file.read_text("utf-8")) == [
        {
            "act": "invited-in",
            "steps": [
                {
                    "name": "alone",
                    "who": "phone",
                    "request": "POST /v1/visits/{visit}/check-ins",
                    "status": 202,
                    "outcome": "wait",
                    "clauses": [],
                    "topics": [],
                    "marked": [],
                    "shown": {},
                    "overheard": [],
                }
            ],
        }
    ]


def test_a_stream_is_read_event_by_event():
    lines = [
        ": keep-alive",
        "",
        "event: field_visit.collectors_arrived",
        'data: {"type": "field_visit.collectors_arrived",',
        'data: "n": 1}',
        "id: 7",
        "",
        "data: not json",
        "",
    ]

    assert [(e.id, e.topic, e.data["n"]) for e in happened(iter(lines))] == [
        ("7", "field_visit.collectors_arrived", 1)
    ]
