"""What a verdict is, and that nothing talks it into a yes."""

from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rulebook
from proto.decision import Act, Outcome, Reason, Verdict
from rulebook.engine import STRICTER
from rulebook.visit import MinVisitors

ALL = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "TW-2005", "CONTRACT-DEMO")
THAT_DAY = date(2026, 3, 2)
YES_OR_NO = st.booleans()
PERHAPS = st.sampled_from([True, False, None])
PERSON = st.sampled_from(["debtor", "parent", "child", "guard", "unknown"])
CLOCK = st.times().map(lambda time: time.isoformat("seconds"))
HERE = st.fixed_dictionaries(
    {},
    optional={
        "distance_m": st.none() | st.floats(),
        "accuracy_m": st.none() | st.floats(),
        "presence_age_s": st.none() | st.floats(),
        "certified": PERHAPS,
        "in_service": PERHAPS,
    },
)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "starts_at": CLOCK,
        "ends_at": CLOCK,
        "here": st.dictionaries(st.sampled_from(["Li", "Wang", "Zhao"]), HERE),
        "letter": st.none()
        | st.fixed_dictionaries(
            {}, optional={"revoked": YES_OR_NO, "valid_on_day": YES_OR_NO}
        ),
        "mandate_in_force": PERHAPS,
        "introduced": YES_OR_NO,
        "letter_shown": YES_OR_NO,
        "badge_shown": YES_OR_NO,
        "person_met": st.none() | PERSON,
        "identity_confirmed": YES_OR_NO,
        "confirmed_items": st.integers(0, 3),
        "entry_reason": st.sampled_from(["limited_mobility", "curiosity", None]),
        "allowed_entry_reasons": st.sampled_from([["limited_mobility"], [], None]),
        "consent": st.none()
        | st.fixed_dictionaries({}, optional={"by": PERSON, "withdrawn": YES_OR_NO}),
        "objection": YES_OR_NO,
    },
)


def judged(facts, *books, act=Act.CHECK_IN, on=THAT_DAY):
    return rulebook.judge(act, facts, books, on)


def strictness(verdict):
    return STRICTER(verdict.outcome)


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES, books=st.permutations(ALL), n=st.data())
def test_adding_a_book_never_allows_more(act, but, books, n, visit):
    """Of books that speak of the act at all; others stop it by their silence."""
    facts = visit(**but)
    fewer = judged(facts, *books[: n.draw(st.integers(1, len(books) - 1))], act=act)
    more = judged(facts, *books, act=act)

    said = [reason for reason in fewer.reasons if reason.key != "rulebook.silent"]
    assert all(reason in more.reasons for reason in said)
    if said == list(fewer.reasons):
        assert strictness(fewer) <= strictness(more)


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES)
def test_a_verdict_is_as_strict_as_its_strictest_reason(act, but, visit):
    verdict = judged(visit(**but), *ALL, act=act)

    outcomes = [reason.outcome for reason in verdict.reasons]
    assert verdict.outcome is max(outcomes, key=STRICTER, default=Outcome.PROCEED)


@settings(max_examples=200, deadline=None)
@given(but=CHANGES)
def test_who_may_come_in_may_also_speak(but, visit):
    facts = visit(**but)
    talk = judged(facts, *ALL, act=Act.DISCUSS_DEBT)
    entry = judged(facts, *ALL, act=Act.ENTER_PREMISES)

    assert all(reason in entry.reasons for reason in talk.reasons)


def test_a_refusal_explains_itself_in_both_languages(visit):
    assert judged(visit(here={"Li": {}}), "CN-PLEDGE") == Verdict(
        act=Act.CHECK_IN,
        outcome=Outcome.WAIT,
        reasons=(
            Reason(
                key="visit.min_visitors",
                book="CN-PLEDGE",
                clause="4.27",
                cite="CN-PLEDGE/10",
                quote="外访催收作业时,必须有两名以上员工配合",
                outcome=Outcome.WAIT,
                says={
                    "zh-CN": "本次外访计划人员中已签到1人,至少需要2人。",
                    "en": "Checked in: 1. Needed: 2 of those planned for this visit.",
                },
                cure={
                    "zh-CN": "请等候同伴到场,不得单独敲门。",
                    "en": "Wait for your partner, do not knock alone.",
                },
                values={"here": 1, "at_least": 2},
            ),
        ),
        books=("CN-PLEDGE",),
        books_hash=judged(visit(), "CN-PLEDGE").books_hash,
        on=THAT_DAY,
    )


def test_hours_and_metres_are_written_as_people_read_them(visit):
    late = visit(starts_at="20:45:59", ends_at="21:15:01")
    astray = visit(here={"Li": {"distance_m": 200.01}, "Wang": {}})

    assert judged(late, "CN-PLEDGE").reasons[0].says == {
        "zh-CN": "20:45至21:15不在许可时段08:00—21:00之内,开始与结束均须在内。",
        "en": "From 20:45 to 21:15 is not within 08:00-21:00, start and end both.",
    }
    assert judged(astray, "CONTRACT-DEMO").reasons[0].says == {
        "zh-CN": "有外访员距案件地址201米,上限为200米。",
        "en": "A collector is 201 m from the address, 200 m is the limit.",
    }


def test_no_book_at_all_allows_nothing(visit):
    for act in Act:
        verdict = judged(visit(), act=act)
        assert verdict.outcome is Outcome.STOP
        assert [reason.key for reason in verdict.reasons] == ["rulebook.silent"]


def test_a_book_nobody_knows_stops_the_act_and_the_others_still_speak(visit):
    verdict = judged(visit(here={"Li": {}}), "CN-PLEDGE", "CN-PLEGDE")

    assert verdict.outcome is Outcome.STOP
    assert [(reason.key, reason.book) for reason in verdict.reasons] == [
        ("rulebook.unknown_book", "CN-PLEGDE"),
        ("visit.min_visitors", "CN-PLEDGE"),
    ]


def test_a_day_before_every_book_allows_nothing(visit):
    verdict = judged(visit(), *ALL, on=date(2001, 1, 1))

    assert [reason.key for reason in verdict.reasons] == ["rulebook.silent"]


def test_a_rule_that_raises_stops_the_act_and_says_so(visit, monkeypatch, caplog):
    def explode(rule, facts):
        raise ZeroDivisionError

    monkeypatch.setattr(MinVisitors, "breach", explode)
    verdict = judged(visit(), *ALL)

    assert verdict.outcome is Outcome.STOP
    (reason,) = verdict.reasons
    assert (reason.clause, reason.key) == ("4.27", "visit.min_visitors")
    assert reason.values == {"fact": "unforeseen"}
    assert reason.says["en"].startswith("It cannot be known: whether this clause is met")
    assert "CN-PLEDGE 4.27 could not be judged" in caplog.text


def test_facts_of_another_kind_are_no_facts():
    verdict = judged("the door is open", "CN-PLEDGE")

    assert verdict.outcome is Outcome.STOP
    assert {reason.values["fact"] for reason in verdict.reasons} == {"unforeseen"}


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [("until: 2026-03-02", Outcome.STOP), ("until: 2026-03-03", Outcome.PROCEED)],
)
def test_a_clause_binds_until_the_day_before_it_ends(limits, outcome, visit, house, plant):
    plant(house.replace("status:", f"{limits}\n    status:"))

    assert judged(visit(), "HOUSE").outcome is outcome


def test_a_draft_judges_nothing_and_so_allows_nothing(visit, house, plant):
    plant(house.replace("in_force", "draft"))

    assert [one.key for one in judged(visit(), "HOUSE").reasons] == ["rulebook.silent"]


def test_a_clause_may_narrow_the_acts_it_judges(visit, house, plant):
    plant(house.replace("status:", "acts: [enter_premises]\n    status:"))
    alone = visit(here={"Li": {}})

    assert judged(alone, "HOUSE").reasons[0].key == "rulebook.silent"
    assert judged(alone, "HOUSE", act=Act.ENTER_PREMISES).outcome is Outcome.WAIT


def test_a_breach_that_may_be_asked_about_names_who_is_asked(visit, house, plant):
    plant(house.replace("otherwise: wait", "otherwise: ask\n    ask: bank_officer"))
    verdict = judged(visit(here={}), "HOUSE")

    assert verdict.outcome is Outcome.ASK
    assert verdict.reasons[0].values == {
        "here": 0,
        "at_least": 2,
        "ask": "bank_officer",
    }


def test_the_hash_is_of_what_the_books_say(visit, house, plant):
    hashes = {
        judged(visit(), *books).books_hash
        for count in range(len(ALL) + 1)
        for books in combinations(ALL, count)
    }
    plant(house)
    before = judged(visit(), "HOUSE").books_hash
    plant(house.replace("at_least: 2", "at_least: 3"))
    after = judged(visit(), "HOUSE").books_hash

    assert len(hashes) == 2 ** len(ALL)
    assert before != after


def test_the_hash_does_not_depend_on_how_the_books_were_named(visit):
    in_order = judged(visit(), *ALL).books_hash
    named_twice = judged(visit(), *reversed(ALL), "CN-PLEDGE").books_hash

    assert in_order == named_twice


def test_a_book_named_twice_speaks_once(visit):
    verdict = judged(visit(here={"Li": {}}), "CN-PLEDGE", "CN-PLEDGE")

    assert len(verdict.reasons) == 1


def test_a_clock_without_a_zone_is_no_clock(visit):
    facts = visit()
    object.__setattr__(facts, "starts_at", facts.starts_at.replace(tzinfo=None))

    (reason,) = judged(facts, "CN-PLEDGE").reasons
    assert (reason.clause, reason.values) == ("4.05", {"fact": "starts_at"})
