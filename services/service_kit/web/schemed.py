"""URLs that begin with http:// or https:// in a text."""

import re

from service_kit.web.characters import FULL_DOT, HOST, PUNCTUATION, STOP
from service_kit.web.extent import (
    HostEnd,
    first_wide,
    host_end,
    path_end,
    rest_of_host,
    without_last_dot,
)
from service_kit.web.parse import FoundUrl, page_of
from service_kit.web.spoken_dot import as_written

_AUTHORITY = re.compile(
    rf'(?:[^\x00-\x20/\\?#<>"\s{PUNCTUATION}hH]++|(?!https?[:：][/\\／＼])[hH])*+', re.IGNORECASE
)
_HOST = re.compile(rf"(?:[{HOST}.]|%[0-9A-Fa-f]{{2}}|[^\x00-\x7f])*+")
_PORT = re.compile(r":(?:[0-9]++|(?=[/\\?#]))")
_BRACKETED = re.compile(r"\[[0-9A-Fa-f:.]*\]")


def read_schemed(text: str, folded: str, start: int, after: int) -> FoundUrl | None:
    """Reads the URL whose scheme stands between `start` and `after`; None if nothing follows."""
    authority = _AUTHORITY.match(folded, after)
    assert authority is not None
    first, limit = _host(folded, after, authority.end())
    if limit is None:
        return None
    page_is_sure = limit.certain and folded[after:first].isascii()
    port = _PORT.match(folded, limit.end)
    tail = port.end() if port else limit.end
    end = path_end(text, tail)
    if end == tail == limit.end + 1:  # a colon that neither a port nor a path follows
        end = tail = limit.end
    end = without_last_dot(text, end, limit.end)
    return FoundUrl(
        start, end, page_of(as_written(text, folded, first, tail), text[tail:end]) if page_is_sure else None
    )


def _host(folded: str, after: int, end: int) -> tuple[int, HostEnd | None]:
    """Finds the host between the last @ and the port; an @ that calls somebody (`ok.com@张三`) ends the URL."""
    while True:
        at = folded.rfind("@", after, end)
        first = at + 1 if at >= 0 else after
        if bracketed := _BRACKETED.match(folded, first, end):
            return first, HostEnd(bracketed.end(), True)
        run = _HOST.match(folded, first, end)
        assert run is not None
        limit = host_end(folded, first, run.end())
        if limit is not None:
            return first, HostEnd(rest_of_host(folded, limit.end, run.end()), limit.certain)
        if at < 0 or (first < end and folded[first].isascii()):
            break
        end = at
    stop = first_wide(folded, first, run.end())
    while stop > first and folded[stop - 1] in f".{FULL_DOT}{STOP}":
        stop -= 1
    return first, HostEnd(stop, True) if stop > first else None
