"""Every text is there in every language, with the same values."""

from string import Formatter

import pytest

from doorstep.catalogue import LANGUAGES, preferred, texts


def fields(text):
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_every_language_says_the_same_things():
    one, other = (texts(language) for language in LANGUAGES)

    assert {key: fields(text) for key, text in one.items()} == {
        key: fields(text) for key, text in other.items()
    }


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_TW.UTF-8"}, "zh-CN"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB"}, "en"),
        ({}, "en"),
    ],
)
def test_the_locale_chooses_the_language(environment, language):
    assert preferred(environment) == language
