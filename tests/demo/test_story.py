"""The story is held against the rules; a step answered otherwise is noticed."""

import io
import json
from types import SimpleNamespace

import pytest

import rulebook
from doorstep.client import Answer, happened
from doorstep.demo import tell
from doorstep.demo.record import Seen, seen, write
from doorstep.demo.story import STORY
from doorstep.demo.telling import Telling


class Played:
    """A visit answered as expected, but for what a test plants."""

    def __init__(self, **planted):
        self.pair = (SimpleNamespace(name="李外访", staff_no="HY-001"),) * 2
        self.planted = planted

    def walk(self, step, topics):
        expects, other = step.expects, self.planted.get(step.name, {})
        clauses = other.get("clauses", expects.clauses)
        body = {"ending": "talked"} if expects.outcome == "closed" else {}
        if expects.outcome in ("proceed", "wait", "stop"):
            body["decision"] = {
                "outcome": other.get("outcome", expects.outcome),
                "reasons": [reason(clause) for clause in clauses],
            }
        answer = Answer(other.get("status", expects.status), body)
        return answer, seen(step, answer, other.get("topics", expects.topics))


def reason(clause):
    says = {"zh-CN": f"不符{clause}", "en": f"breaks {clause}"}
    return {"clause": clause, "cite": f"BOOK/{clause}", "quote": "原文", "says": says}


@pytest.fixture
def told():
    """Return what came of the story, and what was said."""

    def played(**planted):
        out = io.StringIO()
        telling = Telling(["zh-CN", "en"], out, colour=False)
        steps, differ = tell(STORY, Played(**planted), None, telling)
        return steps, differ, out.getvalue()

    return played


def test_a_visit_by_the_rules_differs_nowhere(told):
    steps, differ, said = told()

    assert (len(steps), differ) == (len(STORY), 0)
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
    ],
)
def test_a_planted_difference_is_noticed(step, planted, told):
    _, differ, said = told(**{step: planted})

    assert differ == 1
    assert f"DIFFERS {step}" in said


def test_every_refusal_says_its_sentences_and_its_source(told):
    _, _, said = told()

    assert "     不符4.28\n     breaks 4.28\n       4.28  BOOK/4.28  「原文」" in said


def test_the_clauses_expected_are_clauses_of_the_books():
    known = {c.clause for book in rulebook.load().values() for c in book.clauses}

    assert {clause for step in STORY for clause in step.expects.clauses} <= known


def test_the_record_names_no_visit_and_nobody(tmp_path):
    file = tmp_path / "var" / "demo.json"

    write(file, [Seen("alone", "POST /v1/visits/{visit}/check-ins", 202, "wait", (), ())])

    assert json.loads(file.read_text("utf-8")) == [
        {
            "name": "alone",
            "request": "POST /v1/visits/{visit}/check-ins",
            "status": 202,
            "outcome": "wait",
            "clauses": [],
            "topics": [],
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
