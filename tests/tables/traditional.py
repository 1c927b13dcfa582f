"""Traditional characters and variants to the ones of simplified Chinese, character by character."""

from functools import cache

from tables.script import in_gb2312
from tables.sources import opencc_rows

_RARE = {
    variant: common
    for common, variants in {
        "你": "妳伱",
        "国": "囯圀囻",
        "微": "嶶",
        "亡": "亾",
        "尔": "尓尒",
        "它": "牠",
        "款": "欵",
    }.items()
    for variant in variants
}
"""Variants that OpenCC leaves alone and that are seen in chats."""


@cache
def _from_traditional() -> dict[str, str]:
    return {
        one: choices[0] for one, choices in opencc_rows("TSCharacters") if len(one) == len(choices[0]) == 1
    }


@cache
def _from_variants() -> dict[str, str]:
    """Maps the forms used in Japan, Hong Kong and Taiwan to OpenCC's traditional ones."""
    found: dict[str, str] = {}
    for dictionary in ("JPVariants", "HKVariants", "TWVariants"):
        for traditional, variants in opencc_rows(dictionary):
            for variant in variants:
                if len(traditional) == len(variant) == 1 and not in_gb2312(variant):
                    found.setdefault(variant, traditional)
    return found


def simplified(character: str) -> str | None:
    """Gives the simplified character for a traditional one or a variant; None for any other."""
    direct = _RARE.get(character) or _from_traditional().get(character)
    if direct is None and (traditional := _from_variants().get(character)):
        direct = _from_traditional().get(traditional, traditional)
    return direct if direct != character else None
