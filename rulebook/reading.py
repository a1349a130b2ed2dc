"""YAML that remembers its lines, so that a misprint can be pointed at."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from rulebook.problems import Problem, unheard_of

Place = tuple[int | str, ...]
Shape = TypeVar("Shape", bound=BaseModel)
#: By libyaml, where there is one: each service reads the books when it starts.
FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
#: What pydantic calls it when a field is there that no model has, or is not there.
_UNKNOWN, _MISSING = "extra_forbidden", "missing"
#: The sentence for what pydantic calls by a word of its own.
_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        _MISSING: "missing",
        "greater_than": "more-than",
        "less_than_equal": "at-most",
        **dict.fromkeys(("int_type", "int_parsing", "int_from_float"), "whole-number"),
        **dict.fromkeys(("float_type", "float_parsing"), "number"),
        "finite_number": "finite",
        "string_type": "text",
        "string_too_short": "too-short",
        "too_short": "too-few",
        **dict.fromkeys(("date_type", "date_parsing"), "day"),
        **dict.fromkeys(
            ("date_from_datetime_parsing", "date_from_datetime_inexact"), "day"
        ),
        **dict.fromkeys(("literal_error", "enum"), "one-of"),
        **dict.fromkeys(("tuple_type", "frozen_set_type", "list_type"), "a-list"),
        **dict.fromkeys(("dict_type", "model_type", "mapping_type"), "names-and-values"),
        "decimal_max_places": "fen",
        **dict.fromkeys(("decimal_parsing", "decimal_type"), "sum"),
        **dict.fromkeys(("time_type", "time_parsing"), "time"),
    }
)


class Misprint(ValueError):
    """A file of the rulebook does not say what it may say: `file:line: problem`."""

    def __init__(self, file: str, line: int, problem: Problem) -> None:
        self.file, self.line, self.problem = file, line, problem
        super().__init__(self.told("en"))

    def told(self, language: str) -> str:
        """Return the complaint in one language."""
        return f"{self.file}:{self.line}: {self.problem.said(language)}"


@dataclass(frozen=True)
class Page:
    """A file that was read: its content, and the line each place of it stands on."""

    file: str
    content: Any
    lines: dict[Place, int]

    def misprint(self, at: Place, problem: Problem) -> Misprint:
        """Return the complaint about a place, or about what it is a part of."""
        while at and at not in self.lines:
            at = at[:-1]
        return Misprint(self.file, self.lines.get(at, 1), problem)

    def shaped(
        self, shape: type[Shape], content: Any, at: Place, fields: Iterable[str]
    ) -> Shape:
        """Return a part of the page as a model, or raise its first `Misprint`."""
        for misprint in self.misshaped(shape, content, at, fields):
            raise misprint
        return shape.model_validate(content)

    def misshaped(
        self, shape: type[Shape], content: Any, at: Place, fields: Iterable[str]
    ) -> list[Misprint]:
        """Return all that keeps a part of the page from being a model, line by line."""
        try:
            shape.model_validate(content)
        except ValidationError as wrong:
            errors: list[dict[str, Any]] = [{**each} for each in wrong.errors()]
            found = [
                self.misprint((*at, *error["loc"]), problem)
                for error, problem in _problems(errors, list(fields))
            ]
            return sorted(found, key=lambda misprint: misprint.line)
        return []


def page(file: str, text: str) -> Page:
    """Read a YAML file. Raises `Misprint` on a syntax error or a key said twice."""
    with suppress(Misprint, yaml.YAMLError):
        return _page(file, text, FAST)
    return _page(file, text, yaml.SafeLoader)  # libyaml tells otherwise what is wrong


def _page(file: str, text: str, kind: Any) -> Page:
    try:
        loader = kind(text)
    except yaml.reader.ReaderError as wrong:
        line = text[: wrong.position].count("\n") + 1
        raise Misprint(file, line, Problem("not-a-character")) from wrong
    try:
        root = loader.get_single_node()
        if root is None:
            raise Misprint(file, 1, Problem("empty"))
        lines = dict(_lines(file, root, ()))
        _made(file, loader, root)
        return Page(file, loader.construct_document(root), lines)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise Misprint(file, line, Problem("not-yaml", column=column)) from wrong
    except RecursionError as wrong:
        raise Misprint(file, 1, Problem("too-deep")) from wrong
    finally:
        loader.dispose()


def _problems(
    errors: list[dict[str, Any]], fields: list[str]
) -> Iterator[tuple[dict[str, Any], Problem]]:
    """Yield what is wrong, each thing once.

    A misspelt field is missing as well; a list whose parts are wrong has none left.
    """
    places = [error["loc"] for error in errors]
    unknown = {
        error["loc"]: unheard_of("field", str(error["loc"][-1]), fields)
        for error in errors
        if error["type"] == _UNKNOWN
    }
    meant = {(*loc[:-1], one.values.get("meant")) for loc, one in unknown.items()}
    for error in errors:
        place = error["loc"]
        inside = any(each != place and each[: len(place)] == place for each in places)
        if place in unknown:
            yield error, unknown[place]
        elif not inside and not (error["type"] == _MISSING and place in meant):
            yield error, _problem(error)


def _problem(error: dict[str, Any]) -> Problem:
    """Return what is wrong with a value, in our words and not in pydantic's."""
    context = error.get("ctx", {})
    if isinstance(own := context.get("error"), Problem):
        return own
    names = [part for part in error["loc"] if isinstance(part, str)]
    if not names:
        return Problem("not-a-book")
    values = {name: _plain(value) for name, value in context.items()}
    key = _SENTENCES.get(error["type"], "otherwise")
    return Problem(key, **{**values, "field": names[-1]})


def _plain(value: object) -> object:
    """Return a number or a list of words as people write it."""
    if isinstance(value, float):
        return f"{value:g}"
    return value.replace(" or ", ", ") if isinstance(value, str) else value


def _lines(file: str, node: yaml.Node, at: Place) -> Iterator[tuple[Place, int]]:
    """Yield every place of a document with its line."""
    if not at:
        yield at, node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        for index, child in enumerate(node.value):
            yield (*at, index), child.start_mark.line + 1
            yield from _lines(file, child, (*at, index))
    elif isinstance(node, yaml.MappingNode):
        seen = set()
        for key, child in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise Misprint(file, line, Problem("not-a-name"))
            if key.value in seen:
                raise Misprint(file, line, Problem("said-twice", name=key.value))
            seen.add(key.value)
            yield (*at, key.value), line
            yield from _lines(file, child, (*at, key.value))


def _made(file: str, loader: yaml.SafeLoader, node: yaml.Node) -> None:
    """Refuse a plain value that YAML takes for a day or a number that there is not."""
    if isinstance(node, yaml.ScalarNode):
        try:
            loader.construct_object(node)
        except yaml.YAMLError:
            raise
        except (ValueError, KeyError) as wrong:
            problem = Problem("not-a-value", value=node.value)
            raise Misprint(file, node.start_mark.line + 1, problem) from wrong
    elif isinstance(node, yaml.MappingNode):
        for key, child in node.value:
            _made(file, loader, key)
            _made(file, loader, child)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            _made(file, loader, child)
