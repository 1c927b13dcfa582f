"""Web pages as whitelists name them: a host, perhaps a port and a path, in the one form that all spellings share."""

import ipaddress
import re
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

import idna
from publicsuffixlist import PublicSuffixList

MOST_BYTES = 255
"""Longest entry, in UTF-8."""
USUAL_PORTS = (80, 443)
"""Left out of a page, whatever its scheme."""
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_PLAIN = re.compile(r"(?:https?://)?((?:[a-z0-9_-]+\.)+[a-z0-9_-]+)((?:/[A-Za-z0-9_~-][A-Za-z0-9_.~-]*)*)/?")
"""Entries as most people write them, in which nothing needs decoding."""
LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
"""One part of a host; an underscore is no IDNA, but there are such hosts."""


@dataclass(frozen=True, slots=True)
class WebPage:
    """A page, or with everything below it what a whitelist entry covers."""

    host: str
    """Lower case, in punycode, without a dot at the end."""
    port: int | None
    """None for the usual one of http or https."""
    path: tuple[str, ...]
    """Segments, percent-decoded, dot segments resolved."""

    def covers(self, page: "WebPage") -> bool:
        """Tells whether a page lies on this host or a subdomain, at this port, at or below this path.

        An IP address has no subdomains.
        """
        same_host = page.host == self.host or (
            page.host.endswith(f".{self.host}") and not is_numeric(self.host)
        )
        return same_host and page.port == self.port and page.path[: len(self.path)] == self.path

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        return "/".join([f"{self.host}{port}", *self.path])


def parse_whitelist_entry(text: str) -> WebPage:
    """Reads a whitelist entry: `ok.com`, `shop.ok.com/spring`, `ok.com:8443`; a scheme may stand in front.

    Raises:
        ValueError: it names no host that somebody could own, or holds a part that would never be compared.
    """
    if (size := len(text.encode())) > MOST_BYTES:
        raise ValueError(f"at most {MOST_BYTES} bytes are allowed, not {size}")
    rest = _SCHEME.sub("", text.strip(), count=1)
    scheme = _SCHEME.match(text.strip())
    if scheme and scheme[0].lower() not in ("http://", "https://"):
        raise ValueError(f"{scheme[0]!r} is not http:// or https://")
    for mark, what in (("@", "user information"), ("?", "a query"), ("#", "a fragment")):
        if mark in rest:
            raise ValueError(f"{what} ({mark}) is not compared and must be left out")
    authority, _, path = rest.partition("/")
    host, port = _host_and_port(authority)
    return WebPage(host, port, segments(path))


def reread_whitelist_entry(text: str) -> WebPage:
    """Reads an entry that was accepted before, mostly without its checks, which take 20 times as long.

    Raises:
        ValueError: it would not be accepted any more.
    """
    plain = _PLAIN.fullmatch(text)
    if plain is None:
        return parse_whitelist_entry(text)
    return WebPage(plain[1], None, tuple(plain[2].split("/")[1:]))


def whitelist_entry_host(text: str) -> str:
    """Returns only the host of an entry that was accepted before; raises as `reread_whitelist_entry` does."""
    plain = _PLAIN.fullmatch(text)
    return plain[1] if plain else parse_whitelist_entry(text).host


def _host_and_port(authority: str) -> tuple[str, int | None]:
    name, colon, digits = authority.rpartition(":")
    if not colon:
        return _host(authority), None
    if not digits.isascii() or not digits.isdecimal() or not 1 <= int(digits) <= 65_535:
        raise ValueError(f"{digits[:16]!r} is no port")
    return _host(name), None if int(digits) in USUAL_PORTS else int(digits)


def _host(text: str) -> str:
    if not text:
        raise ValueError("a host is needed, as ok.com")
    host = text.rstrip(".").lower()
    if not text.isascii() or "%" in text:  # else IDNA, which takes 30 times as long, says the same or nothing
        with suppress(idna.IDNAError):  # an underscore is none, but there are such hosts
            host = idna.encode(unquote(text).rstrip("."), uts46=True).decode()
    if _is_address(host):
        return host
    if "." not in host or not all(LABEL.fullmatch(label) for label in host.split(".")):
        raise ValueError(f"{text[:64]!r} is no host, as ok.com is one")
    if suffixes().is_public(host):
        raise ValueError(
            f"{text[:64]!r} is a public suffix: it would let in everybody who has a name below it"
        )
    return host


def _is_address(host: str) -> bool:
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def is_numeric(host: str) -> bool:
    """Tells whether a host is an IP address: no name ends in a number."""
    return host.rpartition(".")[2].isdigit()


def segments(path: str) -> tuple[str, ...]:
    """Splits a path as a browser resolves it: percent-decoded, without empty and dot segments."""
    found: list[str] = []
    for segment in path.split("/") if "%" not in path else map(unquote, path.split("/")):
        if segment == "..":
            del found[-1:]
        elif segment not in ("", "."):
            found.append(segment)
    return tuple(found)


@cache
def suffixes() -> PublicSuffixList:
    """The list that the library brings along, private section too (github.io)."""
    return PublicSuffixList(only_icann=False)
