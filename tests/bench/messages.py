"""Messages to measure with: real ones where there are some, else generated ones."""

from __future__ import annotations

import itertools
import json
import os
from dataclasses import dataclass
from pathlib import Path

_FILE = Path(os.environ.get("GROUPGUARD_BENCH_DATA", "")) / "messages.jsonl"

SOURCE = (
    "real short messages, labelled by the authors of their collections"
    if _FILE.exists()
    else "generated: GROUPGUARD_BENCH_DATA names no folder with a messages.jsonl"
)
"""Where the messages come from, for the results."""

_SAID = ("请问", "老板，", "麻烦问一下，", "大家好！", "昨天")
_HARMLESS = ("这款还有货吗", "快递到哪里了", "发票怎么开", "微信付可以吗", "能便宜点吗", "路口交通堵塞")
_ADVERTS = (
    "加薇❤信领红包",
    "急用錢找我，貸-款秒批",
    "在家兼职，日结",
    "代開發票，点数低",
    "ＶＸ同号，刷\u200b单",
)
_MEANT = ("，谢谢", "？", "，13800138000", "[微笑]", "")


@dataclass(frozen=True, slots=True)
class Message:
    """A message and what its collection says of it."""

    text: str
    is_advert: bool
    """Or a fraud."""


def messages() -> list[Message]:
    """Returns all that there are."""
    if _FILE.exists():
        rows = map(json.loads, _FILE.read_text("utf-8").splitlines())
        return [Message(row["text"], row["label"] == 1) for row in rows]
    return [
        Message("".join(parts), is_advert)
        for said, is_advert in ((_HARMLESS, False), (_ADVERTS, True))
        for parts in itertools.product(_SAID, said, _MEANT)
    ]
