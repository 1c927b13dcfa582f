"""Hosts as a browser opens them, whatever way they are spelled (WHATWG URL, section 3.5, host parsing)."""

import re
from functools import lru_cache
from urllib.parse import unquote

import idna

from service_kit.web.web_page import LABEL, is_numeric

MOST_CHARACTERS = 1_000
"""Longer spellings are no host: 253 characters, each percent-encoded, are 759."""
MOST_NAME = 253
"""Characters of a canonical host (RFC 1035)."""
_PLAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?")
_NUMBER = re.compile(r"0[xX]([0-9A-Fa-f]*)|(0[0-7]*)|([1-9][0-9]*)")
_ENDS_IN_NUMBER = re.compile(r"(?:.*\.)?(?:[0-9]+|0[xX][0-9A-Fa-f]*)", re.DOTALL)


@lru_cache(maxsize=4_096)
def canonical_host(text: str) -> str | None:
    """Returns the host in lower case and punycode, or as four decimal numbers.

    Args:
        text: a host as somebody wrote it, without user part and port.

    Returns:
        None where a browser finds no host, for IPv6 addresses, and for names of one label, as localhost: whitelists
        can't name them.
    """
    if len(text) > MOST_CHARACTERS:
        return None
    if _PLAIN.fullmatch(text) and len(text) <= MOST_NAME:
        return text
    name = _ascii(unquote(text))
    if name is None or len(name := name.removesuffix(".")) > MOST_NAME:
        return None
    if _ENDS_IN_NUMBER.fullmatch(name):
        return _address(name)
    labels = name.split(".")
    valid = len(labels) > 1 and all(LABEL.fullmatch(label) for label in labels)
    return name if valid and not is_numeric(name) else None


def _ascii(name: str) -> str | None:
    """Maps a name as UTS46 says; an emoji is no IDNA 2008, but browsers open such names."""
    if name.isascii():
        return name.lower()
    try:
        return idna.encode(name, uts46=True).decode()
    except idna.IDNAError:
        pass
    try:
        labels = idna.uts46_remap(name, std3_rules=False).split(".")
    except idna.IDNAError:
        return None
    return ".".join(it if it.isascii() else f"xn--{it.encode('punycode').decode()}" for it in labels)


def _address(name: str) -> str | None:
    """Reads an IPv4 address of one to four decimal, octal or hexadecimal numbers, the last filling what is left."""
    numbers = [_number(part) for part in name.split(".")]
    if len(numbers) > 4 or None in numbers:
        return None
    *front, last = (number or 0 for number in numbers)
    if any(number > 255 for number in front) or last >= 256 ** (4 - len(front)):
        return None
    value = last + sum(number << 8 * (3 - place) for place, number in enumerate(front))
    return ".".join(str(value >> shift & 255) for shift in (24, 16, 8, 0))


def _number(part: str) -> int | None:
    if (match := _NUMBER.fullmatch(part)) is None:
        return None
    hexadecimal, octal, decimal = match.groups()
    if hexadecimal is not None:
        return int(hexadecimal or "0", 16)
    return int(octal, 8) if octal else int(decimal)
