"""Each check is green on a history that is well, and red on each way to break it."""

import json
from collections.abc import Callable
from dataclasses import replace
from random import Random
from types import SimpleNamespace

import pytest

from chaos.crews import ledger
from chaos.crews.ledger import Try
from chaos.faults.poison import Poison
from chaos.faults.wire import Wire
from chaos.oracle import judge, parked
from chaos.oracle.applied import effects
from chaos.remains.evidence import Answered, Evidence, Held, Tried
from chassis import held
from tests.chaos.histories import CASE, VISIT, decided, decision, said, told, well

Breaking = Callable[[Evidence], object]


def test_a_history_that_is_well_is_green() -> None:
    assert judge(well()) == []


def forget_an_answer(e: Evidence) -> None:
    e.answered.pop(0)


def change_an_answer(e: Evidence) -> None:
    e.answered[0] = replace(e.answered[0], reply={"decision": decision("d-x", "proceed")})


def answer_twice(e: Evidence) -> None:
    e.answered.append(e.answered[0])


def answer_what_was_not_sent(e: Evidence) -> None:
    e.answered.append(Answered("dispatch", "key-z", "person-1", "hold_case", "d", {}))


def change_what_was_sent(e: Evidence) -> None:
    e.answered[-1] = replace(e.answered[-1], digest="another")


def lose_a_decision(e: Evidence) -> None:
    e.decided.pop(0)


def keep_a_visit_open(e: Evidence) -> None:
    e.visits[0] = replace(e.visits[0], state="cleared")


def lose_an_entry(e: Evidence) -> None:
    e.kept_entries.clear()


def change_an_entry(e: Evidence) -> None:
    e.kept_entries[0] = replace(e.kept_entries[0], link="another")


def answer_otherwise(e: Evidence) -> None:
    e.told[-1].tries.append(Try("again", 130, 131, 200, "", {"ending": "declined"}))


def take_another_content(e: Evidence) -> None:
    e.told[-1].tries.append(Try("other", 130, 131, 200, "", {"ending": "talked"}))


def answer_outside_the_protocol(e: Evidence) -> None:
    e.told.append(told("check_in", VISIT, None, "409 visit-closed", at=130))
    e.told[-1].tries[0].status = 500


def leave_a_gap(e: Evidence) -> None:
    e.said.pop(3)


def say_a_change_twice(e: Evidence) -> None:
    e.counted["field_visit", "case-1"] = 4
    e.said.append(said("f4", "field_visit.collectors_arrived", "case-1", 4, visit_id=VISIT))


def say_no_refusal(e: Evidence) -> None:
    e.counted["field_visit", "case-1"] = 2
    e.said[6:8] = [replace(e.said[7], sequence=2)]


def say_what_is_not(e: Evidence) -> None:
    e.counted["field_visit", "case-1"] = 4
    e.said.append(said("f4", "field_visit.breach_recorded", "case-1", 4, decision_id="d-x"))


def publish_nothing(e: Evidence) -> None:
    e.said[0] = replace(e.said[0], published=False)


def decide_and_tell_nobody(e: Evidence) -> None:
    e.decided.append(decided("d-y", "discuss_debt", "proceed", at=40.0))


def lose_an_event(e: Evidence) -> None:
    e.inbox["contact"] = {"e2": 1.0, "e5": 4.0}


def hear_what_nobody_said(e: Evidence) -> None:
    e.inbox["oversight"]["g1"] = 7.0


def note_an_arrival_twice(e: Evidence) -> None:
    e.arrivals.append(VISIT)


def lose_a_finding(e: Evidence) -> None:
    e.findings.clear()


def find_twice(e: Evidence) -> None:
    e.findings.append(e.findings[0])


def show_nothing_of_it(e: Evidence) -> None:
    e.timeline.remove("f1")


def show_what_nobody_said(e: Evidence) -> None:
    e.timeline.append("x1")


def leave_it_on_the_board(e: Evidence) -> None:
    e.board[VISIT] = "at_door"


def keep_what_is_old(e: Evidence) -> None:
    e.kept["contact"] = {("dispatch.case_standing", "case-1"): 2}


def apply_backwards(e: Evidence) -> None:
    e.applied["field_visit"] = ["e5", "e2"]


def store_backwards(e: Evidence) -> None:
    e.inbox["field_visit"] |= {"e2": 9.0}


def carry_backwards(e: Evidence) -> None:
    e.tapped.insert(0, "f2")


def allow_what_is_forbidden(e: Evidence) -> None:
    e.told[2].tries.append(
        Try("again", 31, 32, 200, "", {"decision": decision("d-talk", "proceed")})
    )


def allow_while_held(e: Evidence) -> None:
    reply = {"decision": decision("d-late", "proceed")}
    e.told.append(told("discuss_debt", VISIT, reply, "200", at=104.0))


def decide_while_held(e: Evidence) -> None:
    e.decided.append(decided("d-late", "enter_premises", "proceed", at=104.0))


def refuse_without_a_clause(e: Evidence) -> None:
    e.decided[1] = replace(e.decided[1], clauses=())


def park_an_event(e: Evidence) -> None:
    e.held.append(Held("contact", "e2", "dispatch.case_standing", "KeyError", True))


def leave_something(e: Evidence) -> None:
    e.left["held back of contact"] = 1


def get_stuck(e: Evidence) -> None:
    e.stuck.append("services ended by itself")


def lose_the_poison(e: Evidence) -> None:
    e.poison.append(Poison(0, "contact", "events.contact", "m", b"{", sent=True))


def try_in_haste(e: Evidence) -> None:
    e.tried.append(Tried("contact", "e2", "dispatch.case_standing", 6, 0.5))


def lose_a_part(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], alive=False)


def say_it_is_dead(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], live=503)


def say_nothing_of_its_life(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], live=None)


def be_not_ready(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], ready=503)


def stand_still(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], got_on=False)


def leave_a_thread_stopped(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], stuck=1)


def leave_a_transaction_open(e: Evidence) -> None:
    e.parts[0] = replace(e.parts[0], waits=1)


def end_alone(e: Evidence) -> None:
    e.ended_alone.append("services ended by itself after 3.0 s")


ACKNOWLEDGED, SAME = "acknowledged once", "same id, same answer"
ONE_TO_ONE, APPLIED = "change and outbox one to one", "applied once, in order"
FORBIDDEN, PARKED = "nothing forbidden allowed", "nothing parked but poison"
HUNG = "no process hung"


@pytest.mark.parametrize(
    ("breaking", "check", "counts_as"),
    [
        (forget_an_answer, ACKNOWLEDGED, "lost"),
        (change_an_answer, ACKNOWLEDGED, "lost"),
        (answer_twice, ACKNOWLEDGED, "duplicated"),
        (answer_what_was_not_sent, ACKNOWLEDGED, "unexpected"),
        (change_what_was_sent, ACKNOWLEDGED, "unexpected"),
        (lose_a_decision, ACKNOWLEDGED, "lost"),
        (keep_a_visit_open, ACKNOWLEDGED, "lost"),
        (lose_an_entry, ACKNOWLEDGED, "lost"),
        (change_an_entry, ACKNOWLEDGED, "unexpected"),
        (answer_otherwise, SAME, "duplicated"),
        (take_another_content, SAME, "unexpected"),
        (answer_outside_the_protocol, SAME, "unexpected"),
        (leave_a_gap, ONE_TO_ONE, "lost"),
        (say_a_change_twice, ONE_TO_ONE, "duplicated"),
        (say_no_refusal, ONE_TO_ONE, "lost"),
        (say_what_is_not, ONE_TO_ONE, "unexpected"),
        (publish_nothing, ONE_TO_ONE, "lost"),
        (decide_and_tell_nobody, ONE_TO_ONE, "duplicated"),
        (lose_an_event, APPLIED, "lost"),
        (hear_what_nobody_said, APPLIED, "unexpected"),
        (note_an_arrival_twice, APPLIED, "duplicated"),
        (lose_a_finding, APPLIED, "lost"),
        (find_twice, APPLIED, "duplicated"),
        (show_nothing_of_it, APPLIED, "lost"),
        (show_what_nobody_said, APPLIED, "duplicated"),
        (leave_it_on_the_board, APPLIED, "lost"),
        (keep_what_is_old, APPLIED, "lost"),
        (apply_backwards, APPLIED, "unexpected"),
        (store_backwards, APPLIED, "unexpected"),
        (carry_backwards, APPLIED, "unexpected"),
        (allow_what_is_forbidden, FORBIDDEN, "unexpected"),
        (allow_while_held, FORBIDDEN, "unexpected"),
        (decide_while_held, FORBIDDEN, "unexpected"),
        (refuse_without_a_clause, FORBIDDEN, "lost"),
        (park_an_event, PARKED, "unexpected"),
        (leave_something, PARKED, "lost"),
        (get_stuck, PARKED, "unexpected"),
        (lose_the_poison, PARKED, "lost"),
        (try_in_haste, PARKED, "unexpected"),
        (lose_a_part, HUNG, "unexpected"),
        (say_it_is_dead, HUNG, "unexpected"),
        (say_nothing_of_its_life, HUNG, "unexpected"),
        (be_not_ready, HUNG, "unexpected"),
        (stand_still, HUNG, "unexpected"),
        (leave_a_thread_stopped, HUNG, "unexpected"),
        (leave_a_transaction_open, HUNG, "unexpected"),
        (end_alone, HUNG, "unexpected"),
    ],
)
def test_a_broken_history_is_red(breaking: Breaking, check: str, counts_as: str) -> None:
    evidence = well()
    breaking(evidence)

    assert (check, counts_as) in {(each.check, each.counts_as) for each in judge(evidence)}


def test_poison_that_was_planted_may_be_parked() -> None:
    evidence = well()
    evidence.poison.append(Poison(0, "contact", "events.contact", "m", b"{", sent=True))
    evidence.held.append(Held("contact", "h1", "q", "unreadable", True, b"{"))

    assert judge(evidence) == []


def test_what_is_tried_again_with_growing_delay_is_patient() -> None:
    evidence = well()
    evidence.tried.append(Tried("contact", "e2", "dispatch.case_standing", 6, 3.1))

    assert judge(evidence) == []


def test_what_a_failing_effect_is_held_to_is_what_the_product_promises() -> None:
    assert (parked.AGAIN_FIRST_S, parked.AGAIN_MOST_S) == (
        held.AGAIN_FIRST_S,
        held.AGAIN_MOST_S,
    )


def test_a_permit_that_has_gone_is_no_other_answer() -> None:
    evidence = well()
    evidence.told[0].tries.append(Try("again", 130, 131, 409, "visit-closed"))

    assert judge(evidence) == []


def test_what_was_left_undone_is_on_the_record_once() -> None:
    evidence = well()
    missing, banked = "recovery.receipt_missing", "recovery.cash_banked"
    evidence.said += [
        said("r1", missing, CASE, 1, clauses=["C.14"]),
        said("r2", banked, CASE, 2, clauses=["C.15"]),
        said("r3", banked, CASE, 3, clauses=[]),  # as it should be
    ]

    evidence.findings += [(missing, None), (banked, None)]
    assert list(effects(evidence)) == []

    evidence.findings.append((banked, None))
    assert [each.counts_as for each in effects(evidence)] == ["duplicated"]


class Heard:
    """A channel that is told that a message has been heard."""

    def basic_ack(self, number: int) -> None: ...


def test_what_is_said_again_to_an_empty_broker_is_in_no_order() -> None:
    """All of a day is, also what was said before anybody listened."""
    wire = Wire({}, Random(1), [])
    wire.quiet.set()
    method = SimpleNamespace(delivery_tag=1, routing_key="dispatch.case_standing")
    for event in ({"id": "e5"}, {"id": "e1", "again": "2026-03-02"}, {"id": "e6"}):
        wire.take(Heard(), method, None, json.dumps(event).encode())

    assert wire.heard == ["e5", "e6"]


def test_what_was_asked_again_after_503_is_recovered_and_not_wrong() -> None:
    evidence = well()
    evidence.told[-1].tries.insert(0, Try("first", 111, 112, 503, "broker-away"))

    assert judge(evidence) == []
    assert evidence.told[-1].recovered


def test_a_ledger_reads_back_what_was_written(tmp_path) -> None:
    one = told("check_out", VISIT, {"ending": "talked"}, "200", at=120.0)
    one.tries.insert(0, Try("first", 119.0))
    file = ledger.Ledger(tmp_path / "a.jsonl")
    for number, each in enumerate(one.tries):
        file.sent(one.operation, number, each.why, each.began)
        if each.status:
            file.answered(one.operation, number, each)

    assert ledger.read(tmp_path) == [one]
