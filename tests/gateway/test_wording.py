"""Every kind of problem has its sentences, in both languages."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pydantic
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import Refused
from chassis.malformed import malformed
from gateway import errors  # noqa: F401 - its classes count as refusals
from gateway.asks import ASKS
from gateway.wording import LANGUAGES, PLACE, Language, catalogue, preferred
from proto.base import Detail, Problem, Role
from proto.decision import Act

ROOT = Path(__file__).parents[2]
SOURCES = sorted(
    file
    for part in ("gateway", "chassis", "services")
    for file in (ROOT / part).rglob("*.py")
)
KIND = re.compile("[a-z]+(-[a-z]+)+")
KINDS = set(catalogue("en").problems)


def refusals(kind: type[Refused] = Refused) -> Iterator[str]:
    yield kind.__name__
    for each in kind.__subclasses__():
        yield from refusals(each)


def kinds_in(tree: ast.AST) -> Iterator[str]:
    """Yield the kind of every refusal, problem and detail that is made in a file."""
    makers = {*refusals(), "unavailable"} - {"NotFound"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Return):  # of a function that says what is wrong
            yield from filter(KIND.fullmatch, words_in(node))
        if not isinstance(node, ast.Call):
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        named = [each.value for each in node.keywords if each.arg == "kind"]
        if name in makers:
            named += node.args[:1]
        if name in {*makers, "Detail", "Problem"}:
            yield from (
                each.value
                for each in named
                if isinstance(each, ast.Constant) and each.value != "field"
            )


def words_in(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def test_every_kind_that_is_raised_has_its_sentences() -> None:
    raised = {
        kind: file.relative_to(ROOT)
        for file in SOURCES
        for kind in kinds_in(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert len(raised) > 30
    missing = {kind: str(file) for kind, file in raised.items() if kind not in KINDS}
    assert missing == {}


def test_both_catalogues_have_the_same_keys_and_places() -> None:
    one, other = (catalogue(language) for language in LANGUAGES)
    assert one.words.keys() == other.words.keys()
    assert set(one.fields) == set(other.fields)
    assert set(one.problems) == set(other.problems)
    for kind in KINDS:
        texts = (one.problems[kind].detail, other.problems[kind].detail)
        assert len({frozenset(PLACE.findall(text)) for text in texts}) == 1, kind
    for kind in one.fields:
        texts = (one.fields[kind], other.fields[kind])
        assert len({frozenset(PLACE.findall(text)) for text in texts}) == 1, kind


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_sentence_without_its_values_still_reads(language: Language) -> None:
    words = catalogue(language)
    for kind in KINDS:
        said = words.problem(Problem(kind=kind, status=400))
        for text in (said.title, said.detail):
            assert text.strip() == text
            assert not set(text) & set("{}[]"), text
            assert "  " not in text


def test_roles_and_acts_have_words() -> None:
    assert {*Role, *Act} <= catalogue("en").words.keys()


@given(
    st.sampled_from(sorted(KINDS | {"x"})),
    st.dictionaries(st.text(), st.integers() | st.text() | st.lists(st.text())),
)
def test_rendering_never_fails(kind: str, values: dict[str, Any]) -> None:
    for language in LANGUAGES:
        catalogue(language).problem(Problem(kind=kind, status=400, values=values))
        detail = Detail(pointer="", kind="field", values=values)
        catalogue(language).detail(detail)


NONSENSE = [None, True, -1, 1.5, "", "x", "\u4e00" * 500, [], [None], {}, {"kind": "x"}]


@pytest.mark.parametrize("ask", ASKS, ids=lambda ask: ask.command.__name__)
def test_every_field_error_has_a_sentence_and_repeats_nothing(ask: Any) -> None:
    schema = ask.command.model_json_schema()
    for value in (*NONSENSE, "secret-value"):
        for thing in spoiled(schema, schema.get("$defs", {}), value):
            try:
                ask.command.model_validate(thing)
            except pydantic.ValidationError as error:
                problem = malformed(error)
                assert "secret-value" not in json.dumps(problem.model_dump(mode="json"))
                types = {each.values["type"] for each in problem.details}
                assert types <= catalogue("en").fields.keys()


def spoiled(schema: Any, definitions: Any, value: Any) -> Iterator[Any]:
    """Yield things of this schema with the value in every place, level by level."""
    yield value
    if "$ref" in schema:
        yield from spoiled(
            definitions[schema["$ref"].rpartition("/")[2]], definitions, value
        )
    for other in schema.get("anyOf", []) + schema.get("oneOf", []):
        yield from spoiled(other, definitions, value)
    if schema.get("type") == "array":
        items = schema.get("items") or schema["prefixItems"][0]
        yield from ([each] for each in spoiled(items, definitions, value))
    for name, field in schema.get("properties", {}).items():
        for each in spoiled(field, definitions, value):
            kind = schema["properties"].get("kind", {}).get("const")
            yield {name: each} | ({"kind": kind} if kind and name != "kind" else {})


ASKED: dict[str | None, Language] = {
    None: "zh-CN",
    "": "zh-CN",
    "en": "en",
    "en-GB,en;q=0.9": "en",
    "zh-TW, en;q=0.9": "zh-CN",
    "en;q=0.5, zh;q=0.6": "zh-CN",
    "en;q=0.6, zh;q=0.5": "en",
    "fr, en;q=0.1": "en",
    "fr": "zh-CN",
    "*": "zh-CN",
    "en;q=0": "zh-CN",
    "en, zh": "en",
    "zh, en": "zh-CN",
    "en;q=7, zh;q=0.1": "zh-CN",
    ";;;,en;q=": "zh-CN",
    "EN-us": "en",
    "x" * 100_000: "zh-CN",
}


@pytest.mark.parametrize(("asked", "language"), ASKED.items(), ids=range(len(ASKED)))
def test_a_language_is_chosen_by_what_is_asked(asked: str, language: Language) -> None:
    assert preferred(asked) == language
    assert language in get_args(Language)
