"""Asking what a character is."""

import unicodedata2


def category(character: str) -> str:
    return str(unicodedata2.category(character))


def name(character: str) -> str:
    return str(unicodedata2.name(character, ""))


def is_han(character: str) -> bool:
    """Han characters of their own, compatibility ideographs and radicals not among them; 〇 and 々 neither."""
    return name(character).startswith("CJK UNIFIED IDEOGRAPH-")


def in_gb2312(character: str) -> bool:
    """Whether simplified Chinese uses the character: then no table of variants may take it away."""
    try:
        character.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
