"""The texts people read at the desk, in every language we speak, by dotted key."""

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import yaml

LANGUAGES = ("zh-CN", "en")


def say(language: str, key: str, /, **values: object) -> str:
    """Return the text of a key. Raises `KeyError` for one nobody wrote."""
    return texts(language)[key].format_map(values)


def knows(key: str) -> bool:
    """Tell whether there is a text for the key."""
    return key in texts(LANGUAGES[0])


def preferred(environment: Mapping[str, str]) -> str:
    """Return the language a person's locale asks for; English for what we lack."""
    wanted = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in wanted if environment.get(name)), "")
    return "zh-CN" if locale.lower().startswith("zh") else "en"


@cache
def texts(language: str) -> Mapping[str, str]:
    """Return all texts of a language."""
    file = resources.files("doorstep.catalogue") / f"{language}.yaml"
    return dict(_flat("", yaml.safe_load(file.read_text("utf-8"))))


def _flat(prefix: str, tree: Mapping[str, Any]) -> list[tuple[str, str]]:
    found = []
    for name, value in tree.items():
        if isinstance(value, dict):
            found += _flat(f"{prefix}{name}.", value)
        else:
            found.append((prefix + name, str(value)))
    return found
