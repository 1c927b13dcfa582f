"""Whitelists as sorted digests: they answer as the entries themselves would."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service_kit.web import (
    MiniProgramWhitelist,
    WebPage,
    WebWhitelist,
    find_urls,
    parse_url,
    parse_whitelist_entry,
)


def _page(text: str) -> WebPage:
    page = parse_url(text)
    assert page is not None
    return page


@pytest.mark.parametrize(
    ("entry", "url", "covered", "reason"),
    [
        ("ok.com", "https://ok.com/x?y", True, "the host itself"),
        ("ok.com", "shop.ok.com", True, "a subdomain"),
        ("ok.com", "a.b.c.d.ok.com/x", True, "a subdomain further below"),
        ("ok.com", "notok.com", False, "another name that ends the same (pitfall 10)"),
        ("ok.com", "ok.com.evil.com", False, "a subdomain of evil.com (pitfall 2)"),
        ("ok.com", "ok.com@evil.com", False, "ok.com is the user (pitfall 2)"),
        ("ok.com", "evil.com/ok.com", False, "ok.com is the path (pitfall 2)"),
        ("ok.com", "evil.com?ok.com", False, "ok.com is the query (pitfall 2)"),
        ("ok.com", "com", None, "no host"),
        ("shop.ok.com", "ok.com", False, "the host above"),
        ("ok.com/a", "ok.com/a/b", True, "below the path"),
        ("ok.com/a", "ok.com/a", True, "the path itself"),
        ("ok.com/a", "ok.com/ab", False, "half a segment"),
        ("ok.com/a", "ok.com/a/../b", False, "dot segments leave the path"),
        ("ok.com/a", "ok.com/a/%2e%2e/b", False, "dot segments, percent-encoded (pitfall 3)"),
        ("ok.com/a", "ok.com/a\\..\\b", False, "dot segments behind backslashes"),
        ("ok.com/a", "ok.com/b/../a", True, "dot segments come back"),
        ("ok.com/a/b", "ok.com/a%2fb", False, "a slash that is no border"),
        ("ok.com/a", "ok.com/A", False, "paths have letter case"),
        ("ok.com", "ok.com:8443", False, "another port"),
        ("ok.com:8443", "ok.com:8443/x", True, "its port"),
        ("ok.com:8443", "ok.com", False, "only its port"),
        ("ok.com", "http://ok.com:80", True, "the usual port"),
        ("10.1.2.3", "http://10.1.2.3/x", True, "an address"),
        ("10.1.2.3", "http://0xa010203", True, "the address in another spelling (pitfall 3)"),
        ("例子.中国", "https://xn--fsqu00a.xn--fiqs8s/x", True, "punycode (pitfall 3)"),
        ("ok.com", "ｏｋ。ｃｏｍ", True, "full width (pitfall 3)"),
    ],
)
def test_an_entry_covers_what_lies_at_or_below_it(
    entry: str, url: str, covered: bool | None, reason: str
) -> None:
    """Whole labels, whole segments, the same port."""
    page = parse_url(url)
    assert (page and WebWhitelist([entry]).covers(page)) is covered, reason


def test_an_address_covers_only_itself() -> None:
    """Nothing is a subdomain of an IP address."""
    below = WebPage("9.10.1.2.3", None, ())
    assert not parse_whitelist_entry("10.1.2.3").covers(below)
    assert not WebWhitelist(["10.1.2.3"]).covers(below)


@pytest.mark.parametrize(
    "text",
    ["https://ok.com/x https://evil.com", "https://evil.com https://ok.com/x", "https://ok.com．evil.li"],
)
def test_one_good_url_does_not_excuse_another(text: str) -> None:
    """Each URL is asked about, in either order; one that nobody can tell is not covered (pitfall 1)."""
    whitelist = WebWhitelist(["ok.com"])
    assert not all(it.page is not None and whitelist.covers(it.page) for it in find_urls(text))


HOSTS = st.sampled_from(
    ["ok.com", "a.ok.com", "b.a.ok.com", "notok.com", "ok.com.cn", "10.1.2.3", "9.10.1.2.3"]
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a%2fb", "%252f", "看", "%25"]), max_size=3)
PORTS = st.sampled_from(["", ":8443", ":80", ":81"])
ENTRIES = st.builds(lambda host, port, path: "/".join((host + port, *path)), HOSTS, PORTS, PATHS)
ACCEPTED = ENTRIES.filter(lambda entry: not entry.startswith("9."))


@given(st.lists(ACCEPTED, max_size=8), st.lists(ENTRIES, min_size=1, max_size=8))
@settings(max_examples=500, deadline=None)
def test_a_whitelist_answers_as_its_entries_would(entries: list[str], urls: list[str]) -> None:
    """Against every entry asked one after the other."""
    whitelist, pages = WebWhitelist(entries), [parse_whitelist_entry(it) for it in entries]
    for url in urls:
        page = parse_whitelist_entry(url)
        assert whitelist.covers(page) == any(it.covers(page) for it in pages)


def test_a_decoded_slash_is_no_border() -> None:
    """Keys made of parts never collide (pitfall 19): one segment `a/b` is not the two segments a and b."""
    whitelist = WebWhitelist(["ok.com/a/b", "ok.com/x", "ok.com/c%252fd"])
    assert not whitelist.covers(_page("ok.com/a%2fb"))
    assert not whitelist.covers(_page("ok.com/c%2fd"))
    assert whitelist.covers(_page("ok.com/c%252fd"))


def test_entries_that_are_not_accepted_any_more_cover_nothing() -> None:
    """A rule outlives what was accepted once: the other entries still count."""
    whitelist = WebWhitelist(["localhost", "ok.com", "https://me@x.com"])
    assert whitelist.refused == 2
    assert whitelist.covers(_page("ok.com"))
    assert not whitelist.covers(_page("x.com"))


def test_an_empty_whitelist_covers_nothing() -> None:
    """No entries are no mistake."""
    assert not WebWhitelist([]).covers(_page("ok.com"))
    assert not MiniProgramWhitelist([]).holds("wx0123456789abcdef")
    assert len(WebWhitelist([])) == 0


def test_an_entry_takes_16_bytes() -> None:
    """Whatever its length; of two that say the same there is one."""
    entries = [f"shop{number}.a-rather-long-name.com/{'path/' * 20}" for number in range(1_000)]
    assert WebWhitelist([*entries, "ok.com", "https://OK.com:443/"]).size == 16 * 1_001
    assert MiniProgramWhitelist([f"wx{number:016x}" for number in range(1_000)]).size == 16 * 1_000


def test_a_page_with_many_labels_and_segments_is_soon_told() -> None:
    """Only host and path lengths that entries have are looked up."""
    whitelist = WebWhitelist([f"shop{number}.ok.com/a" for number in range(1_000)])
    page = WebPage(".".join("a" * 126), None, ("a",) * 5_000)
    start = time.perf_counter()
    assert not any(whitelist.covers(page) for _ in range(100))
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ("wx0123456789abcdef", True),
        ("gh_0aB@app", True),
        ("gh_0ab@app", False),
        ("gh_0aB", False),
        ("WX0123456789ABCDEF", False),
        ("wx0123456789abcde", False),
        ("", False),
    ],
)
def test_a_mini_program_is_held_as_it_is_written(asked: str, held: bool) -> None:
    """Appids and usernames come from WeCom, which has one spelling of each, and are accepted in no other."""
    assert MiniProgramWhitelist(["wx0123456789abcdef", "gh_0aB@app"]).holds(asked) is held
