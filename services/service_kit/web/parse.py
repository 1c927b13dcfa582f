"""From a URL's parts to the page that a whitelist is asked about."""

import re
from dataclasses import dataclass
from functools import lru_cache

from service_kit.web.host import canonical_host
from service_kit.web.web_page import USUAL_PORTS, WebPage, segments

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*+:(?=[/\\]{2})|https?:|(?=[/\\]{2}))[/\\]*+", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*+")
_PATH = re.compile(r"[^?#]*+")
_PORT = re.compile("0*[0-9]{0,5}")
_LAST_PORT = 65_535
_BLANKS = "".join(map(chr, range(0x21)))
_DROPPED = str.maketrans("", "", "\t\r\n")


@dataclass(frozen=True, slots=True)
class FoundUrl:
    """A URL in a text."""

    start: int
    """In code points of the original text."""
    end: int
    """The first code point behind it."""
    page: WebPage | None
    """None: it is a link, but of no host that a whitelist could be asked about."""


def parse_url(text: str) -> WebPage | None:
    """Reads a text that is a URL as a whole, as the one that a link card opens; a missing scheme is tolerated.

    Returns:
        None if it is not http or https, or has no host that could be compared.
    """
    text = text.strip(_BLANKS).translate(_DROPPED)
    rest = text
    if scheme := _SCHEME.match(text):
        if scheme[0].rstrip("/\\").lower() not in ("http:", "https:", ""):
            return None
        rest = text[scheme.end() :]
    authority = _AUTHORITY.match(rest)
    assert authority is not None
    return page_of(authority[0].rpartition("@")[2], rest[authority.end() :])


def page_of(host_and_port: str, tail: str) -> WebPage | None:
    """Puts a page together from what stands in a URL between user part and path, and what follows.

    Returns:
        None if the host could not be compared with a whitelist's, or the port is none.
    """
    if (place := _place(host_and_port)) is None:
        return None
    if not tail or tail == "/":
        return WebPage(*place, ())
    path = _PATH.match(tail)
    assert path is not None
    return WebPage(*place, segments(path[0].replace("\\", "/")))


@lru_cache(maxsize=4_096)
def _place(host_and_port: str) -> tuple[str, int | None] | None:
    host, colon, digits = host_and_port.rpartition(":")
    if not colon:
        host, digits = digits, ""
    canonical = canonical_host(host)
    if canonical is None or not _PORT.fullmatch(digits) or int(digits[-5:] or 0) > _LAST_PORT:
        return None
    port = int(digits[-5:]) if digits else None
    return canonical, None if port in USUAL_PORTS else port
