"""What the match modes find in real messages: how much more of the adverts, and at what price."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bench.judged_hits import NOT_JUDGED, Case, Hit, Judgement, beyond, excerpt, judgements
from bench.messages import SOURCE, Message, messages
from bench.row import Figure, Must, Row
from service_kit.matching import MatchMode, finding, patterns, scan
from service_kit.matching.finders import by_mode

_WORDS = """
    微信 加微信 加微 加我 vx 加v qq qq群 扣扣 公众号 二维码 扫码 私聊 代购 代理 微商 加盟 货源 高仿 批发
    兼职 日结 刷单 赚钱 日赚 月入 躺赚 返利 返现 红包 免费领取 优惠券 特价 贷款 借款 信用卡 套现 征信 无抵押 投资
    理财 股票 荐股 涨停 炒股 彩票 博彩 赌博 中奖 发票 代开发票 办证 刻章 裸聊 约炮 激情 小姐 同城 代写 替考
"""
"""As a shop's supervisor writes them who thinks of adverts and not of match modes."""
KEYWORDS = _WORDS.split()
_PAGE = Path(__file__).parent.parent / "results" / "false_hits.md"
_EXACT, _FOLDED, _HOMOPHONE = MatchMode
_LONG = 3
"""Characters from which on the sound of a word is nearly its own."""
_PER = 10_000
"""Harmless messages that false hits are counted by."""
_MOST_WRONG = Must(2)
_NONE = Must(0)

Judged = tuple[Case, Judgement]


def measure() -> Iterator[Figure]:
    """Looks for the keywords in all messages, and writes down every hit that folding alone has."""
    sent = messages()
    harmless = [message for message in sent if not message.is_advert]
    adverts = [message for message in sent if message.is_advert]
    said = {mode: _hits(harmless, mode) for mode in MatchMode}
    more = {
        mode: _judged(harmless, mode, beyond(said[mode], said[below]))
        for below, mode in ((_EXACT, _FOLDED), (_FOLDED, _HOMOPHONE))
    }
    part = f"{len(KEYWORDS)} keywords in {len(harmless):,} harmless messages"
    for mode in MatchMode:
        yield Figure(part, f"hits, {mode.name}", len(said[mode]), "hits")
    for mode, found in more.items():
        counts = {verdict: _count(found, verdict) for verdict in ("right", "wrong", NOT_JUDGED.verdict)}
        name = f"more by {mode.name}"
        yield Figure(part, name, len(found), "hits")
        yield Figure(part, f"{name}: the word is meant", counts["right"], "hits")
        yield Figure(part, f"{name}: it is not", counts["wrong"], "hits")
        unseen = counts[NOT_JUDGED.verdict]
        yield Figure(part, f"{name}: not judged", unseen, "hits", _NONE if mode is _FOLDED else None)
        rate = (counts["wrong"] + unseen) / len(harmless) * _PER
        bound = _MOST_WRONG if mode is _FOLDED else None
        yield Figure(part, f"{name}: not meant or not judged, per {_PER:,} messages", rate, "hits", bound)
        long = [case for case, _ in found if len(case[1]) >= _LONG]
        yield Figure(part, f"{name}: of keywords of {_LONG} characters and more", len(long), "hits")
    part = f"{len(KEYWORDS)} keywords in {len(adverts):,} adverts"
    for mode in MatchMode:
        found_in = {hit.message for hit in _hits(adverts, mode)}
        yield Figure(part, f"adverts found, {mode.name}", len(found_in), "messages")
    _PAGE.write_text("\n".join(_page(more)) + "\n", "utf-8")


def _hits(sent: Sequence[Message], mode: MatchMode) -> set[Hit]:
    keywords: dict[str, list[str]] = {}
    for keyword in KEYWORDS:
        for pattern in patterns(keyword, mode):
            keywords.setdefault(pattern, []).append(keyword)
    finders = by_mode({mode: finding(keywords)})
    return {
        Hit(number, keyword, start, end)
        for number, message in enumerate(sent)
        for start, end, found in scan(message.text, finders)
        for keyword in found
    }


def _judged(sent: Sequence[Message], mode: MatchMode, found: Iterable[Hit]) -> list[Judged]:
    known = judgements()
    cases = ((mode, hit.keyword, excerpt(sent[hit.message].text, hit.start, hit.end)) for hit in found)
    return [(case, known.get(case, NOT_JUDGED)) for case in cases]


def _count(found: Iterable[Judged], verdict: str) -> int:
    return sum(judgement.verdict == verdict for _, judgement in found)


def _page(more: dict[MatchMode, list[Judged]]) -> Iterator[str]:
    yield "# Hits that only folding has, in messages that are no adverts"
    yield ""
    yield f"Messages: {SOURCE}. Written by `make bench BENCH_ARGS=false_hits`; judgements: `judged_hits.tsv`."
    for mode, found in more.items():
        yield ""
        yield f"## {mode.name}, and no stricter mode: {len(found)}"
        yield ""
        yield "| keyword | message | is the word meant? | why |"
        yield "|---|---|---|---|"
        for (_, keyword, piece), judgement in sorted(found, key=lambda it: (it[0][1], it[0][2])):
            cells = (keyword, piece, judgement.verdict, judgement.why)
            yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


ROW = Row(
    name="false_hits",
    title="what each match mode finds in real messages",
    about=f"{len(KEYWORDS)} ordinary advert keywords, without allow phrases, in messages of both sorts ({SOURCE}). Every hit "
    "that FOLDED has beyond EXACT, and HOMOPHONE beyond FOLDED, in messages labelled harmless was judged by hand: is the "
    "word meant? They are listed in [results/false_hits.md](results/false_hits.md).",
    measure=measure,
    repetitions=1,
    packages=("groupguard",),
)
