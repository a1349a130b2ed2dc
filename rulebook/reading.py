"""YAML that remembers its lines, so that a misprint can be pointed at."""

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

Place = tuple[int | str, ...]
Shape = TypeVar("Shape", bound=BaseModel)
_UNKNOWN_FIELD = "extra_forbidden"  # what pydantic calls it


class Misprint(ValueError):
    """A file of the rulebook does not say what it may say: `file:line: problem`."""


@dataclass(frozen=True)
class Page:
    """A file that was read: its content, and the line each place of it stands on."""

    file: str
    content: Any
    lines: dict[Place, int]

    def misprint(self, at: Place, problem: str) -> Misprint:
        """Return the complaint about a place, or about what it is a part of."""
        while at and at not in self.lines:
            at = at[:-1]
        return Misprint(f"{self.file}:{self.lines.get(at, 1)}: {problem}")

    def shaped(
        self, shape: type[Shape], content: Any, at: Place, fields: Iterable[str]
    ) -> Shape:
        """Return a part of the page as a model, or raise its first `Misprint`."""
        try:
            return shape.model_validate(content)
        except ValidationError as wrong:
            # a misspelt field is missing as well: say what is written, not what is not
            first = min(wrong.errors(), key=lambda one: one["type"] != _UNKNOWN_FIELD)
            place = (*at, *first["loc"])
            if first["type"] == _UNKNOWN_FIELD:
                problem = unheard_of("field", str(place[-1]), fields)
            else:
                said = first["msg"].removeprefix("Value error, ")
                problem = f"{said} (in {'.'.join(map(str, place)) or 'the file'})"
            raise self.misprint(place, problem) from wrong


def page(file: str, text: str) -> Page:
    """Read a YAML file. Raises `Misprint` on a syntax error or a key said twice."""
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        if root is None:
            raise Misprint(f"{file}:1: the file is empty")
        lines = dict(_lines(file, root, ()))
        return Page(file, loader.construct_document(root), lines)
    except yaml.MarkedYAMLError as wrong:
        line = wrong.problem_mark.line + 1 if wrong.problem_mark else 1
        raise Misprint(f"{file}:{line}: {wrong.problem}") from wrong
    finally:
        loader.dispose()


def unheard_of(kind: str, name: str, names: Iterable[str] = ()) -> str:
    """Say that nothing has this name, and which one was probably meant."""
    near = difflib.get_close_matches(name, list(names), n=1)
    meant = f", did you mean {near[0]!r}?" if near else ""
    return f"there is no {kind} {name!r}{meant}"


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
            if key.value in seen:
                raise Misprint(f"{file}:{line}: {key.value!r} is said twice")
            seen.add(key.value)
            yield (*at, key.value), line
            yield from _lines(file, child, (*at, key.value))
