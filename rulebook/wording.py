"""The sentences people read and say, in every language we speak.

`catalogue/` explains breaches and names things; `scripts/` is what is said at the door.
"""

from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict

from proto.decision import Text
from rulebook.problems import LANGUAGES, unheard_of
from rulebook.reading import page

#: What stands between the things of a list.
MARKS = {"zh-CN": "、", "en": ", "}


class Sentence(BaseModel):
    """What is wrong, and what would make it right."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    says: str
    cure: str


class Catalogue(BaseModel):
    """The sentences of one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    breaches: dict[str, Sentence]
    names: dict[str, str]


class Scripts(BaseModel):
    """What is said at the door, in one language."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    scripts: dict[str, str]


@cache
def catalogue(language: str) -> Catalogue:
    """Return the sentences of a language. Raises `Misprint`."""
    paper = page(f"catalogue/{language}.yaml", _text("catalogue", language))
    return paper.shaped(Catalogue, paper.content, (), Catalogue.model_fields)


@cache
def scripts(language: str) -> Mapping[str, str]:
    """Return the scripts of a language by key. Raises `Misprint`."""
    paper = page(f"scripts/{language}.yaml", _text("scripts", language))
    return paper.shaped(Scripts, paper.content, (), Scripts.model_fields).scripts


def breach(key: str, values: Mapping[str, Any]) -> tuple[Text, Text]:
    """Return what is wrong and its cure. A `Text` among the values is translated."""
    says, cure = {}, {}
    for language in LANGUAGES:
        sentence = catalogue(language).breaches[key]
        spoken = {
            name: value[language] if isinstance(value, dict) else value
            for name, value in values.items()
        }
        says[language] = sentence.says.format_map(spoken)
        cure[language] = sentence.cure.format_map(spoken)
    return says, cure


def name(key: str) -> Text:
    """Return what a thing is called, such as `entry_reason.limited_mobility`."""
    return {language: catalogue(language).names[key] for language in LANGUAGES}


@cache
def named(kind: str) -> frozenset[str]:
    """Return the things of a kind, `entry_reason`, that have a name in every language."""
    names = (catalogue(language).names for language in LANGUAGES)
    both = frozenset[str].intersection(*map(frozenset, names))
    return frozenset(
        key.removeprefix(f"{kind}.") for key in both if key.startswith(f"{kind}.")
    )


def listing(kind: str, things: Iterable[str] | None) -> Text:
    """Return things of a kind as a person reads them, a dash when there are none."""
    names = [name(f"{kind}.{thing}") for thing in sorted(things or ())]
    return {
        language: MARKS[language].join(each[language] for each in names) or "-"
        for language in LANGUAGES
    }


def script(key: str) -> Text:
    """Return what to say at the door. Raises `LookupError` for a key nobody wrote."""
    known = scripts(LANGUAGES[0])
    if key not in known:
        raise LookupError(unheard_of("script", key, known).said("en"))
    return {language: scripts(language)[key] for language in LANGUAGES}


def _text(folder: str, language: str) -> str:
    file = resources.files("rulebook") / folder / f"{language}.yaml"
    return file.read_text("utf-8")
