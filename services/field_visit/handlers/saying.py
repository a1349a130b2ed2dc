"""The sentence of a finding, in every language we speak, filled with its numbers."""

from collections.abc import Mapping
from functools import cache
from importlib import resources

import yaml

from proto.decision import Text
from proto.plausibility import Number

LANGUAGES = ("zh-CN", "en")


@cache
def catalogue(language: str) -> Mapping[str, str]:
    folder = resources.files("services.field_visit.handlers") / "catalogue"
    text = (folder / f"{language}.yaml").read_text("utf-8")
    found: dict[str, str] = yaml.safe_load(text)
    return found


def said(key: str, numbers: Mapping[str, Number]) -> Text:
    """Return the sentence of a finding. Raises LookupError for a key nobody wrote."""
    return {each: catalogue(each)[key].format_map(numbers) for each in LANGUAGES}
