"""What the page says, in three languages, and in which of them somebody is answered."""

from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args

import yaml

from chassis.settings import Settings
from gateway.pages.badge.html import FOLDER
from gateway.wording import PLACE, RANGE

Language = Literal["zh-CN", "zh-TW", "en"]

#: The first is what is spoken when somebody asks for none of them.
LANGUAGES: tuple[Language, ...] = get_args(Language)
#: Where Chinese is written in traditional characters.
TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
#: Characters of an Accept-Language header that are read.
READ = 1000


@dataclass(frozen=True)
class Words:
    """The sentences of one language, and the bank by the name it has there."""

    language: Language
    bank: str
    hotline: str
    complaints: str

    def say(self, key: str, **values: str | int) -> str:
        """Return a sentence with its values. Raises KeyError for one that there is not."""
        known = {"bank": self.bank} | {name: str(each) for name, each in values.items()}
        return PLACE.sub(lambda place: known[place[1]], sentences(self.language)[key])


@cache
def sentences(language: Language) -> dict[str, str]:
    text = (FOLDER / f"{language}.yaml").read_text(encoding="utf-8")
    found: dict[str, str] = yaml.safe_load(text)
    return found


def words(language: Language, settings: Settings) -> Words:
    """Return what is said in a language; what the bank did not say there, as it said it."""
    named = {"zh-TW": settings.bank_name_zh_tw, "en": settings.bank_name_en}
    placed = {"zh-TW": settings.bank_complaints_zh_tw, "en": settings.bank_complaints_en}
    return Words(
        language=language,
        bank=named.get(language) or settings.bank_name,
        hotline=settings.bank_hotline,
        complaints=placed.get(language) or settings.bank_complaints,
    )


def preferred(asked: str | None, accept_language: str | None) -> Language:
    """Choose a language: the one that was asked for, or by Accept-Language.

    Of equals the first that is named (RFC 9110, 12.5.4). What cannot be read counts as
    not asked.
    """
    if chosen := next((each for each in LANGUAGES if each == asked), None):
        return chosen
    best: tuple[float, Language] = (0.0, LANGUAGES[0])
    for part in (accept_language or "")[:READ].split(","):
        if found := RANGE.match(part):
            quality, language = float(found[2] or 1), by_range(found[1].lower())
            if language and quality > best[0]:
                best = (quality, language)
    return best[1]


def by_range(asked: str) -> Language | None:
    """Return the language of a range (RFC 4647): the script first, else the region."""
    primary, *others = asked.split("-")
    if primary == "zh":
        simplified = "hans" in others
        traditional = not simplified and not TRADITIONAL.isdisjoint(others)
        return "zh-TW" if traditional else "zh-CN"
    return {"en": "en", "*": LANGUAGES[0]}.get(primary)
