"""Dots that are written as a word."""

import re

from service_kit.web.characters import HOST, INVISIBLE, LETTER, STOP

_SPOKEN_DOT = re.compile(
    rf"(?:(?<=[A-Za-z{LETTER}{INVISIBLE}])|(?<=[0-9]{{3}}))点(?=(?:cn|com|net|org|xyz)(?![{HOST}]))"
    r"|(?<=www)点",
    re.IGNORECASE,
)
"""点 for a dot: `ok点com`, `163点com`; in `8点net` it is the hour."""


def spell_dots(folded: str) -> str:
    """Replaces 点 where it is read as a dot."""
    return _SPOKEN_DOT.sub(STOP, folded)


def as_written(text: str, folded: str, start: int, end: int) -> str:
    """Returns a host as it was written, but for the dots that were written as a word."""
    host = text[start:end]
    if "点" not in host:
        return host
    return "".join("." if dot == STOP else it for it, dot in zip(host, folded[start:end], strict=True))
