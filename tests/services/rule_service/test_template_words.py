"""The templates' words in the mode that takes off disguises: what else their characters may mean."""

from __future__ import annotations

import pytest

from filter_service.domain.spans import Spans
from rule_service.domain.conditions import KeywordCondition
from rule_service.domain.templates import wordlists
from service_kit.matching import Finders, MatchMode, finding, patterns, scan, why_unfit

SPARED = {
    "ADVERTS": """
        这件衬衫能加扣扣子吗
        给校服加扣扣眼要多少钱
        股票群众演员招募结束了吗
        炒股群体的平均年龄
        牙刷单价多少
        """,
    "GAMBLING_AND_PORN": """
        下个路口声援交通劝导员
        高峰增援交警三名
        救援交接已完成
        手机跑分平台哪个准
        显卡跑分平台推荐一下
        出售银行卡包吗，放八张卡的
        随单送彩金色包装袋
        广东看黄片糖多少钱一斤
        公司激情视频会议几点开
        """,
    "ABUSE": """
        不论贵贱人人有份
        广播操你妈妈也会跳
        跳操你妈妈来吗
        这盆花草你妈妈浇了吗
        给院子除草你妈妈在家吗
        热狗日的优惠还有吗
        垃圾废物东西怎么分类
        """,
    "CHEATING": """
        请问代写作业本的封面可以打印吗
        我的隐形耳机盒丢在教室了
        隐形耳机能在游泳课用吗
        主题班会：认识作弊器材
        笔试和面试交替考核
        专卖考题集的书店在哪
        现代写论文都用电脑
        那个年代做作业用石板
        现代上网课方便多了
        古代写作文叫八股
        """,
}
FOUND = {
    "GAMBLING_AND_PORN": "跑分平台招人，日结 援-交 送彩❤金",
    "ABUSE": "贱·人 操.你.妈 草你妈",
    "CHEATING": "考试隐形耳机 隐形耳机作弊 出售作弊器，包邮 代寫作業 替*考",
}


def lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


def found(words: KeywordCondition, text: str) -> list[str]:
    """The pieces that FOLDED finds and no allow phrase excuses."""

    def hits(phrases: list[str]) -> list[tuple[int, int]]:
        fit = [phrase for phrase in phrases if why_unfit(phrase, MatchMode.FOLDED) is None]
        looked_for = {pattern: phrase for phrase in fit for pattern in patterns(phrase, MatchMode.FOLDED)}
        return [(start, end) for start, end, _ in scan(text, Finders(folded=finding(looked_for)))]

    allowed = Spans(hits(list(words.allow_phrases)))
    keywords = [keyword.text for keyword in words.keywords]
    return [text[start:end] for start, end in hits(keywords) if not allowed.cover(start, end)]


@pytest.mark.parametrize("name", SPARED)
def test_a_word_inside_other_words_is_excused(name: str) -> None:
    """Customers' sentences in which an advert's or an insult's characters meet by chance, or mean a thing on sale."""
    words = getattr(wordlists, name)
    assert {text: hits for text in lines(SPARED[name]) if (hits := found(words, text))} == {}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_meant_is_found_all_the_same(name: str) -> None:
    """Disguised, and though the list excuses words that look alike."""
    words = getattr(wordlists, name)
    assert [text for text in FOUND[name].split() if not found(words, text)] == []
