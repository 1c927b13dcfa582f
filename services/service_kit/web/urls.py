"""URLs in texts, as readers see them and browsers open them, in time proportional to the text."""

import re

from service_kit.web.bare import find_bare
from service_kit.web.characters import FULL_DOT, HOST, PUNCTUATION, STOP, fold_for_urls
from service_kit.web.parse import FoundUrl
from service_kit.web.schemed import read_schemed
from service_kit.web.spoken_dot import spell_dots
from service_kit.web.suffixes import is_suffix

_HINT = re.compile(
    r"[.．。｡﹒․点%:：](?:"
    rf"(?<![%:：])(?=[^\s0-9.\u3000-\u303f\u3041-\u30ff\u3400-\u9fff{PUNCTUATION}])"
    r"|(?<=[wW]{3}[.．])\S|(?<=[:：])[/\\／＼]|(?<=%)2[eE]|(?<=[.．])[0-9]{1,3}[:/])"
)
"""Without this there is no URL: most texts end here."""
_LABEL = rf"(?:[{HOST}]|%(?!2[eE])[0-9A-Fa-f]{{2}})++"
_SCHEME = re.compile(r"https?[:：][/\\／＼]++", re.IGNORECASE)
_CANDIDATE = re.compile(
    rf"(?P<scheme>[hH][tT][tT][pP][sS]?[:：][/\\／＼]++)"
    rf"|{_LABEL}(?P<dotted>(?:(?:[.{FULL_DOT}{STOP}]|%2[eE]){_LABEL})++)?"
)
_WIDE_WWW = re.compile(
    rf"www[.{FULL_DOT}](?=[^\x00-\x7f\s{HOST}{FULL_DOT}{STOP}{PUNCTUATION}])", re.IGNORECASE
)


def find_urls(text: str) -> list[FoundUrl]:
    """Finds the URLs of a text, from left to right; none overlaps another."""
    if _HINT.search(text) is None:
        return []
    folded = fold_for_urls(text)
    if "点" in folded:
        folded = spell_dots(folded)
    found: list[FoundUrl] = []
    place = 0
    while candidate := _CANDIDATE.search(folded, place):
        start, place = candidate.span()
        if scheme := candidate if candidate["scheme"] else _glued_scheme(folded, start, place):
            url = read_schemed(text, folded, scheme.start(), scheme.end())
            place = scheme.end()
        elif candidate["dotted"]:
            url = find_bare(text, folded, start, place, found)
            if url is not None and found and found[-1].start == url.start:
                found.pop()  # it was the user part of this one
        elif _WIDE_WWW.match(folded, start):
            url = _internationalised(read_schemed(text, folded, start, start))
        else:
            continue
        if url is not None:
            found.append(url)
            place = url.end
    return found


def _internationalised(url: FoundUrl | None) -> FoundUrl | None:
    """Returns what follows www as Han (`www.例子.中国`) if it ends in a public suffix; else it is a sentence."""
    known = url is not None and url.page is not None and is_suffix(url.page.host.rpartition(".")[2])
    return url if known else None


def _glued_scheme(folded: str, start: int, end: int) -> re.Match[str] | None:
    """Finds a scheme at the end of a run of letters: `ok.comhttps://…`."""
    if folded[end : end + 1] not in (":", "："):
        return None
    for length in (5, 4):
        if end - length >= start and (scheme := _SCHEME.match(folded, end - length)):
            return scheme
    return None
