"""That Chinese is written in Chinese marks, and in the words of docs/words.md."""

import re

import pytest

from doorstep.catalogue import texts

#: A mark in half width that a Chinese character, or a value, stands beside.
HALF = re.compile(r"[\u4e00-\u9fff}][,;:?!()]|[,;:?!()][\u4e00-\u9fff]")
CHINESE = texts("zh-CN")


def test_chinese_sentences_are_in_full_width_marks() -> None:
    chinese = {
        key: said for key, said in CHINESE.items() if re.search(r"[\u4e00-\u9fff]", said)
    }
    assert {key: said for key, said in chinese.items() if HALF.search(said)} == {}


@pytest.mark.parametrize(
    "word",
    [
        "规则册",  # 规则集
        "决定",  # 判断
        "所见之人",  # 对方
        "第三人",  # 第三方
    ],
)
def test_a_concept_has_one_word(word: str) -> None:
    assert {key: said for key, said in CHINESE.items() if word in said} == {}
