"""Where a URL that stands in a text ends. All functions take the folded text, and time in proportion to what they pass."""

import re
from functools import lru_cache
from typing import NamedTuple

from service_kit.web.characters import FULL_DOT, HOST, LETTER, STOP
from service_kit.web.host import MOST_NAME
from service_kit.web.suffixes import is_file_ending, is_spoken_suffix, is_suffix

DOT = re.compile(rf"[.{FULL_DOT}{STOP}]|%2[eE]")
"""Between labels."""
_BORDER = re.compile(rf"[{FULL_DOT}{STOP}]|[^\x00-\x7f{HOST}]")
"""Where a host may end for one reader and go on for another."""
_WIDE = re.compile(rf"[^\x00-\x7f{HOST}{FULL_DOT}{STOP}]")
_WITHIN_LABEL = re.compile(r"[-_]|[^\x00-\x7f]")
_LONGEST_LABEL = 63
_REST = re.compile(
    rf"(?:[{HOST}]++|(?:[.{FULL_DOT}]|%2[eE])(?=[A-Za-z0-9{LETTER}])|%(?!2[eE])[0-9A-Fa-f]{{2}})*+"
)
_DOT_THEN_MORE = re.compile(r"\.[:/\\?#]")
_PATH = re.compile(
    r'(?:[^\x00-\x20"<>hH\x7f-\U0010ffff]++|(?![hH][tT][tT][pP][sS]?:[/\\])[hH]|(?<=[=/\\?#:])[hH])*+'
)
"""A URL within a URL is its own unless it is a value (`?u=https://…`) or a segment of the first."""
_PATH_BEGINS = frozenset("/\\?#")
_TRAILING = frozenset(".,;:!?'*_~`|([{")
_DOT_SEGMENTS = ("/.", "/..", "\\.", "\\..")
_OPENING = {")": "(", "]": "[", "}": "{"}


class HostEnd(NamedTuple):
    """Where a host ends."""

    end: int
    certain: bool
    """False where one reader's host ends and another's goes on (`ok.com．evil.com`): nobody knows which page it is."""


def host_end(folded: str, start: int, end: int) -> HostEnd | None:
    """Finds the end of the host that begins a run of host characters, as `_host_end` says; most are asked for again."""
    if end - start > MOST_NAME:
        return _host_end(folded, start, end)
    found = _remembered(folded[start:end])
    return found and HostEnd(start + found.end, found.certain)


@lru_cache(maxsize=4_096)
def _remembered(run: str) -> HostEnd | None:
    return _host_end(run, 0, len(run))


def _host_end(folded: str, start: int, end: int) -> HostEnd | None:
    """Finds the end of the host that begins a run of host characters, Han among them.

    Where a complete host, whose last label is a public suffix, is followed by Han, it ends, as in WeChat
    (`ok.com看看`); where it is followed by a dot of another width, it may end.

    Returns:
        None if no label of the run is a public suffix.
    """
    for border in _BORDER.finditer(folded, start, end):
        place = border.start()
        is_wide = border[0] not in (FULL_DOT, STOP)
        stop = _complete(folded, start, place, any_dot=is_wide)
        if stop is None:
            continue
        if is_wide or (further := _last_suffix(folded, place + 1, end)) is None:
            return HostEnd(stop, True)
        labels = DOT.split(folded[place + 1 : further])
        if border[0] == STOP and len(labels) == 1 and not is_spoken_suffix(labels[0]):
            return HostEnd(stop, True)
        return HostEnd(further, False)
    last = _last_suffix(folded, start, end)
    return None if last is None else HostEnd(last, True)


def _complete(folded: str, start: int, end: int, *, any_dot: bool) -> int | None:
    """Returns where the host before `end` ends if it is complete: two labels, the last one a public suffix."""
    first = max(start, end - _LONGEST_LABEL - 2)
    before = folded[first:end].rstrip(".")
    dot = max(map(before.rfind, (".", FULL_DOT, STOP))) if any_dot else before.rfind(".")
    return first + len(before) if dot > 0 and is_suffix(before[dot + 1 :]) else None


def _last_suffix(folded: str, start: int, end: int) -> int | None:
    """Returns where the last label ends that is a public suffix, or begins with one and goes on with Han or a hyphen."""
    dots = [(it.start(), it.end()) for it in DOT.finditer(folded, start, end)]
    following = ""
    for first in (*(it[1] for it in reversed(dots)), start):
        label = folded[first:end]
        if len(label) <= _LONGEST_LABEL + 1 and not is_file_ending(following.rstrip("-_")):
            if is_suffix(label):
                return end
            for border in reversed([it.start() for it in _WITHIN_LABEL.finditer(label)]):
                if is_suffix(label[:border]):
                    return first + border
        following = label
        end = dots.pop()[0] if dots else start
    return None


def rest_of_host(folded: str, start: int, end: int) -> int:
    """Returns where the host really ends whose last known public suffix ends at `start`.

    Labels may follow that the list does not know yet; a browser takes them for the host.
    """
    if start == end and folded[start : start + 1] != ".":
        return end
    rest = _REST.match(folded, start, end)
    assert rest is not None
    stop = rest.end()
    while stop > start and folded[stop - 1] in "-_":
        stop -= 1
    return stop + 1 if _DOT_THEN_MORE.match(folded, stop) else stop


def first_wide(folded: str, start: int, end: int) -> int:
    """Returns where Han begins in a run of host characters that holds no public suffix; its end if it begins so."""
    wide = _WIDE.search(folded, start, end)
    return wide.start() if wide and wide.start() > start else end


def without_last_dot(text: str, end: int, host: int) -> int:
    """Returns where a URL ends of which nothing is left behind its host: before the sentence's dot."""
    return end - 1 if end == host and text[end - 1] == "." else end


def path_end(text: str, start: int) -> int:
    """Returns where path, query and fragment end in the original text: before what is not ASCII, as in WeChat.

    Punctuation at the end belongs to the sentence, brackets only if they were opened outside; dot segments stay.
    """
    if text[start : start + 1] not in _PATH_BEGINS:
        return start
    path = _PATH.match(text, start)
    assert path is not None
    end = path.end()
    balance: dict[str, int] = {}
    while end > start:
        character = text[end - 1]
        if opening := _OPENING.get(character):
            if opening not in balance:
                balance[opening] = text.count(opening, start, end) - text.count(character, start, end)
            if balance[opening] >= 0:
                break
            balance[opening] += 1
        elif character not in _TRAILING or text.endswith(_DOT_SEGMENTS, start, end):
            break
        elif character in balance:
            balance[character] -= 1
        end -= 1
    return end
