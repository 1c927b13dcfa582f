"""Whitelist entries: read in every spelling, compared as a browser would open them."""

from __future__ import annotations

import idna
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service_kit.web import parse_whitelist_entry


@pytest.mark.parametrize(
    ("entry", "form"),
    [
        ("ok.com", "ok.com"),
        ("OK.Com.", "ok.com"),
        (" ok.com ", "ok.com"),
        ("ｏｋ。ｃｏｍ", "ok.com"),
        ("%6fk.com", "ok.com"),
        ("https://ok.com/", "ok.com"),
        ("http://ok.com:80", "ok.com"),
        ("ok.com:443", "ok.com"),
        ("ok.com:8443", "ok.com:8443"),
        ("ok.com/a//b/./c/../d/", "ok.com/a/b/d"),
        ("ok.com/../..", "ok.com"),
        ("ok.com/%61", "ok.com/a"),
        ("中文.com", "xn--fiq228c.com"),
        ("a_b.ok.com", "a_b.ok.com"),
        ("10.1.2.3", "10.1.2.3"),
        ("shop.github.io", "shop.github.io"),
        ("weixin.qq.com", "weixin.qq.com"),
    ],
)
def test_an_entry_is_read_in_every_spelling(entry: str, form: str) -> None:
    """Case, width, dots, percent signs, punycode, scheme, usual ports and dot segments make no difference."""
    assert str(parse_whitelist_entry(entry)) == form


@pytest.mark.parametrize(
    "entry",
    [
        "",
        " ",
        "/path",
        "com",
        "com.cn",
        "github.io",
        "localhost",
        "ok",
        "ftp://ok.com",
        "ok.com?x=1",
        "ok.com#top",
        "me@ok.com",
        "ok.com@evil.com",
        "ok.com:0",
        "ok.com:65536",
        "ok.com:x",
        "ok.com:",
        "-ok.com",
        "o k.com",
        "*.ok.com",
        "ok..com",
        "a" * 64 + ".com",
        "ok.com/" + "a" * 250,
    ],
)
def test_what_nobody_can_own_or_nobody_compares_is_refused(entry: str) -> None:
    """Public suffixes, private ones too, no host at all, parts that are left out of every comparison."""
    with pytest.raises(ValueError) as refused:  # noqa: PT011 - every reason has words of its own
        parse_whitelist_entry(entry)
    assert str(refused.value)


@pytest.mark.parametrize(
    ("entry", "page", "covered"),
    [
        ("ok.com", "ok.com", True),
        ("ok.com", "shop.ok.com/x", True),
        ("ok.com", "notok.com", False),
        ("ok.com", "ok.com.evil.com", False),
        ("shop.ok.com", "ok.com", False),
        ("ok.com/a", "ok.com/a/b", True),
        ("ok.com/a", "ok.com/ab", False),
        ("ok.com/a", "ok.com/a/../b", False),
        ("ok.com/a", "ok.com", False),
        ("ok.com", "ok.com:8443", False),
        ("ok.com:8443", "ok.com:8443/x", True),
    ],
)
def test_an_entry_covers_its_host_subdomains_and_what_lies_below_its_path(
    entry: str, page: str, covered: bool
) -> None:
    """Compared by whole labels and whole segments (pitfalls 2, 10)."""
    assert parse_whitelist_entry(entry).covers(parse_whitelist_entry(page)) is covered


@given(
    st.from_regex(
        r"([A-Za-z0-9_-]{1,4}|[xX][nN]--[a-z0-9-]{1,6})(\.([A-Za-z0-9_-]{1,4}|xn--[a-z0-9]{1,6})){1,3}\.?",
        fullmatch=True,
    )
)
def test_an_ascii_host_is_what_idna_makes_of_it(host: str) -> None:
    """Hosts in ASCII are read without IDNA; where it knows them, it says the same."""
    try:
        wanted = idna.encode(host.rstrip("."), uts46=True).decode()
        page = parse_whitelist_entry(host)
    except ValueError:
        return
    assert page.host == wanted
