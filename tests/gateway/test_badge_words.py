"""The badge page's words: three languages that say the same, each as its people write."""

import re
from string import Template

import pytest

from chassis.settings import Settings
from gateway.pages.badge.form import CHOICES
from gateway.pages.badge.html import FOLDER, Markup, fill, read
from gateway.pages.badge.words import LANGUAGES, by_range, preferred, sentences, words
from gateway.wording import PLACE

#: What the mainland says and Taiwan does not, though both could write it either way.
NOT_IN_TAIWAN = (
    *("網絡", "信息", "短信", "默認", "屏幕", "賬", "帳號", "編碼", "工號", "工作證件"),
    *("受托", "投訴", "我行", "身份", "字符", "回復", "致電", "上門", "質量"),
    *("核實", "簡體", "登錄", "視頻", "打印", "軟件", "手機號", "銀行卡", "聯系", "里"),
)
#: The same the other way round.
NOT_ON_THE_MAINLAND = (
    *("网路", "资讯", "简讯", "识别证", "代码", "受委托机构", "申诉", "本行", "身分"),
    *("字元", "回覆", "来电本行", "到访", "金融卡", "员工编号", "正体"),
)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_has_every_sentence_with_the_same_places(language) -> None:
    first = sentences(LANGUAGES[0])
    other = sentences(language)

    assert list(other) == list(first)
    assert {name: set(PLACE.findall(text)) for name, text in other.items()} == {
        name: set(PLACE.findall(text)) for name, text in first.items()
    }
    assert [name for name, text in other.items() if not text.strip()] == []
    assert set(CHOICES) <= set(other)


def test_every_sentence_is_said_somewhere() -> None:
    code = "".join(path.read_text("utf-8") for path in FOLDER.glob("*.py"))
    unsaid = {name for name in sentences("en") if f'"{name}"' not in code}

    assert unsaid == set()


def test_each_chinese_is_written_in_its_own_characters() -> None:
    """Big5 has no simplified character, and GB 2312 no traditional one."""
    for language, characters in (("zh-TW", "big5"), ("zh-CN", "gb2312")):
        names = sentences(language)
        text = "".join(names.values()).replace(names["language"], "")
        text.encode(characters)


def test_taiwan_s_words_are_taiwan_s() -> None:
    text = "".join(sentences("zh-TW").values())
    assert [word for word in NOT_IN_TAIWAN if word in text] == []


def test_the_mainland_s_words_are_the_mainland_s() -> None:
    text = "".join(sentences("zh-CN").values())
    assert [word for word in NOT_ON_THE_MAINLAND if word in text] == []


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "zh-CN"),
        ("", "zh-CN"),
        ("*", "zh-CN"),
        ("fr", "zh-CN"),
        ("en-GB,en;q=0.9", "en"),
        ("zh-TW,zh;q=0.9,en;q=0.8", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-Hant", "zh-TW"),
        ("zh-Hant-CN", "zh-TW"),
        ("zh-Hans-TW", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh", "zh-CN"),
        ("fr, zh-TW;q=0.3, en;q=0.2", "zh-TW"),
        ("en;q=0, zh-MO", "zh-TW"),
        ("x" * 100_000, "zh-CN"),
        ("en;q=nonsense, zh-TW", "zh-TW"),
    ],
)
def test_a_browser_is_answered_in_its_language(header, language) -> None:
    assert preferred(None, header) == language


def test_a_press_on_a_language_wins() -> None:
    assert preferred("zh-TW", "en") == "zh-TW"
    assert preferred("tlh", "en") == "en"
    assert by_range("zh-hant-hk") == "zh-TW"


def test_a_bank_without_another_name_is_called_by_its_own(environment: None) -> None:
    found = Settings(bank_name="海港银行", bank_name_en="Haigang Bank")
    names = {each: words(each, found).bank for each in LANGUAGES}
    assert names == {"zh-CN": "海港银行", "zh-TW": "海港银行", "en": "Haigang Bank"}


def test_where_one_complains_is_said_in_each_language_the_bank_says_it_in(
    environment: None,
) -> None:
    taiwan = "海港市一路 2 號"
    found = Settings(bank_complaints="海港市一路 2 号", bank_complaints_zh_tw=taiwan)

    places = {each: words(each, found).complaints for each in LANGUAGES}

    assert places == {"zh-CN": "海港市一路 2 号", "zh-TW": taiwan, "en": "海港市一路 2 号"}


def test_text_can_be_nothing_but_text() -> None:
    link = Template('<a title="$text">$text</a>')
    made = fill(link, text="<b>\"'&$text{bank}")

    escaped = "&lt;b&gt;&quot;&#x27;&amp;$text{bank}"
    assert made == f'<a title="{escaped}">{escaped}</a>'
    assert isinstance(made, Markup)
    assert fill(Template("<p>$x</p>"), x=made) == f"<p>{made}</p>"
    with pytest.raises(KeyError):
        fill(link)


def test_every_value_in_a_piece_stands_where_text_may_stand() -> None:
    """Between tags or in a quoted attribute; nowhere as part of a tag but for two marks."""
    for path in FOLDER.glob("*.html"):
        text = read(path.stem).template
        inside = re.findall(r"<[a-z][^>]*>", text)
        bare = [
            name
            for tag in inside
            for name in re.findall(r"\$(\w+)", re.sub(r'"[^"]*"', "", tag))
        ]
        assert set(bare) <= {"open"}, path.name
