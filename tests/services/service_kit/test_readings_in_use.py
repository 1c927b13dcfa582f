"""By which of a character's readings HOMOPHONE looks for a keyword: those that people know."""

from __future__ import annotations

import pytest

from service_kit.matching import MatchMode, contains


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("为什么", "微信"),  # 信 was once read shen
        ("我们小组", "小姐"),  # 姐 zu
        ("功夫茶", "红包"),  # 红 gong, 包 fu
        ("要跑两趟", "约炮"),  # 约 yao
        ("都自己来", "投资"),  # 投 dou
        ("矫情", "激情"),  # 激 jiao
        ("带薪休假", "贷款"),  # 款 xin
    ],
)
def test_readings_that_only_a_dictionary_knows_find_nothing(text: str, keyword: str) -> None:
    """Each of these was found in messages that nobody would call an advert, some of them in hundreds."""
    assert not contains(text, keyword, MatchMode.HOMOPHONE)


@pytest.mark.parametrize(
    ("text", "keyword"),
    [
        ("人民银航", "银行"),
        ("虫庆火锅", "重庆"),
        ("快计代账", "会计"),
        ("高潮还前", "还钱"),
        ("张辈", "长辈"),
    ],
)
def test_a_word_is_found_by_each_reading_that_words_have(text: str, keyword: str) -> None:
    """Whichever is its character's usual one."""
    assert contains(text, keyword, MatchMode.HOMOPHONE)
