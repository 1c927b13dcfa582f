"""Messages to measure with: real short Chinese ones where there are any, else generated ones."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path

from service_kit.matching import common_words

_MESSAGES = Path(os.environ.get("GROUPGUARD_BENCH_DATA", "")) / "messages.jsonl"

SOURCE = (
    "real short messages"
    if _MESSAGES.exists()
    else "generated: GROUPGUARD_BENCH_DATA names no folder with a messages.jsonl"
)
"""Where the messages come from, for the results."""

LONG = (
    "【年货节】会员专享：坚果礼盒 A4 装 500g*6 袋，原价￥168，到手价￥99！"
    "下单备注“群友”再减 10 元；顺丰包邮，48 小时内发货（新疆、西藏除外）。"
    "数量有限，先到先得。需要的朋友直接回复姓名 + 电话 + 地址，我来帮大家统一登记，有问题随时找我。"
)[:120]
"""120 characters, as long as the text that houbb/sensitive-word is measured with: Han, letters, digits and signs."""


def messages() -> list[str]:
    """Returns the texts, 27 characters long on average."""
    if _MESSAGES.exists():
        return [json.loads(line)["text"] for line in _MESSAGES.read_text("utf-8").splitlines()]
    words, chance = common_words()[:5_000], random.Random(7)
    return [
        "".join(chance.choice(words) + chance.choice(("", "", "", "，", " ", "！", "ok")) for _ in range(11))
        for _ in range(20_000)
    ]
