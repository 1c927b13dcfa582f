"""Words to know."""

from functools import cache

from service_kit.matching.tables.files import lines


@cache
def common_words() -> tuple[str, ...]:
    """Gives the most common Chinese words of two to four characters, folded, the most frequent first."""
    return tuple(lines("common_words.txt"))


@cache
def emoticons() -> tuple[str, ...]:
    """Gives the names that WeChat's own emoticons have in archived text, where they stand in brackets: [微笑]."""
    return tuple(lines("emoticons.txt"))
