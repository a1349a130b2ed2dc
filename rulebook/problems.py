"""What may be wrong with a file of the rulebook: a sentence in every language we speak."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("zh-CN", "en")


class Problem(ValueError):
    """What is wrong, by the key of its sentence in `misprints/`, and its values.

    A value under `kind` is itself a key there, `kinds.<kind>`. Raised by whatever reads a
    value, so that a validator may raise it too; its own text is English.
    """

    def __init__(self, key: str, /, **values: Any) -> None:
        self.key, self.values = key, values
        super().__init__(self.said("en"))

    def said(self, language: str) -> str:
        """Return the sentence in one language."""
        texts = sentences(language)
        values = dict(self.values)
        if "kind" in values:
            values["kind"] = texts[f"kinds.{values['kind']}"]
        return texts[self.key].format_map(values)


def unheard_of(kind: str, name: str, names: Iterable[str] = ()) -> Problem:
    """Return that nothing has this name, and which one was probably meant."""
    near = difflib.get_close_matches(name, list(names), n=1)
    if near:
        return Problem("unheard-of-meant", kind=kind, name=name, meant=near[0])
    return Problem("unheard-of", kind=kind, name=name)


@cache
def sentences(language: str) -> Mapping[str, str]:
    """Return all sentences of a language by key."""
    file = resources.files("rulebook") / "misprints" / f"{language}.yaml"
    said: dict[str, str] = yaml.safe_load(file.read_text("utf-8"))
    return said
