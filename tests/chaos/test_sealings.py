"""Seals, landing and what goes out: green on what is well, red on each way to break it."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from chaos.crews.ledger import Try
from chaos.crews.noted import Basement
from chaos.oracle import judge
from chaos.oracle.landed import ENOUGH, in_words
from chaos.remains.effects import OPEN, UNKNOWN, Arrived
from chaos.remains.evidence import Evidence
from chaos.remains.landed import Help, Waiting
from chaos.remains.sealed import Bundle, Odd
from tests.chaos.histories import DEVICE, VISIT
from tests.chaos.sealings import BODY, UNTIL, fact, landed, part

Breaking = Callable[[Evidence], object]
LANDS, BUNDLE = "facts land once", "each bundle verifies"
CHAIN, OUTSIDE = "audit chain whole", "outside once or unknown"


def test_what_landed_and_was_sealed_and_given_away_is_green() -> None:
    assert judge(landed()) == []


def bundle(e: Evidence, **but: object) -> None:
    e.sealed.bundles[0] = replace(e.sealed.bundles[0], **but)  # type: ignore[arg-type]


def give_no_receipt(e: Evidence) -> None:
    e.told[-1].tries[0].receipt = ""


def sign_another_body(e: Evidence) -> None:
    e.told[-1].operation = replace(e.told[-1].operation, sha256="c" * 64)


def sign_by_nobody(e: Evidence) -> None:
    e.landed.keys = {}


def hand_on_nothing(e: Evidence) -> None:
    e.answered.pop()


def hand_on_otherwise(e: Evidence) -> None:
    e.answered[-1] = replace(e.answered[-1], digest="another")


def hand_on_twice(e: Evidence) -> None:
    e.answered.append(replace(e.answered[-1], service="dispatch"))


def forget_a_receipt(e: Evidence) -> None:
    e.landed.rows.pop()


def leave_it_landed(e: Evidence) -> None:
    e.landed.waiting.append(Waiting("k", "record_journal", "refused", "journal-gap"))


def forget_a_call(e: Evidence) -> None:
    e.landed.helps.clear()


def keep_a_call_twice(e: Evidence) -> None:
    e.landed.helps.append(Help("help-2", VISIT))


def send_help_last(e: Evidence) -> None:
    e.told[-2].tries[0].began = UNTIL + 5


def send_no_help(e: Evidence) -> None:
    e.landed.basements[0] = Basement(VISIT, UNTIL + 2, UNTIL + 5, help=True)


def take_nothing_while_away(e: Evidence) -> None:
    refused = Try("first", UNTIL + 2, UNTIL + 3, 503, "broker-away", granted=True)
    e.told[-1].tries[:0] = [replace(refused) for _ in range(ENOUGH)]


def verify_nothing(e: Evidence) -> None:
    bundle(e, grade="FAILED manifest")


def give_no_bundle(e: Evidence) -> None:
    e.sealed.bundles[0] = Bundle(VISIT, "503 evidence-key-missing")


def verify_what_was_changed(e: Evidence) -> None:
    bundle(e, mutations=(("drop", "VERIFIED"),))


def leave_out_an_entry(e: Evidence) -> None:
    bundle(e, entries={})


def seal_another_entry(e: Evidence) -> None:
    bundle(e, entries={(DEVICE, 1): "link-x"})


def leave_out_a_decision(e: Evidence) -> None:
    bundle(e, named=frozenset({"d-in", "help-1"}))


def leave_out_a_call(e: Evidence) -> None:
    bundle(e, named=frozenset({"d-in", "d-talk"}))


def leave_out_a_photo(e: Evidence) -> None:
    bundle(e, files=frozenset())


def seal_nothing(e: Evidence) -> None:
    e.sealed.due.add("visit-3")


def seal_too_early(e: Evidence) -> None:
    e.sealed.parts[0] = replace(e.sealed.parts[0], lacks=("file_missing",))


def leave_a_part_out(e: Evidence) -> None:
    e.sealed.parts.pop(0)


def rewrite_a_part(e: Evidence) -> None:
    e.sealed.parts[0] = part(VISIT, 1, 0, "{}")


def seal_a_part_twice(e: Evidence) -> None:
    e.sealed.parts.append(e.sealed.parts[0])


def forge_a_signature(e: Evidence) -> None:
    one, other = e.sealed.parts[:2]
    e.sealed.parts[0] = replace(one, signature=other.signature)


def change_a_leaf(e: Evidence) -> None:
    e.sealed.leaves[1] = "0" * 64


def lose_a_leaf(e: Evidence) -> None:
    e.sealed.leaves.pop()


def forge_a_head(e: Evidence) -> None:
    one, other = e.sealed.heads[:2]
    e.sealed.heads[0] = replace(one, signature=other.signature)


def sign_another_log(e: Evidence) -> None:
    e.sealed.heads[0] = replace(e.sealed.heads[0], root="0" * 64)


def tear_a_chain(e: Evidence) -> None:
    e.sealed.chain.pop(0)


def link_to_another(e: Evidence) -> None:
    e.sealed.chain[1] = replace(e.sealed.chain[1], prev="link-x")


def overlook_two_histories(e: Evidence) -> None:
    e.sealed.odd.pop(0)


def find_two_where_one_is(e: Evidence) -> None:
    e.sealed.odd.append(Odd(DEVICE, 1, "fork"))


def find_a_gap_where_none_is(e: Evidence) -> None:
    e.sealed.odd.append(Odd("device-2", 9, "gap"))


def look_unseen(e: Evidence) -> None:
    e.sealed.looks.remove((VISIT, "photo-1", "sharp"))


def take_a_copy_unseen(e: Evidence) -> None:
    e.sealed.looks.remove((VISIT, "", "bundle"))


def give_nothing_and_say_so(e: Evidence) -> None:
    e.outside.arrived = e.outside.arrived[2:]


def leave_it_waiting(e: Evidence) -> None:
    e.outside.wanted[0] = replace(e.outside.wanted[0], state=OPEN)


def give_something_else(e: Evidence) -> None:
    e.outside.arrived[1] = replace(e.outside.arrived[1], content="head-x")


def give_it_too_often(e: Evidence) -> None:
    e.outside.arrived.append(e.outside.arrived[-1])


def lay_it_over_another(e: Evidence) -> None:
    e.outside.arrived[1] = replace(e.outside.arrived[1], taken=True)


def give_what_nobody_wanted(e: Evidence) -> None:
    e.outside.arrived.append(Arrived("head by http", "head-2", "head-2", True, True))


@pytest.mark.parametrize(
    ("breaking", "check", "counts_as"),
    [
        (give_no_receipt, LANDS, "lost"),
        (sign_another_body, LANDS, "lost"),
        (sign_by_nobody, LANDS, "lost"),
        (hand_on_nothing, LANDS, "lost"),
        (hand_on_otherwise, LANDS, "lost"),
        (hand_on_twice, LANDS, "duplicated"),
        (forget_a_receipt, LANDS, "lost"),
        (leave_it_landed, LANDS, "lost"),
        (forget_a_call, LANDS, "lost"),
        (keep_a_call_twice, LANDS, "duplicated"),
        (send_help_last, LANDS, "unexpected"),
        (send_no_help, LANDS, "unexpected"),
        (take_nothing_while_away, LANDS, "unexpected"),
        (verify_nothing, BUNDLE, "lost"),
        (give_no_bundle, BUNDLE, "lost"),
        (verify_what_was_changed, BUNDLE, "unexpected"),
        (leave_out_an_entry, BUNDLE, "lost"),
        (seal_another_entry, BUNDLE, "lost"),
        (leave_out_a_decision, BUNDLE, "lost"),
        (leave_out_a_call, BUNDLE, "lost"),
        (leave_out_a_photo, BUNDLE, "lost"),
        (seal_nothing, BUNDLE, "lost"),
        (seal_too_early, BUNDLE, "unexpected"),
        (leave_a_part_out, CHAIN, "lost"),
        (rewrite_a_part, CHAIN, "lost"),
        (seal_a_part_twice, CHAIN, "duplicated"),
        (forge_a_signature, CHAIN, "unexpected"),
        (change_a_leaf, CHAIN, "lost"),
        (lose_a_leaf, CHAIN, "lost"),
        (forge_a_head, CHAIN, "unexpected"),
        (sign_another_log, CHAIN, "unexpected"),
        (tear_a_chain, CHAIN, "lost"),
        (link_to_another, CHAIN, "lost"),
        (overlook_two_histories, CHAIN, "lost"),
        (find_two_where_one_is, CHAIN, "unexpected"),
        (find_a_gap_where_none_is, CHAIN, "unexpected"),
        (look_unseen, CHAIN, "lost"),
        (take_a_copy_unseen, CHAIN, "lost"),
        (give_nothing_and_say_so, OUTSIDE, "lost"),
        (leave_it_waiting, OUTSIDE, "lost"),
        (give_something_else, OUTSIDE, "unexpected"),
        (give_it_too_often, OUTSIDE, "duplicated"),
        (lay_it_over_another, OUTSIDE, "duplicated"),
        (give_what_nobody_wanted, OUTSIDE, "unexpected"),
    ],
)
def test_a_broken_history_is_red(breaking: Breaking, check: str, counts_as: str) -> None:
    evidence = landed()
    breaking(evidence)

    assert (check, counts_as) in {(each.check, each.counts_as) for each in judge(evidence)}


def test_what_is_unknown_is_neither_lost_nor_twice() -> None:
    evidence = landed()
    evidence.outside.wanted[0] = replace(evidence.outside.wanted[0], state=UNKNOWN)

    assert judge(evidence) == []


def test_a_fact_that_landed_may_be_answered_by_the_service_later() -> None:
    evidence = landed()
    told, receipt = evidence.told[-1], evidence.told[-1].tries[0].receipt
    told.tries.append(Try("again", 230, 231, 200, "", {"new": 1}, receipt))

    assert judge(evidence) == []


def test_of_a_share_nothing_is_said_while_gateway_or_database_are_away_too() -> None:
    evidence = landed()
    take_nothing_while_away(evidence)
    evidence.landed.disturbed = [(UNTIL, UNTIL + 20)]

    assert judge(evidence) == []


def test_the_share_is_said_with_how_long_it_took() -> None:
    evidence = landed()
    evidence.told.append(fact("record_journal", "journal", UNTIL + 2))

    assert list(in_words(evidence)) == [
        "landed: 3; facts while the broker alone was away: 3, taken 100.0%,"
        " p50 0.50 s, p99 0.50 s"
    ]
    assert evidence.told[-1].operation.sha256 == BODY


def test_what_came_after_the_tables_were_read_may_have_been_wanted_since() -> None:
    e = landed()
    e.outside.looked_at = 100.0
    late = Arrived("head by http", "head-2", "head-2", True, True, at=100.1)
    e.outside.arrived.append(late)
    assert not [each for each in judge(e) if each.check == OUTSIDE]

    e.outside.arrived[-1] = replace(late, at=99.9)
    assert [each.counts_as for each in judge(e) if each.check == OUTSIDE] == ["unexpected"]
