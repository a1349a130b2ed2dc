"""Sentences for people: the catalogues, and which language a caller reads.

In a template, `{name}` is a value and `[...]` a part that is left out when a value in it
is missing. Rendering never fails: a problem without its sentence would be another one.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from proto.base import Detail, Problem, Value

Language = Literal["zh-CN", "en"]

#: The first is what is spoken when a caller asks for neither: the users are Chinese.
LANGUAGES: tuple[Language, ...] = ("zh-CN", "en")
FOLDER = Path(__file__).parent / "catalogue"

#: Characters of one value that are shown.
LONGEST = 200

PLACE = re.compile(r"\{(\w+)\}")
OPTIONAL = re.compile(r"\[([^\[\]]*)\]")
RANGE = re.compile(r"\s*([\w*-]+)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$", re.ASCII)


class Sentence(Value):
    """What one kind of problem is called, and what to do about it."""

    title: str
    detail: str


class Catalogue(Value):
    """All sentences in one language.

    `problems` by kind, `fields` by pydantic's error type, `words` for single values.
    """

    joined_by: str
    missing: str
    problems: dict[str, Sentence]
    fields: dict[str, str]
    words: dict[str, str]

    def problem(self, problem: Problem) -> Sentence:
        """Return title and detail of a problem, its values put in."""
        known = self.problems.get(problem.kind) or self.problems["unknown"]
        values = {"kind": problem.kind} | problem.values
        return Sentence(
            title=self.fill(known.title, values), detail=self.fill(known.detail, values)
        )

    def detail(self, detail: Detail) -> str:
        """Return the sentence for one field or row."""
        if detail.kind != "field":
            problem = Problem(kind=detail.kind, status=422, values=detail.values)
            return self.problem(problem).detail
        template = self.fields.get(str(detail.values.get("type")), self.fields["other"])
        return self.fill(template, detail.values)

    def fill(self, template: str, values: dict[str, Any]) -> str:
        def keep(part: re.Match[str]) -> str:
            names = PLACE.findall(part[1])
            return part[1] if all(name in values for name in names) else ""

        def put(place: re.Match[str]) -> str:
            name = place[1]
            if name not in values:
                return self.missing
            said = self.word(values[name])  # pydantic lists in English: 'a', 'b' or 'c'
            return said.replace(" or ", self.joined_by) if name == "expected" else said

        return PLACE.sub(put, OPTIONAL.sub(keep, template))

    def word(self, value: Any) -> str:
        """Write a value for a person: lists joined, known words translated."""
        if isinstance(value, (list, tuple)):
            text = self.joined_by.join(self.words.get(str(v), str(v)) for v in value)
        else:
            text = self.words.get(str(value), str(value))
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"


@cache
def catalogue(language: Language) -> Catalogue:
    """Read a catalogue. Raises ValidationError when it has not the shape of one."""
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    return Catalogue.model_validate(yaml.safe_load(text))


def preferred(accept_language: str | None) -> Language:
    """Choose a language by Accept-Language (RFC 9110, 12.5.4).

    Any Chinese is zh-CN and any English en; of equals the first named; with neither
    asked for, or `*`, zh-CN. What cannot be read counts as not asked.
    """
    best: tuple[float, Language] = (0.0, LANGUAGES[0])
    for part in (accept_language or "")[:1000].split(","):
        if found := RANGE.match(part):
            quality = float(found[2] or 1)
            language = by_range(found[1].lower())
            if language and quality > best[0]:
                best = (quality, language)
    return best[1]


def by_range(asked: str) -> Language | None:
    if asked == "*":
        return LANGUAGES[0]
    subtag = asked.split("-")[0]
    return next((each for each in LANGUAGES if each.split("-")[0] == subtag), None)
