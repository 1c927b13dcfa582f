"""URLs without a scheme: told by their last label, by www, a port or a path, and told from e-mail addresses."""

import re
from collections.abc import Sequence
from functools import lru_cache

from service_kit.web.characters import FULL_DOT, HOST, INVISIBLE, STOP
from service_kit.web.extent import DOT, HostEnd, host_end, path_end, rest_of_host, without_last_dot
from service_kit.web.host import MOST_NAME, canonical_host
from service_kit.web.parse import FoundUrl, page_of
from service_kit.web.spoken_dot import as_written
from service_kit.web.suffixes import is_spoken_suffix, is_title, is_written_as_link

_BEFORE_HOST = re.compile(rf"(?:[\-_.{FULL_DOT}{STOP}{INVISIBLE}]|%2[eE])*+")
_WWW = re.compile(rf"www[.{FULL_DOT}{STOP}]", re.IGNORECASE)
_ADDRESS = re.compile(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}")
_PORT = re.compile(r":[1-9][0-9]{1,4}(?![0-9])")
_TELLING_PATH = re.compile(r"/(?![0-9]*\Z)|/\Z|\?[^=]*=")
_LOCAL_PART = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-"
_MOST_LOCAL = 64
_AT_HOST = re.compile(rf"@[{HOST}]++[.{FULL_DOT}{STOP}][{HOST}]")


def find_bare(text: str, folded: str, start: int, end: int, found: Sequence[FoundUrl]) -> FoundUrl | None:
    """Reads a URL without a scheme.

    Args:
        text: the original.
        folded: the same, folded.
        start: where a run of labels and dots begins.
        end: where it ends.
        found: the URLs before it; the last one may turn out to be this one's user part (`ok.com@evil.com`).

    Returns:
        The URL at the beginning of the run, or None if there is none.
    """
    around = _BEFORE_HOST.match(folded, start, end)
    assert around is not None
    start = around.end()
    is_www = _WWW.match(folded, start) is not None
    is_address = _ADDRESS.fullmatch(folded, start, end) is not None
    limit = HostEnd(end, True) if is_address else host_end(folded, start, end)
    if limit is None:
        if not is_www or len(DOT.findall(folded, start, end)) < 2:
            return None
        limit = HostEnd(end, True)
    stop = rest_of_host(folded, limit.end, end)
    port = _PORT.match(folded, stop)
    tail = port.end() if port else stop
    url_end = without_last_dot(text, path_end(text, tail), stop)
    path = text[tail:url_end]
    host = as_written(text, folded, start, stop)
    local = _local_part(folded, start)
    previous = found[-1] if found and local and found[-1].end >= start - 1 - local else None
    told = (
        is_www
        or not limit.certain
        or port is not None
        or previous is not None
        or _TELLING_PATH.match(path) is not None
    )
    if not _is_link(folded[start : limit.end], as_written(text, folded, start, limit.end), told):
        if limit.end - start > MOST_NAME:
            return None
        before = _before_next_sentence(folded, start, limit.end)
        return find_bare(text, folded, start, before, found) if before < limit.end else None
    begin = start
    if previous is not None:  # no e-mail address begins with a URL: it is the user part
        begin = previous.start if previous.end == start - 1 else start
    elif local and limit.certain and ("@" in path or not _TELLING_PATH.match(path)):
        return None
    elif (
        not local
        and _AT_HOST.match(folded, url_end)
        and not is_spoken_suffix(DOT.split(folded[start:stop])[-1])
    ):
        return None  # an e-mail address whose first part only looks like a host (xiao.wang@qq.com)
    return FoundUrl(
        begin, url_end, page_of(host + (port[0] if port else ""), path) if limit.certain else None
    )


@lru_cache(maxsize=4_096)
def _is_link(folded_host: str, host: str, told: bool) -> bool:
    """Tells whether somebody who writes this host, perhaps with something that tells it is one, means a link."""
    *front, last = DOT.split(folded_host)
    if not front:
        return False
    if last.isdecimal():
        return told and canonical_host(host) is not None
    if told:
        return not (len(front) == 1 and is_title(front[0]) and front[0].istitle() and last.istitle())
    if folded_host[-len(last) - 1] == STOP and not is_spoken_suffix(last):
        return False
    return is_written_as_link(canonical_host(host) or ".".join((*front, last)).lower())


def _before_next_sentence(folded: str, start: int, end: int) -> int:
    """Returns where what stands before 。 ends if no host goes on behind it (`evil。com。vip`)."""
    for dot in reversed(list(DOT.finditer(folded, start, end))):
        if dot[0] != STOP or is_spoken_suffix(folded[dot.end() : end]):
            break
        end = dot.start()
    return end


def _local_part(folded: str, start: int) -> int:
    """Returns how long the part before the @ is that stands before a host; 0 if there is none, or two @."""
    if start == 0 or folded[start - 1] != "@":
        return 0
    before = folded[max(0, start - 2 - _MOST_LOCAL) : start - 1]
    rest = before.rstrip(_LOCAL_PART)
    return 0 if rest.endswith("@") else len(before) - len(rest)
