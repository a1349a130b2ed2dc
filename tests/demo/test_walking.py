"""A step is asked again until what it rests on has come, and its names stand for ids."""

from types import SimpleNamespace
from uuid import UUID

import pytest

from doorstep.client import Answer, Happened
from doorstep.demo import walking
from doorstep.demo.cast import Scene
from doorstep.demo.exhibits import Exhibits
from doorstep.demo.names import Names
from doorstep.demo.story import Act, Expected, Step, Who
from doorstep.demo.walking import Walking
from proto import ids
from proto.facts import Left
from proto.places import Point

ALLOWED = Expected(200, "proceed", topics=("field_visit.cash_allowed",))
REFUSED, TAKEN = "field_visit.cash_not_allowed", "field_visit.cash_allowed"


def decided(status, outcome, decision_id):
    decision = {"outcome": outcome, "decision_id": decision_id, "reasons": []}
    return Answer(status, {"decision": decision})


def event(topic, decision_id):
    return Happened("1", topic, {"data": {"decision_id": decision_id}})


class Bank:
    """A gateway that answers what it was given, one after another, then the last again."""

    def __init__(self, *answers):
        self.answers, self.asked = list(answers), []

    def post(self, path, body, key=None):
        self.asked.append((path, body))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    def get(self, path):
        return self.post(path, None)


@pytest.fixture
def scene(ids):
    visit = {"case": "WA-1", "agency": "HAIYUE", "collectors": ("HY-001", "HY-002")}
    point = Point(latitude=31.2, longitude=121.4)
    return Scene(visit, {"books": ("CN-PLEDGE",)}, ids("visit"), point)


@pytest.fixture
def walked(scene, phone, noon, tmp_path, monkeypatch):
    """Return what came of a step, and what the bank was asked."""
    monkeypatch.setattr(walking, "PAUSE_S", 0)
    monkeypatch.setattr(walking.clock, "now", lambda: noon)

    def walk(step, bank, events=()):
        cast = SimpleNamespace(
            account_ids={}, of=lambda _: bank, folder=tmp_path, account=lambda *_: "officer"
        )
        feed = SimpleNamespace(await_events=lambda *_: list(events))
        going = Walking(
            SimpleNamespace(clock=""), cast, {"door": scene}, Exhibits(tmp_path)
        )
        for name in scene.pair:
            actor = SimpleNamespace(account=name.lower(), phone=phone(name))
            going.actors["HAIYUE", name] = actor
        going.feeds = {"door": feed}
        answer, what = going.walk(Act("act", "door", (step,)), step)
        return answer, what, bank.asked

    return walk


def test_word_on_its_way_is_waited_for_and_what_came_too_soon_does_not_count(walked):
    step = Step("cash", "POST /v1/visits/{visit}/asks/collect-cash", ALLOWED, hears=True)
    bank = Bank(decided(403, "stop", "early"), decided(200, "proceed", "late"))

    answer, what, asked = walked(
        step, bank, [event(REFUSED, "early"), event(TAKEN, "late")]
    )

    assert (answer.status, len(asked), what.topics) == (200, 2, (TAKEN,))


def test_a_step_that_rests_on_nothing_is_asked_once(walked):
    step = Step("cash", "POST /v1/visits/{visit}/asks/collect-cash", ALLOWED)
    bank = Bank(decided(403, "stop", "only"), decided(200, "proceed", "never"))

    answer, what, asked = walked(step, bank, [event(REFUSED, "only")])

    assert (answer.status, len(asked), what.topics) == (403, 1, (REFUSED,))


def test_a_name_stands_for_what_an_answer_gave(walked, scene):
    expects = Expected(200, "shown", shows={"badge": "{code}"})
    step = Step("badge", "GET /v1/visits/{visit}", expects, keeps={"code": "badge"})

    _, what, asked = walked(step, Bank(Answer(200, {"badge": "7KQ2M-0XWT4"})))

    assert asked == [(f"/v1/visits/{scene.visit_id}", None)]
    assert what.shown == {"badge": "{code}"}


def test_a_paper_is_put_aside_and_only_a_pdf_is_one(walked, tmp_path):
    expects = Expected(200, "shown", shows={"pdf": "receipt.pdf"})
    step = Step("paper", "GET /v1/receipts/{r}", expects, saves="receipt.pdf")

    _, drawn, _ = walked(step, Bank(Answer(200, {"pdf": "JVBERi0xLjc="})))
    _, other, _ = walked(step, Bank(Answer(200, {"pdf": "aGVsbG8="})))

    assert (drawn.shown, other.shown) == ({"pdf": "receipt.pdf"}, {"pdf": "no PDF"})
    assert (tmp_path / "receipt.pdf").read_bytes() == b"hello"


def test_a_word_the_agency_should_not_hear_is_found_in_any_event(walked):
    done = Expected(200, "done", topics=("field_visit.clearance_revoked",))
    step = Step("told", "POST /v1/x", done, unheard="complain")
    because = {"data": {"because": "complaints.work_standing"}}

    _, quiet, _ = walked(step, Bank(Answer(200)), [event(REFUSED, "any")])
    _, told, _ = walked(step, Bank(Answer(200)), [Happened("1", TAKEN, because)])

    assert (quiet.overheard, told.overheard) == ((), (TAKEN,))


def test_what_waits_in_a_phone_goes_before_what_it_asks(walked, phone, ids, noon):
    one = phone("HY-001")
    one.note(ids("door"), Left(), noon)
    one.outgoing.add("/v1/visits/1/help", {"help_id": "7f"})
    step = Step("out", "POST /v1/visits/{visit}/check-out", Expected(200, "closed"))

    _, _, asked = walked(step, Bank(Answer(200)))

    assert [path.rpartition("/")[2] for path, _ in asked] == ["help", "check-out"]


def test_who_has_no_signal_asks_nobody(walked):
    step = Step("out", "POST /v1/x", Expected(0, "no-answer"), signal=())

    answer, what, asked = walked(step, Bank(Answer(200)))

    assert (answer.status, what.outcome, asked) == (0, "no-answer", [])


def test_a_bank_officer_carries_no_journal(walked, ids):
    step = Step("hold", "POST /v1/x", Expected(200, "done"), who=Who.OFFICER)

    _, _, asked = walked(step, Bank(Answer(200)))

    assert asked == [("/v1/x", {})]


def test_a_name_that_nobody_gave_stands_for_one_new_id_until_the_act_ends():
    names = Names({"officer": "7f"})

    first = names.put({"a": ["{receipt}"], "id": "{receipt}", "by": "{officer}", "n": 1})
    names.forget()

    assert UUID(first["id"])
    assert (first["by"], first["n"]) == ("7f", 1)
    assert names.put("{receipt}") != first["id"]
    assert names.put("{officer}") == "7f"


def test_a_case_is_named_as_its_file_names_it(scene):
    names = Names({})

    names.at(scene)

    assert names.put("{case}") == str(ids.named("case", "WA-1"))
