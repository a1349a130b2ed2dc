"""What rulebooks say together, as people read it, and whether they are right."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

import pytest

import rulebook
from doorstep.catalogue import LANGUAGES
from doorstep.command import main
from doorstep.importing import today
from doorstep.rulebooks.folding import cells, fold
from doorstep.rulebooks.merged import merge, strictness
from doorstep.rulebooks.telling import Telling
from proto.decision import Act
from rulebook import contradictions, engine, settled
from rulebook.topics import EXCUSES, RULES, TERMS
from tests.rulebook.conftest import HOUSE

DAY = date(2026, 3, 2)
ALL = tuple(rulebook.load())
MAINLAND = ("CN-PLEDGE", "CN-CARDSTD", "CN-OUTREQ", "CONTRACT-DEMO")
TWO = ("CN-PLEDGE", "TW-2005")


class Said(NamedTuple):
    """What the command said."""

    code: int
    out: str
    err: str


Say = Callable[..., Said]


@pytest.fixture
def say(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Say:
    """Run the command and return what it said, in English unless told otherwise.

    On a terminal so wide that no line is folded.
    """
    monkeypatch.setenv("COLUMNS", "10000")

    def say(verb: str, *words: str, lang: str = "en") -> Said:
        home = ("--home", str(tmp_path / "var"))
        code = main([*home, "rulebook", verb, *words, "--lang", lang])
        return Said(code, *capsys.readouterr())

    return say


@pytest.fixture
def shown(say: Say) -> Callable[..., list[str]]:
    def shown(books: tuple[str, ...], *words: str, lang: str = "en") -> list[str]:
        asked = ("--books", ",".join(books), "--on", "2026-03-02", *words)
        said = say("show", *asked, lang=lang)
        assert (said.code, said.err) == (0, "")
        return said.out.splitlines()

    return shown


# The stricter one counts.


def test_of_two_hours_the_narrower_counts_and_is_named(shown) -> None:
    lines = shown(TWO, "--act", "check_in")
    at = lines.index("  the hours of visits: from 08:00 (4.05); until 21:00 (4.05)")

    assert [line.split("  ")[2] for line in lines[at + 1 : at + 7 : 3]] == [
        "4.05",
        "21.084",
    ]
    assert "from 07:00; until 22:00; otherwise stop; except by 21.085" in lines[at + 4]
    assert (
        lines[at + 2].strip() == "“催收作业时间在8:00—21:00之间进行,(与持卡人有约定除外)”"
    )


def test_what_everybody_asks_first_stands_first(shown) -> None:
    (short,) = [line for line in shown(ALL) if line.startswith("In short: ")]

    assert short.startswith(
        "In short: hours 08:00-21:00 by the clock at the door; 2 visitors; "
        "cash never (21.038); "
    )
    (other,) = [line for line in shown(ALL, lang="zh-CN") if line.startswith("概要：")]
    assert "时段 08:00-21:00" in other
    assert "任何情况下不收现金（21.038）" in other


@pytest.mark.parametrize(
    ("books", "says"),
    [
        (ALL, "cash never (21.038)"),
        (MAINLAND, "cash only by the bank's leave, 5,000.00 yuan at most"),
        (("CN-PLEDGE",), "cash never, because no book sets what it needs"),
        (("CN-OUTREQ",), "cash never, because no book sets what it needs"),
    ],
)
def test_cash_is_never_unless_the_books_settle_all_of_it(shown, books, says) -> None:
    (short,) = [line for line in shown(books) if line.startswith("In short: ")]

    assert f"; {says}" in short or f" {says}" in short


def test_terms_are_merged_as_the_engine_takes_them() -> None:
    """The view is for people; what it shows is what decides."""
    for books in (ALL, MAINLAND):
        merged = merge(books, DAY)
        taken = {
            "visit.wait_minutes": settled.wait_minutes(books, DAY),
            "visit.exit_minutes": settled.exit_minutes(books, DAY),
            "visit.expected_minutes": settled.visit_minutes(books, DAY),
            "cash.banking_hours": settled.banking_hours(books, DAY),
            "cash.receipt_minutes": settled.receipt_minutes(books, DAY),
            "cash.money_left_minutes": settled.money_left_minutes(books, DAY),
            "visit.partner_minutes": settled.partner_minutes(books, DAY),
            "visit.end_early_minutes": settled.end_early_minutes(books, DAY),
            "visit.closing_hours": settled.closing_hours(books, DAY),
            "visit.seal_hours": settled.seal_hours(books, DAY),
            "help.climb_seconds": settled.climb_seconds(books, DAY),
            "danger.report_hours": settled.report_hours(books, DAY),
            "cash.four_eyes_above": settled.four_eyes_above(books, DAY),
            "visit.entry_reasons": settled.entry_reasons(books, DAY),
            "recording.coverage": settled.covered_percent(books, DAY),
            "recording.await_hours": settled.await_hours(books, DAY),
        }
        seen = {key: only(merged.norm(key).limits) for key in taken}
        assert seen == taken
        twos = {"visit.warn_minutes": settled.warn_minutes, "visit.knocks": settled.knocks}
        twos["recording.gap_seconds"] = settled.gap_seconds
        for key, take in twos.items():
            assert tuple(merged.norm(key).limits.values()) == take(books, DAY)
        permits = merged.norm("visit.permit_minutes").limits
        for act in (each for each in Act if each is not Act.AUTHORISE_CASH):
            assert permits[act.value] == settled.permit_minutes(books, act, DAY)


def only(limits):
    (value,) = limits.values()
    return value


@pytest.mark.parametrize(
    ("key", "name", "values", "strictest"),
    [
        ("contact.window", "opens", (time(7), time(8)), time(8)),
        ("contact.window", "closes", (time(21), time(22)), time(21)),
        ("visit.min_visitors", "at_least", (2, 3), 3),
        ("visit.at_the_address", "within_m", (200.0, 50.0), 50.0),
        ("letter.min_amount", "above", (Decimal(1000), Decimal(500)), Decimal(1000)),
        ("cash.four_eyes_above", "above", (Decimal(1000), Decimal(500)), Decimal(500)),
        ("cash.cap", "most", (Decimal(1000), Decimal(500)), Decimal(500)),
        ("visit.expected_minutes", "minutes", (20, 30), 30),
        ("visit.wait_minutes", "minutes", (20, 30), 20),
        ("visit.entry_reasons", "allowed", ({"a", "b"}, {"b", "c"}), {"b"}),
    ],
)
def test_which_of_two_limits_is_the_stricter(key, name, values, strictest) -> None:
    sets = [frozenset(each) if isinstance(each, set) else each for each in values]

    assert strictness(key, name)(sets) == strictest
    assert strictness(key, name)(sets[::-1]) == strictest


@pytest.mark.parametrize("norm", [*RULES.values(), *EXCUSES.values(), *TERMS.values()])
def test_every_limit_has_words_and_a_stricter_side(norm) -> None:
    """When this fails for a new limit: `STRICTEST`, and words in both catalogues."""
    for language in LANGUAGES:
        telling = Telling(language)
        assert telling.name(norm.key)
        for name in norm.model_fields:
            assert strictness(norm.key, name)
            value = frozenset() if name == "allowed" else 1
            assert telling.limit(norm.key, name, value)


# Nothing is left out.


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_clause_in_force_is_there_with_its_own_words(shown, language) -> None:
    lines = shown(ALL, lang=language)
    for book in rulebook.load().values():
        for clause in book.clauses:
            placed = f"    {clause.clause}  {clause.cite}  "
            found = [n for n, line in enumerate(lines) if line.startswith(placed)]
            assert any(lines[n + 1].strip() == f"“{clause.quote}”" for n in found)


def test_a_chinese_quote_has_its_english_beside_it(shown) -> None:
    lines = shown(("CN-PLEDGE",))
    at = lines.index("      “外访催收作业时,必须有两名以上员工配合”")

    assert lines[at + 1] == "      = VISITS NEED AT LEAST TWO STAFF"
    meanings = ["= ", "即："]
    chinese = shown(("CN-PLEDGE",), lang="zh-CN")
    assert [line for line in chinese if line.strip().startswith(tuple(meanings))] == []


def test_each_clause_says_since_when_and_before_which_acts(shown) -> None:
    lines = shown(ALL)

    assert (
        "    4.27  CN-PLEDGE/10  a duty; binds the agency; before every act at the door; "
        "at least 2; otherwise wait; since 2010-01-01"
    ) in lines
    assert (
        "    21.090  TW-2005/参二(一)7  a prohibition; binds the agency; before entering; "
        "otherwise stop; since 2005-10-27"
    ) in lines


@pytest.mark.parametrize(
    ("language", "guard", "people"),
    [
        ("en", "kept by the system (guard:", "kept by people (procedure:"),
        ("zh-CN", "由系统保证（guard:", "由人员遵守（procedure:"),
    ],
)
def test_what_is_not_judged_is_kept_by_the_system_or_by_people(
    shown, language, guard, people
) -> None:
    told = "\n".join(shown(ALL, lang=language))
    kept = [each for book in rulebook.load().values() for each in book.clauses]
    by = [each.kept_by or "" for each in kept]

    assert told.count(guard) == sum(each.startswith("guard:") for each in by)
    assert told.count(people) == sum(each.startswith("procedure:") for each in by)


def test_a_short_rule_names_the_clause_that_excepts_from_it(shown) -> None:
    (short,) = [line for line in shown(MAINLAND) if line.startswith("In short: ")]
    assert "letters only for more than 1,000.00 yuan (except by 13.16)" in short
    (other,) = [line for line in shown(MAINLAND, lang="zh-CN") if line.startswith("概要：")]
    assert "欠款超过 1,000.00 元方可发函（13.16 的情形除外）" in other


# It fits the terminal.


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("columns", [40, 80])
def test_every_line_fits_the_terminal_and_nothing_is_lost(
    say, monkeypatch: pytest.MonkeyPatch, language, columns
) -> None:
    asked = ("--books", ",".join(ALL), "--on", "2026-03-02")
    wide = say("show", *asked, lang=language).out
    monkeypatch.setenv("COLUMNS", str(columns))
    narrow = say("show", *asked, lang=language).out

    assert [line for line in narrow.splitlines() if cells(line) > columns] == []
    assert "".join(narrow.split()) == "".join(wide.split())


@pytest.mark.parametrize(
    ("line", "folded"),
    [
        ("  fits", ["  fits"]),
        ("", [""]),
        ("  one two three four", ["  one two", "    three", "    four"]),
        ("  必须有两名以上，员工", ["  必须有两名", "    以上，员", "    工"]),
        ("  是（二）的", ["  是（二）的"]),
        ("  一二三四（五）", ["  一二三四", "    （五）"]),
        ("  abcdefghijklmnop", ["  abcdefgh", "    ijklmnop"]),
    ],
)
def test_a_line_goes_on_further_in_and_breaks_where_it_may(line, folded) -> None:
    assert list(fold(line, 12)) == folded


def test_a_clause_not_in_force_that_day_is_not_there(say) -> None:
    lines = say("show", "--books", "TW-2005", "--on", "2005-10-26").out.splitlines()

    assert [line for line in lines if line.startswith("    21.")] == []


@pytest.mark.parametrize("act", Act)
def test_of_an_act_what_judges_it_is_there_and_nothing_else(shown, act) -> None:
    merged = merge(ALL, DAY, act)
    judged = {each.clause.clause for norm in merged.judged for each in norm.said}
    clauses = [c for book in rulebook.load().values() for c in book.clauses]

    assert judged == {c.clause for c in clauses if c.in_force(DAY) and c.judges(act)}
    assert merged.kept == ()


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("books", [("CN-PLEDGE",), ("CN-OUTREQ", "TW-2005"), MAINLAND, ALL])
def test_what_is_left_open_is_what_the_engine_stops_an_act_for(books, act) -> None:
    silent = [each.values["norm"] for each in engine._bench(act, books, DAY).objections]

    assert list(merge(books, DAY, act).open.get(act, ())) == silent


def test_an_act_that_nothing_settles_is_said_to_be_never_allowed(shown) -> None:
    lines = shown(("CN-PLEDGE",), "--act", "enter_premises")
    title = "Never allowed with these books, because none of them settles what it needs"

    (line,) = lines[lines.index(title) + 1 :]
    assert line.startswith("  entering: ")
    assert "the time a permit is good" in line


def test_where_the_books_disagree_is_said_with_what_is_done(shown) -> None:
    title = "What these books contradict each other in, and what is done"
    lines = shown(TWO, "--act", "collect_cash")
    told = [line.split("(")[0].strip() for line in lines[lines.index(title) + 1 :]]

    assert {"X1", "X3"} <= {*told}
    cash = next(line for line in lines if line.strip().startswith("X3 "))
    assert "(4.30, 4.31, 4.32, 4.33, 4.34 against 21.038): Cash is never taken" in cash
    chinese = shown(TWO, lang="zh-CN")
    for each in contradictions(TWO):
        if each.between(TWO):
            assert any(each.default["zh-CN"] in line for line in chinese)


def test_of_one_book_nothing_is_said_to_disagree(shown) -> None:
    assert [line for line in shown(("TW-2005",)) if "contradict" in line] == []


# How it is asked.


def test_a_misspelt_book_is_pointed_at(say) -> None:
    said = say("show", "--books", "CN-PLEGDE,TW-2005")

    assert (said.code, said.out) == (1, "")
    assert "there is no book 'CN-PLEGDE', did you mean 'CN-PLEDGE'?" in said.err


def test_books_may_be_set_apart_by_spaces(say) -> None:
    said = say("show", "--books", " CN-PLEDGE, TW-2005 ,")

    assert said == say("show", "--books", "CN-PLEDGE,TW-2005")
    assert said.code == 0


def test_without_books_and_day_it_is_all_of_them_today(say) -> None:
    said = say("show").out

    assert f"The rules on {today()}" in said
    assert [name for name in ALL if f"  {name}  " not in said] == []


def test_a_day_that_is_none_is_refused(say) -> None:
    with pytest.raises(SystemExit):
        say("show", "--on", "tomorrow")


# Whether books are right.


def test_the_shipped_books_are_right(say) -> None:
    books = rulebook.load().values()
    clauses = sum(len(book.clauses) for book in books)

    said = say("check")
    assert said == (0, f"{len(books)} books, {clauses} clauses are right\n", "")


def test_a_bank_s_own_book_is_checked_with_the_line_and_what_was_meant(
    say, tmp_path: Path
) -> None:
    good, bad, worse = (tmp_path / name for name in ("good.yaml", "bad.yaml", "worse.yaml"))
    good.write_text(HOUSE, "utf-8")
    bad.write_text(HOUSE.replace("min_visitors", "min_vistors"), "utf-8")
    worse.write_text(HOUSE.replace("{at_least: 2}", "{atleast: 2}"), "utf-8")

    assert say("check", str(good)) == (0, "1 books, 1 clauses are right\n", "")
    said = say("check", str(bad), str(good), str(worse))
    assert (said.code, said.out) == (1, "")
    assert said.err.splitlines() == [
        f"{bad}:7: there is no norm 'visit.min_vistors',"
        " did you mean 'visit.min_visitors'?",
        f"{worse}:16: there is no field 'atleast', did you mean 'at_least'?",
        "2 to put right",
    ]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "1: it cannot be read (No such file or directory), check its name"),
        (b"", "1: the file is empty"),
        (HOUSE.encode("gb18030"), "2: this line is not UTF-8, save the file as UTF-8"),
        (b"id: [", "1: this is not YAML from column 6 on; check "),
        (b"clauses: 3\n", "1: 'id' is missing"),
        (b"- a book\n", "1: a book is wanted here, with id, title and clauses"),
        (b"id: H\ntitle: \x07\n", "2: a character on this line cannot be in a text"),
        (b"id: H\nsince: 2026-02-30\n", "2: '2026-02-30' is no day, time or number"),
        (b"id: H\n[a]: b\n", "2: a name is wanted before the colon, not a list"),
        (b"id: &a [*a]\n", "1: it is nested too deeply, or refers to itself"),
    ],
)
def test_whatever_the_file_is_there_is_a_line_and_a_sentence(
    say, tmp_path: Path, content, problem
) -> None:
    file = tmp_path / "own.yaml"
    if content is not None:
        file.write_bytes(content)

    said = say("check", str(file))
    assert said.code == 1
    assert said.err.startswith(f"{file}:{problem}")


MANY = """\
id: HOUSE
title: {zh-CN: 家规, en: House rules}
language: zh-CN
source: a test
confidence: sure
clauses:
  - {key: visit.min_vistors, clause: H.1, cite: HOUSE/1, quote: 不得单独敲门。,
     since: 2026-01-01, status: in_force, severity: duty, obligor: agency}
  - {key: visit.min_visitors, clause: H.2, cite: HOUSE/2, quote: 太短,
     since: yesterday, status: in_force, severity: duty, obligor: nobody}
  - {key: visit.min_visitors, clause: H.3, cite: HOUSE/3, quote: 不得单独敲门。,
     since: 2026-01-01, until: 2025-01-01, status: in_force, severity: duty,
     obligor: agency, unless: H.9, limits: {at_least: 0}}
"""


def test_every_misprint_of_a_file_is_told_and_not_the_first_alone(say, tmp_path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(MANY, "utf-8")

    said = say("check", str(file))
    assert (said.code, said.out) == (1, "")
    assert [line.removeprefix(f"{file}:") for line in said.err.splitlines()] == [
        "5: 'confidence' must be one of 'verified', 'secondary', 'memory', 'example'",
        "7: there is no norm 'visit.min_vistors', did you mean 'visit.min_visitors'?",
        "9: 'quote' is too short, write 6 characters at least",
        "10: 'since' must be a day, such as 2026-03-02",
        "10: 'obligor' must be one of 'agency', 'bank'",
        "12: it ends on 2025-01-01, before it begins",
        "13: 'at_least' must be more than 0",
        "13: there is no exception of this book 'H.9'",
        "8 to put right",
    ]


def test_misprints_are_told_in_the_language_that_was_asked_for(say, tmp_path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(MANY, "utf-8")

    lines = say("check", str(file), lang="zh-CN").err.splitlines()
    assert [line.removeprefix(f"{file}:") for line in lines] == [
        "5: “confidence”应为以下之一：'verified', 'secondary', 'memory', 'example'",
        "7: 没有事项“visit.min_vistors”，是否应为“visit.min_visitors”？",
        "9: “quote”过短，至少6个字",
        "10: “since”应为日期，如 2026-03-02",
        "10: “obligor”应为以下之一：'agency', 'bank'",
        "12: 止于2025-01-01，早于开始",
        "13: “at_least”应大于0",
        "13: 没有本规则集的例外“H.9”",
        "共 8 处需要更正",
    ]


def test_a_misspelt_book_is_pointed_at_in_chinese_too(say) -> None:
    said = say("show", "--books", "CN-PLEGDE", lang="zh-CN")

    assert (said.code, said.out) == (1, "")
    assert "没有规则集“CN-PLEGDE”，是否应为“CN-PLEDGE”？" in said.err


def test_two_books_of_one_id_are_pointed_at(say, tmp_path: Path) -> None:
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / name).write_text(HOUSE, "utf-8")

    said = say("check", *(str(tmp_path / name) for name in ("one.yaml", "two.yaml")))
    assert said.code == 1
    assert "two.yaml:1: there is another book 'HOUSE' among these" in said.err
