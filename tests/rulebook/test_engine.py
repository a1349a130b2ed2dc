"""What a verdict is, and that nothing talks it into a yes."""

from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rulebook
from proto.decision import Act, Outcome, Reason, Verdict
from rulebook import engine
from rulebook.engine import STRICTER
from rulebook.facts import Facts
from rulebook.needed import NEEDED
from rulebook.topics import RULES, TERMS
from rulebook.visit import MinVisitors
from rulebook.window import Appointment
from tests.rulebook.visits import ALL, CHANGES, MAINLAND, THAT_DAY

#: What a book of theirs forbids, whatever the facts.
NEVER = {
    Act.COLLECT_CASH: {"TW-2005"},
    Act.AUTHORISE_CASH: {"TW-2005"},
    Act.ASK_THIRD_PARTY: {"TW-2005"},
}
#: The fewest books that settle all a check-in needs.
ENOUGH = ("CN-PLEDGE", "CONTRACT-DEMO")
TO_ARRIVE = [
    "contact.window",
    "visit.min_visitors",
    "visit.letter",
    "visit.mandate",
]
WITH_ANYBODY = ["visit.recorded", "person.capable"]
TO_TALK = [
    *TO_ARRIVE,
    "visit.introduced",
    "identity.confirmed",
    "third_party.debtor_only",
    *WITH_ANYBODY,
]
MINUTES = ["visit.expected_minutes", "visit.permit_minutes"]
OF_CASH = ["cash.cap", "cash.banking_hours", "cash.receipt_minutes"]
SETTLED_BY_SOME_BOOK = {
    Act.CHECK_IN: [
        *TO_ARRIVE,
        "visit.once_a_day",
        "visit.at_the_address",
        "visit.position_accuracy",
        "visit.presence_fresh",
        "visit.presence_clock",
        "visit.address_open",
        "staff.on_duty",
        "visit.together",
        "visit.answered_in_time",
        "visit.wait_minutes",
        "visit.exit_minutes",
        "cash.money_left_minutes",
        "visit.warn_minutes",
        "visit.partner_minutes",
        "visit.end_early_minutes",
        "visit.closing_hours",
        "visit.knocks",
        "staff.never_again",
        "help.climb_seconds",
        "danger.report_hours",
        *MINUTES,
    ],
    Act.DISCUSS_DEBT: [*TO_TALK, *MINUTES],
    Act.ENTER_PREMISES: [
        *TO_TALK,
        "visit.entry_reason",
        "visit.entry_consent",
        "visit.no_objection",
        *MINUTES,
    ],
    Act.COLLECT_CASH: [*TO_TALK, "cash.authority", *OF_CASH, *MINUTES],
    Act.HAND_OVER_LETTER: [
        *TO_ARRIVE,
        *WITH_ANYBODY,
        "letter.to_debtor",
        "letter.template",
        *MINUTES,
    ],
    Act.ASK_THIRD_PARTY: [
        *TO_ARRIVE,
        *WITH_ANYBODY,
        "visit.introduced",
        "third_party.consent",
        "third_party.permit",
        *MINUTES,
    ],
    Act.SHOW_PAYMENT_CODE: [*TO_TALK, "payment.bank_code", *MINUTES],
    Act.AUTHORISE_CASH: [
        "cash.mandate",
        "cash.reason",
        *OF_CASH,
        "cash.four_eyes_above",
    ],
}


def judged(facts, *books, act=Act.CHECK_IN, on=THAT_DAY):
    return rulebook.judge(act, facts, books, on)


#: What is as it should be for an act, where the good visit is not.
FITTING = {Act.ASK_THIRD_PARTY: {"person_met": "neighbour"}}


def strictness(verdict):
    return STRICTER(verdict.outcome)


def silences(verdict):
    """Return the norms that no book settles."""
    return [
        reason.values["norm"]
        for reason in verdict.reasons
        if reason.key == "rulebook.silent"
    ]


SOME = [books for count in range(len(ALL) + 1) for books in combinations(ALL, count)]


def settled(act, books):
    """Say whether some books settle, between them, all that an act needs."""
    keys = {
        clause.key
        for book in books
        for clause in rulebook.load()[book].clauses
        if clause.judges(act) or clause.key in TERMS
    }
    return {*SETTLED_BY_SOME_BOOK[act]} <= keys


def allowed(act, books):
    """Say whether some books allow an act when everything is as it should be."""
    return settled(act, books) and not NEVER.get(act, set()) & {*books}


SETTLED = [(act, books) for act in Act for books in SOME if settled(act, books)]


@settings(max_examples=300, deadline=None)
@given(chosen=st.sampled_from(SETTLED), but=CHANGES, added=st.sets(st.sampled_from(ALL)))
def test_adding_a_book_never_allows_more(chosen, but, added, asked):
    """Of books that settle what the act needs; a silence can be healed by adding one.

    Nor by the exceptions it brings: they lift clauses of its own.
    """
    act, books = chosen
    facts = asked(act, **but)
    fewer = judged(facts, *books, act=act)
    more = judged(facts, *books, *sorted(added), act=act)

    assert strictness(fewer) <= strictness(more)


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES, books=st.permutations(ALL), n=st.data())
def test_adding_a_book_takes_no_clause_s_reason_back(act, but, books, n, asked):
    """Of any books: what a clause said is still said, and no silence is new."""
    facts = asked(act, **but)
    fewer = judged(facts, *books[: n.draw(st.integers(0, len(books)))], act=act)
    more = judged(facts, *books, act=act)

    said = [reason for reason in fewer.reasons if reason.key != "rulebook.silent"]
    assert all(reason in more.reasons for reason in said)
    assert {*silences(more)} <= {*silences(fewer)}


@pytest.mark.parametrize("act", Act)
def test_no_choice_of_books_allows_what_they_leave_open(act, asked):
    facts = asked(act, **FITTING.get(act, {}))
    outcomes = {books: judged(facts, *books, act=act).outcome for books in SOME}

    assert outcomes == {
        books: Outcome.PROCEED if allowed(act, books) else Outcome.STOP for books in SOME
    }


@pytest.mark.parametrize("act", Act)
def test_the_books_of_the_mainland_and_a_contract_allow_every_act_at_its_best(act, asked):
    verdict = judged(asked(act, **FITTING.get(act, {})), *MAINLAND, act=act)

    assert (verdict.outcome, verdict.reasons) == (Outcome.PROCEED, ())


@pytest.mark.parametrize("act", Act)
def test_no_book_at_all_allows_nothing(act, asked):
    verdict = judged(asked(act), act=act)

    assert verdict.outcome is Outcome.STOP
    assert silences(verdict) == SETTLED_BY_SOME_BOOK[act]
    assert [one.key for one in verdict.reasons] == ["rulebook.silent"] * len(
        SETTLED_BY_SOME_BOOK[act]
    )


def test_a_silence_names_the_norm_in_both_languages(visit):
    (reason,) = judged(visit(), "CN-PLEDGE", "CONTRACT-DEMO", act=Act.DISCUSS_DEBT).reasons

    assert reason == Reason(
        key="rulebook.silent",
        book="-",
        clause="-",
        cite="-",
        quote="",
        outcome=Outcome.STOP,
        says={
            "zh-CN": "本案现行规则集均未规定：表明委托身份。未作规定的，一律不予许可。",
            "en": "No book of this case that is in force settles an introduction that "
            "names agency and bank. What no book settles is not allowed.",
        },
        cure={
            "zh-CN": "请由银行在合同等规则集中作出规定。",
            "en": "Ask the bank for a book that settles it, such as its contract.",
        },
        values={"norm": "visit.introduced"},
    )


def test_a_contract_alone_lets_nobody_knock_at_a_neighbour_s_at_night(visit):
    worst = visit(
        starts_at="03:00:00",
        ends_at="03:30:00",
        here={"Li": {}},
        letter=None,
        mandate_in_force=False,
        person_met="neighbour",
        identity_confirmed=False,
    )

    at_the_door = [act for act in Act if act is not Act.AUTHORISE_CASH]
    assert {judged(worst, "CONTRACT-DEMO", act=act).outcome for act in at_the_door} == {
        Outcome.STOP
    }


def test_without_a_contract_nobody_checks_in_from_far_away_and_long_ago(visit):
    astray = {"distance_m": 5_000_000.0, "presence_age_s": 100 * 86_400.0}
    facts = visit(
        starts_at="20:59:00", ends_at="20:59:00", here={"Li": astray, "Wang": astray}
    )
    verdict = judged(facts, *(book for book in ALL if book != "CONTRACT-DEMO"))

    assert verdict.outcome is Outcome.STOP
    assert silences(verdict) == [
        norm for norm in SETTLED_BY_SOME_BOOK[Act.CHECK_IN] if norm not in TO_ARRIVE
    ]


def test_a_bank_s_own_book_may_settle_what_the_others_leave_open(visit, house, plant):
    mandate = house.partition("clauses:\n")[2].replace(
        "visit.min_visitors", "visit.mandate"
    )
    plant(house + mandate.replace("    limits: {at_least: 2}\n", ""))

    assert silences(judged(visit(), "TW-2005", "CONTRACT-DEMO")) == [
        "visit.min_visitors",
        "visit.mandate",
    ]
    healed = judged(visit(), "TW-2005", "CONTRACT-DEMO", "HOUSE")
    assert healed.outcome is Outcome.PROCEED


@pytest.mark.parametrize("act", Act)
def test_what_an_act_needs_is_a_term_or_a_rule_that_speaks_to_it(act):
    assert all(key in TERMS or act in RULES[key].acts for key in NEEDED[act])


#: The norms that an exception may lift, by book.
EXCEPTED = {
    (book, clause.key)
    for book in ALL
    for clause in rulebook.load()[book].clauses
    if clause.unless
}
HOURS = """\
  - key: contact.window
    clause: H.1
    cite: HOUSE/1
    quote: 仅限下午六时以前。
    since: 2026-01-01
    status: in_force
    severity: duty
    obligor: agency
    otherwise: stop
    limits: {opens: "08:00", closes: "18:00"}
    unless: H.3
"""
EXCUSED = """\
  - key: contact.appointment
    clause: H.3
    cite: HOUSE/1
    quote: 另有约定的除外。
    since: 2026-01-01
    status: in_force
    severity: principle
    obligor: agency
"""


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES, books=st.sets(st.sampled_from(ALL)))
def test_an_exception_lifts_its_own_clause_and_no_other(act, but, books, asked):
    """Without exceptions the same is said, and of the excepted clauses perhaps more."""
    facts = asked(act, **but)
    bench = engine._bench(act, tuple(sorted(books)), THAT_DAY)
    said = {(one.book, one.clause.key) for one in bench.judges if one.reason(facts)}
    strict = {
        (one.book, one.clause.key)
        for one in (replace(one, excuse=None) for one in bench.judges)
        if one.reason(facts)
    }

    assert said <= strict
    assert strict - said <= {(book, key) for book, key in EXCEPTED if book in books}


def test_an_exception_counts_only_while_it_is_in_force(visit, house, plant):
    """And only in the book that grants it."""
    window = HOURS.replace("H.1", "H.2")
    excuse = EXCUSED.replace("status: in_force", "status: draft")
    plant(house + window + excuse)
    late = visit(
        starts_at="19:00:00",
        ends_at="19:30:00",
        appointment={"from": "18:00:00", "until": "20:00:00"},
    )

    assert [one.clause for one in judged(late, *ALL, "HOUSE").reasons] == ["H.2"]
    plant(house + window + EXCUSED)
    assert judged(late, *ALL, "HOUSE").reasons == ()


def test_another_book_s_exception_of_the_same_name_excuses_nobody(visit, house, plant):
    plant(house + HOURS + EXCUSED.replace("status: in_force", "status: draft"))
    plant(house.replace("HOUSE", "HOTEL") + EXCUSED.replace("HOUSE", "HOTEL"))
    hour = {"from": "18:00:00", "until": "20:00:00"}
    late = visit(starts_at="19:00:00", ends_at="19:30:00", appointment=hour)

    verdict = judged(late, *ALL, "HOUSE", "HOTEL")
    assert [(one.book, one.key) for one in verdict.reasons] == [("HOUSE", "contact.window")]


def test_an_exception_that_cannot_be_judged_excuses_nobody(visit, monkeypatch, caplog):
    def explode(excuse, facts):
        raise ZeroDivisionError

    late = visit(
        starts_at="21:00:00",
        ends_at="21:20:00",
        appointment={"from": "21:00:00", "until": "22:00:00"},
    )
    assert judged(late, *ALL).reasons == ()
    monkeypatch.setattr(Appointment, "granted", explode)

    assert [one.clause for one in judged(late, *ALL).reasons] == ["4.05"]
    assert "CN-PLEDGE 4.05: no exception could be judged" in caplog.text


def test_facts_of_the_other_kind_allow_nothing(visit, wanted):
    at_the_door = judged(wanted(), *MAINLAND, act=Act.COLLECT_CASH)
    at_the_bank = judged(visit(), *MAINLAND, act=Act.AUTHORISE_CASH)

    assert {at_the_door.outcome, at_the_bank.outcome} == {Outcome.STOP}


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES)
def test_a_verdict_is_as_strict_as_its_strictest_reason(act, but, asked):
    verdict = judged(asked(act, **but), *ALL, act=act)

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
    assert judged(visit(here={"Li": {}}), *ENOUGH) == Verdict(
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
                    "zh-CN": "本次外访计划人员中已签到1人，至少需要2人。",
                    "en": "Checked in: 1. Needed: 2 of those planned for this visit.",
                },
                cure={
                    "zh-CN": "请等候同伴到场，不得单独敲门。",
                    "en": "Wait for your partner, do not knock alone.",
                },
                values={"here": 1, "at_least": 2},
            ),
        ),
        books=ENOUGH,
        books_hash=judged(visit(), *ENOUGH).books_hash,
        on=THAT_DAY,
    )


def test_hours_and_metres_are_written_as_people_read_them(visit):
    late = visit(starts_at="20:45:59", ends_at="21:15:01")
    astray = visit(here={"Li": {"distance_m": 200.01}, "Wang": {}})

    assert judged(late, *ENOUGH).reasons[0].says == {
        "zh-CN": "20:45至21:15不在许可时段08:00—21:00之内，开始与结束均须在内。",
        "en": "From 20:45 to 21:15 is not within 08:00-21:00, start and end both.",
    }
    assert judged(astray, *ENOUGH).reasons[0].says == {
        "zh-CN": "有外访员距案件地址201米，上限为200米。",
        "en": "A collector is 201 m from the address, 200 m is the limit.",
    }


def test_a_book_nobody_knows_stops_the_act_and_the_others_still_speak(visit):
    verdict = judged(visit(here={"Li": {}}), *ENOUGH, "CN-PLEGDE")

    assert verdict.outcome is Outcome.STOP
    assert [(reason.key, reason.book) for reason in verdict.reasons] == [
        ("rulebook.unknown_book", "CN-PLEGDE"),
        ("visit.min_visitors", "CN-PLEDGE"),
    ]


def test_a_day_before_every_book_allows_nothing(visit):
    verdict = judged(visit(), *ALL, on=date(2001, 1, 1))

    assert verdict.outcome is Outcome.STOP
    assert silences(verdict) == SETTLED_BY_SOME_BOOK[Act.CHECK_IN]


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
    verdict = judged("the door is open", *ENOUGH)

    assert verdict.outcome is Outcome.STOP
    assert {reason.values["fact"] for reason in verdict.reasons} == {"unforeseen"}


@pytest.mark.parametrize(
    ("limits", "outcome"),
    [("until: 2026-03-02", Outcome.PROCEED), ("until: 2026-03-03", Outcome.WAIT)],
)
def test_a_clause_binds_until_the_day_before_it_ends(limits, outcome, visit, house, plant):
    ended = house.replace("status:", f"{limits}\n    status:")
    plant(ended.replace("at_least: 2", "at_least: 3"))

    assert judged(visit(), *ALL, "HOUSE").outcome is outcome


@pytest.mark.parametrize(
    ("in_force", "written"),
    [("status: in_force", "status: draft"), ("since: 2026-01-01", "since: 2100-01-01")],
)
def test_what_is_not_in_force_settles_nothing(
    in_force, written, visit, house, plant, caplog
):
    plant(house.replace(in_force, written))
    verdict = judged(visit(here={}), "HOUSE")

    assert silences(verdict) == SETTLED_BY_SOME_BOOK[Act.CHECK_IN]
    assert len(verdict.reasons) == len(silences(verdict))
    assert "HOUSE has no clause in force on 2026-03-02" in caplog.text


def test_a_clause_may_narrow_the_acts_it_judges(visit, house, plant):
    plant(house.replace("status:", "acts: [enter_premises]\n    status:"))
    alone = visit(here={"Li": {}})

    assert "visit.min_visitors" in silences(judged(alone, "HOUSE"))
    entry = judged(alone, "HOUSE", act=Act.ENTER_PREMISES)
    assert "visit.min_visitors" not in silences(entry)
    assert entry.reasons[-1].key == "visit.min_visitors"


def test_a_breach_that_may_be_asked_about_names_who_is_asked(visit, house, plant):
    asks = house.replace("otherwise: wait", "otherwise: ask\n    ask: bank_officer")
    plant(asks.replace("at_least: 2", "at_least: 3"))
    verdict = judged(visit(), *ALL, "HOUSE")

    assert verdict.outcome is Outcome.ASK
    assert [reason.values for reason in verdict.reasons] == [
        {"here": 2, "at_least": 3, "ask": "bank_officer"}
    ]


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
    verdict = judged(visit(here={"Li": {}}), *ENOUGH, "CN-PLEDGE")

    assert len(verdict.reasons) == 1


def test_a_clock_without_a_zone_is_no_clock(visit):
    facts = visit()
    object.__setattr__(facts, "starts_at", facts.starts_at.replace(tzinfo=None))

    (reason,) = judged(facts, *ENOUGH).reasons
    assert (reason.clause, reason.values) == ("4.05", {"fact": "starts_at"})


class Watched:
    """Facts that remember which of them were looked at."""

    def __init__(self, facts: Facts) -> None:
        self.facts, self.seen = facts, set()

    @property
    def __class__(self) -> type[Facts]:
        """Pass for the facts themselves, for rules that speak to acts of both kinds."""
        return type(self.facts)

    def __getattr__(self, name: str) -> object:
        self.seen.add(name)
        return getattr(self.facts, name)


@settings(max_examples=300, deadline=None)
@given(act=st.sampled_from(Act), but=CHANGES)
def test_a_clause_reads_the_facts_that_it_says_and_no_others(act, but, asked) -> None:
    for one in engine._bench(act, tuple(ALL), THAT_DAY).judges:
        watched = Watched(asked(act, **but))
        one.outcome(watched)
        assert watched.seen <= one.reads, one.rule.key


AT_THE_DOOR = st.sampled_from([act for act in Act if act is not Act.AUTHORISE_CASH])


@settings(max_examples=300, deadline=None)
@given(
    act=AT_THE_DOOR,
    other_act=AT_THE_DOOR,
    but=CHANGES,
    other=CHANGES,
)
def test_what_is_foretold_is_what_is_judged(act, other_act, but, other, visit) -> None:
    facts, then = visit(**but), visit(**but | other)
    change = {name: getattr(then, name) for name in other}

    asked = {act: {"as it is": {}, "so": change} for act in (other_act, act)}
    told = engine.foretell(asked, facts, tuple(ALL), THAT_DAY)[act]["so"]

    verdict = judged(then, *ALL, act=act)
    clauses = dict.fromkeys(reason.clause for reason in verdict.reasons)
    assert told == (verdict.outcome, tuple(clauses))
