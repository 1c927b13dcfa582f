"""The character tables: what folds to what, what is removed, how characters are read."""

import subprocess
import sys
import unicodedata
from collections.abc import Iterator

import pytest

from service_kit.matching import FoldingKind, fold, tables
from service_kit.matching.fold import aligned, compact

CASE, WIDTH, TRADITIONAL = FoldingKind.CASE, FoldingKind.WIDTH, FoldingKind.TRADITIONAL
LETTER_FORM, LOOK_ALIKE = FoldingKind.LETTER_FORM, FoldingKind.LOOK_ALIKE
DIGIT_FORM, COMPATIBILITY = FoldingKind.DIGIT_FORM, FoldingKind.COMPATIBILITY

FOLDINGS = [
    *[("V", "v", CASE), ("Q", "q", CASE), ("Đ", "d", LETTER_FORM), ("ẞ", "ss", CASE), ("ß", "ss", LETTER_FORM)],
    *[("Ｖ", "v", WIDTH), ("ｘ", "x", WIDTH), ("８", "8", WIDTH), ("ｱ", "ア", WIDTH), ("ﾊ", "八", LOOK_ALIKE)],
    *[(character, simple, TRADITIONAL) for character, simple in zip("號發貸錢賣門體愛國灣裏衞", "号发贷钱卖门体爱国湾里卫", strict=True)],
    *[(character, simple, TRADITIONAL) for character, simple in zip("発気妳囯嶶參貳", "发气你国微参贰", strict=True)],
    *[(character, "v", LETTER_FORM) for character in "ᴠⓋⓥ𝐯𝐕𝒱𝔳𝕍𝗏𝘃𝙫𝚟🅥🆅🇻🅅ⱽᵛᵥⅤⅴ⒱ṽ"],
    *[(character, "x", LETTER_FORM) for character in "ⓧⓍ𝐱𝕏🅧🆇🇽ˣₓⅩⅹẋ"],
    *[("ᴡ", "w", LETTER_FORM), ("é", "e", LETTER_FORM), ("ǖ", "u", LETTER_FORM), ("ø", "o", LETTER_FORM)],
    *[("ﬁ", "fi", LETTER_FORM), ("æ", "ae", LETTER_FORM), ("ı", "i", LETTER_FORM), ("ſ", "s", LETTER_FORM)],
    *[("🆔", "id", LETTER_FORM), ("🆕", "new", LETTER_FORM), ("㊙", "秘", LETTER_FORM), ("🈲", "禁", LETTER_FORM)],
    *[(character, "v", LOOK_ALIKE) for character in "ѵѴνΝᏙᐯꓦⴸ∨𝛎"],
    *[(character, "x", LOOK_ALIKE) for character in "хХχΧ᙭ꓫㄨ"],
    *[(character, "w", LOOK_ALIKE) for character in "ѡԝωΩᎳꓪ"],
    *[(character, "o", LOOK_ALIKE) for character in "оОοΟօⲟꓳ"],
    *[("с", "c", LOOK_ALIKE), ("В", "b", LOOK_ALIKE), ("в", "b", LOOK_ALIKE), ("Ԛ", "q", LOOK_ALIKE)],
    *[("І", "i", LOOK_ALIKE), ("ꓡ", "l", LOOK_ALIKE), ("ӏ", "l", LOOK_ALIKE), ("β", "b", LOOK_ALIKE)],
    *[("Ё", "e", LOOK_ALIKE), ("µ", "m", LOOK_ALIKE), ("Ꮮ", "l", LOOK_ALIKE), ("ꓲ", "i", LOOK_ALIKE)],
    *[("ロ", "口", LOOK_ALIKE), ("ニ", "二", LOOK_ALIKE), ("エ", "工", LOOK_ALIKE), ("ー", "一", LOOK_ALIKE)],
    *[("囗", "口", LOOK_ALIKE), ("値", "值", LOOK_ALIKE), ("⻓", "长", LOOK_ALIKE), ("ㄧ", "一", LOOK_ALIKE)],
    *[(character, "5", DIGIT_FORM) for character in "⑤⑸⒌❺➄➎⓹⁵₅𝟓𝟝𝟧𝟱𝟻٥۵५๕〥🄆"],
    *[("⓿", "0", DIGIT_FORM), ("⓪", "0", DIGIT_FORM), ("➓", "10", DIGIT_FORM), ("🔟", "10", DIGIT_FORM)],
    *[("⑽", "10", DIGIT_FORM), ("⒛", "20", DIGIT_FORM), ("㊿", "50", DIGIT_FORM), ("㉈", "10", DIGIT_FORM)],
    *[("㎏", "kg", COMPATIBILITY), ("㍿", "株式会社", COMPATIBILITY), ("⾦", "金", COMPATIBILITY)],
    *[("\uf90a", "金", COMPATIBILITY), ("㏠", "1日", COMPATIBILITY), ("㈠", "一", COMPATIBILITY)],
]  # fmt: skip
NOISE = "×+＋，。！？；：、·…—～“”（）【】《》 　\t\n\r☆★○●❤❌✅👍🏻😀💰🐧¥$%‰@#^&*_=|/\\<>~`'\"-°©®™√½丶丿丨ヽゝ゛ㆍ㇏ˉˊ\ue000\U000f0000\u0378"
DROPPED = "\u00ad\u034f\u061c\u200b\u200c\u200d\u200e\u202e\u2060\u2064\ufe0f\ufe0e\ufeff\u3164\uffa0\u0301\u0336\u0489\u20e3\u20dd\u3099\U000e0061\U000e01ef\U000e0fff"
KEPT = "々〇のァあ한글กाक𠮷"
EXCEPTED = {"乾": "干"}
"""Of the common characters the only one that OpenCC takes for a traditional one: 乾 stands for 干 far more than in 乾坤."""
FIRST_READINGS = """
    微wei 信xin 薇wei 威wei 徽hui 维wei 加jia 佳jia 嘉jia 家jia 行xing 重zhong 长zhang 了le 的de 得de 地di 着zhe 好hao 都dou
    还hai 会hui 为wei 中zhong 大da 女nv 绿lv 略lve 旅lv 虐nve 群qun 兼jian 职zhi 红hong 包bao 代dai 购gou 刷shua 单dan 贷dai
    款kuan 赌du 博bo 钱qian 发fa 票piao 扣kou 企qi 鹅e 啊a 哦o 而er 安an 爱ai 恩en 欧ou 窗chuang 穷qiong 熊xiong 双shuang
    卖mai 买mai 妹mei 嗯en 零ling 〇ling 数shu 乐le 便bian
"""


def folded(text: str) -> str:
    return compact(text)


def assigned() -> Iterator[str]:
    """Gives every character that this Python knows."""
    for code in range(sys.maxunicode + 1):
        if unicodedata.category(chr(code)) not in {"Cn", "Cs", "Co"}:
            yield chr(code)


def common_han(levels: range) -> Iterator[str]:
    """Gives the characters of GB 2312 by rows: 16–55 are the 3,755 in common use, 56–87 the others."""
    for row in levels:
        for cell in range(1, 95):
            try:
                yield bytes([row + 0xA0, cell + 0xA0]).decode("gb2312")
            except UnicodeDecodeError:
                continue


def test_every_character_folds_to_characters_that_fold_no_further() -> None:
    """One pass is enough: a folded keyword and a folded text are compared as they are."""
    table, several = tables.folding(), tables.several()

    assert len(table) == sys.maxunicode + 1
    assert [
        (code, each)
        for code, result in enumerate(table)
        if chr(result) not in {tables.DROPPED, tables.NOISE}
        for each in several.get(chr(code), chr(result))
        if table[ord(each)] != ord(each)
    ] == []
    assert "" not in several.values()


def test_marks_are_noise_when_they_are_written() -> None:
    """A text can't bring its own."""
    assert aligned(tables.DROPPED + tables.NOISE + tables.SEVERAL) == tables.NOISE * 3


def test_a_kind_is_known_for_exactly_what_folds_to_something_else() -> None:
    """The explanation of a hit can name why each character matched."""
    table = tables.folding()
    removed = {ord(tables.DROPPED), ord(tables.NOISE)}
    changed = {chr(code) for code, result in enumerate(table) if result not in removed and result != code}

    assert changed == {chr(code) for code in range(len(table)) if tables.kind_of(chr(code))}
    assert {tables.kind_of(character) for character in changed} == {
        CASE,
        WIDTH,
        TRADITIONAL,
        LETTER_FORM,
        LOOK_ALIKE,
        DIGIT_FORM,
        COMPATIBILITY,
    }


@pytest.mark.parametrize(("character", "expected", "kind"), FOLDINGS)
def test_character_folds(character: str, expected: str, kind: FoldingKind) -> None:
    """What is put for letters, digits and characters to get past a keyword, and the ordinary foldings."""
    assert (folded(character), tables.kind_of(character)) == (
        expected,
        kind,
    )


@pytest.mark.parametrize("character", [*NOISE])
def test_noise_is_removed_and_seen(character: str) -> None:
    assert folded(character) == ""
    assert not tables.is_dropped(character)


@pytest.mark.parametrize("character", [*DROPPED])
def test_invisible_character_is_dropped(character: str) -> None:
    assert folded(character) == ""
    assert tables.is_dropped(character)


@pytest.mark.parametrize("character", [*KEPT])
def test_letter_stays(character: str) -> None:
    assert folded(character) == character


def test_what_is_dropped_folds_to_nothing() -> None:
    assert tables.dropped()
    assert folded("".join(tables.dropped())) == ""


def test_ascii_letters_and_digits_never_become_others() -> None:
    """0 is no o and 1 no l: a password or an article number is not an insult."""
    letters = [chr(code) for code in range(128) if chr(code).isalnum()]
    assert {character: folded(character) for character in letters} == {
        character: character.lower() for character in letters
    }
    assert folded("".join(chr(code) for code in range(128) if not chr(code).isalnum())) == ""


def test_common_han_characters_stay() -> None:
    """Simplified Chinese as people write it comes out as it went in."""
    common = list(common_han(range(16, 56)))

    assert len(common) == 3755
    assert {
        character: folded(character) for character in common if folded(character) != character
    } == EXCEPTED


def test_han_characters_become_han_characters_or_strokes() -> None:
    """No character of the whole repertoire turns into letters, and only single strokes are noise."""
    everything = list(common_han(range(16, 88)))
    assert "".join(character for character in everything if not folded(character)) == "丨丿丶"
    assert all("\u4e00" <= folded(character) <= "\u9fff" for character in everything if folded(character))


def test_a_chinese_sentence_loses_its_punctuation_only() -> None:
    sentence = "您好，本店今天买二送一（仅限3天），欢迎到店！地址：人民路88号。谢谢~"
    assert folded(sentence) == "您好本店今天买二送一仅限3天欢迎到店地址人民路88号谢谢"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("加𝐕Ⓧ：１３８⓪⓪", "加vx13800"),
        ("🇻🇽 ⱽˣ ᐯ᙭ ѵх νχ ⅤⅩ", "vx" * 6),
        ("加薇·信❤微-信", "加薇信微信"),
        ("1️⃣3️⃣8️⃣", "138"),
        ("微\u200b信\u0336號", "微信号"),
        ("ｗｅｉｘｉｎ wéixìn ωеіхіп", "weixinweixinweixiп"),
        ("37℃，5㎏，№1", "37c5kgno1"),
        ("Nike™", "nike"),
    ],
)
def test_text_folds(written: str, meant: str) -> None:
    assert folded(written) == meant


def test_what_exact_takes_for_equal_folded_does_too() -> None:
    """Turning a keyword from EXACT to FOLDED never loses a hit to letter case or width."""
    assert [character for character in assigned() if folded(fold(character)) != folded(character)] == []


def test_composed_and_decomposed_characters_fold_alike() -> None:
    """An é typed as one character or as e and an accent is the same.

    Hangul syllables stay whole, and the o with a hook is put for q.
    """
    assert [
        character
        for character in assigned()
        if not "\uac00" <= character <= "\ud7a3"
        and folded(unicodedata.normalize("NFD", character)) != folded(character)
    ] == ["Ǫ", "ǫ"]


def test_numerals_are_folded_characters_and_give_every_digit() -> None:
    numerals = tables.numerals()
    assert "".join(sorted(set(numerals.values()))) == "0123456789"
    assert "".join(map(numerals.__getitem__, "幺三八零〇贰柒玖")) == "13800279"
    assert "".join(map(numerals.__getitem__, folded("壹貳參肆伍陸柒捌玖"))) == "123456789"
    assert folded("".join(numerals)) == "".join(numerals)


@pytest.mark.parametrize("row", FIRST_READINGS.split())
def test_usual_reading_comes_first(row: str) -> None:
    assert tables.readings(row[0])[0] == row[1:]


def test_a_polyphone_has_its_other_readings() -> None:
    assert {"xing", "hang"} <= set(tables.readings("行"))
    assert {"chang", "zhang"} <= set(tables.readings("长"))
    assert {"le", "yue"} <= set(tables.readings("乐"))
    assert tables.readings("v") == tables.readings("號") == ()


def test_every_common_han_character_is_read() -> None:
    assert [
        character for character in common_han(range(16, 56)) if not tables.readings(folded(character))
    ] == []


def test_readings_are_few_plain_syllables_of_folded_characters() -> None:
    """Nobody can write a keyword with a hundred readings, and no reading is a lone consonant."""
    read = [chr(code) for code in range(0x3000, 0x32000) if tables.readings(chr(code))]
    assert folded("".join(read)) == "".join(read)
    assert max(len(tables.readings(character)) for character in read) <= 8
    for syllable in tables.syllables():
        assert syllable.isascii()
        assert syllable.islower()
        assert set(syllable) & set("aeiouv")
    assert {"lv", "nv", "wei", "a", "zhuang"} <= tables.syllables().keys()
    assert tables.syllables().keys().isdisjoint({"m", "n", "ng", "hng"})


def test_syllables_have_private_code_points_in_order() -> None:
    """The same in every process, and none that a text could bring along: folding removes them."""
    code_points = list(tables.syllables().values())
    assert list(tables.syllables()) == sorted(tables.syllables())
    assert code_points == [chr(0xE000 + index) for index in range(len(code_points))]
    assert folded("".join(code_points)) == ""


def test_first_reading_table_writes_han_as_syllables_and_leaves_the_rest() -> None:
    wei, xin = tables.syllables()["wei"], tables.syllables()["xin"]
    table = tables.first_reading_table()

    assert "微信".translate(table) == "薇芯".translate(table) == "威馨".translate(table) == wei + xin
    assert "薇信vx138の㐀".translate(table) == f"{wei}{xin}vx138の" + tables.syllables()["qiu"]


def test_common_words_are_folded_han_words_the_most_frequent_first() -> None:
    words = tables.common_words()
    assert 20_000 <= len(words) == len(set(words)) <= 30_000
    assert {len(word) for word in words} == {2, 3, 4}
    assert folded("".join(words)) == "".join(words)
    assert set(words[:200]) >= {"一个", "中国", "我们", "没有", "可以"}


def test_emoticons_are_names_without_brackets() -> None:
    names = tables.emoticons()
    assert len(names) == len(set(names)) > 100
    assert {"微笑", "呲牙", "强", "OK", "666", "發", "红包", "社会社会"} <= set(names)
    assert not any(set(name) & set("[] ") for name in names)


def test_tables_load_quickly() -> None:
    """A service that starts loads all of them; the bound, in processor time, is generous for a slow machine."""
    load = (
        "import time; from service_kit.matching import tables as t; started = time.process_time(); "
        "t.folding(), t.dropped(), t.kind_of('a'), t.first_reading_table(), t.common_words(), t.emoticons(); "
        "print(time.process_time() - started)"
    )
    answer = subprocess.run([sys.executable, "-c", load], check=True, capture_output=True, text=True)
    assert 0 < float(answer.stdout) < 2
