"""From a URL's parts to the page that a whitelist is asked about."""

import re
from dataclasses import dataclass

from service_kit.matching.url_host import canonical_host
from service_kit.matching.web_page import USUAL_PORTS, WebPage, segments

_SCHEME = re.compile(r"(?:[A-Za-z][A-Za-z0-9+.-]*+:(?=[/\\]{2})|https?:|(?=[/\\]{2}))[/\\]*+", re.IGNORECASE)
_AUTHORITY = re.compile(r"[^/\\?#]*+")
_PATH = re.compile(r"[^?#]*+")
_HOST_AND_PORT = re.compile(r"(.*?)(?::([0-9]*))?", re.DOTALL)
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
    match, path = _HOST_AND_PORT.fullmatch(host_and_port), _PATH.match(tail)
    assert match is not None
    assert path is not None
    host, digits = match.groups()
    canonical = canonical_host(host)
    digits = (digits or "").lstrip("0") or ("0" if digits else "")
    if canonical is None or len(digits) > 5 or int(digits or 0) > 65_535:
        return None
    port = int(digits) if digits else None
    return WebPage(canonical, None if port in USUAL_PORTS else port, segments(path[0].replace("\\", "/")))
