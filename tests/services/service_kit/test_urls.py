"""URLs in texts: where they begin and end, what page they are, and that no text takes more than linear time."""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from service_kit.web import find_urls, parse_url


def found(text: str) -> list[tuple[str, str | None]]:
    return [(text[it.start : it.end], str(it.page) if it.page else None) for it in find_urls(text)]


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("访问evil.com吧", [("evil.com", "evil.com")]),
        ("官网：ok.com:8443/a。", [("ok.com:8443/a", "ok.com:8443/a")]),
        ("看https://ok.com/a?b=1#c 好", [("https://ok.com/a?b=1#c", "ok.com/a")]),
        ("https://ok.com/看看", [("https://ok.com/", "ok.com")]),
        ("https://ok.com看看", [("https://ok.com", "ok.com")]),
        ("https://例子.中国吧", [("https://例子.中国", "xn--fsqu00a.xn--fiqs8s")]),
        ("（https://ok.com/a）", [("https://ok.com/a", "ok.com/a")]),
        ("(https://ok.com/a_(b))", [("https://ok.com/a_(b)", "ok.com/a_(b)")]),
        ("[看](https://ok.com/a)", [("https://ok.com/a", "ok.com/a")]),
        ("https://ok.com/a)(", [("https://ok.com/a", "ok.com/a")]),
        ("「https://ok.com」", [("https://ok.com", "ok.com")]),
        ("`https://ok.com/a`", [("https://ok.com/a", "ok.com/a")]),
        ('"https://ok.com/a"', [("https://ok.com/a", "ok.com/a")]),
        ("https://ok.com/a, 好", [("https://ok.com/a", "ok.com/a")]),
        ("你去过ok.com?", [("ok.com", "ok.com")]),
        ("去 ok.com.", [("ok.com", "ok.com")]),
        ("https://ok.com./a", [("https://ok.com./a", "ok.com/a")]),
        ("https://ok.com/a/..", [("https://ok.com/a/..", "ok.com")]),
        ("https://ok.com。好的", [("https://ok.com", "ok.com")]),
        ("https://ok.com。me too", [("https://ok.com", "ok.com")]),
        ("https://ok.com@张三 看", [("https://ok.com", "ok.com")]),
        ("https://ok.com:你好", [("https://ok.com", "ok.com")]),
        ("ok.com，ok.cn；", [("ok.com", "ok.com"), ("ok.cn", "ok.cn")]),
        ("ok.com\nevil.com", [("ok.com", "ok.com"), ("evil.com", "evil.com")]),
        ("😀ok.com😀", [("ok.com", "ok.com")]),
        ("evil.com-好", [("evil.com", "evil.com")]),
        ("http://localhost/x", [("http://localhost/x", None)]),
        ("http://[::1]:80/x", [("http://[::1]:80/x", None)]),
        ("http://", []),
        ("https:// ok", []),
        ("", []),
    ],
)
def test_a_url_is_what_a_reader_would_call_it(text: str, urls: list[tuple[str, str | None]]) -> None:
    """Spans are of the original text (pitfall 9), without the sentence's punctuation."""
    assert found(text) == urls


@pytest.mark.parametrize(
    ("text", "urls"),
    [
        ("https://ok.com/x<>https://evil.com", ["ok.com/x", "evil.com"]),
        ("https://evil.com<>https://ok.com/x", ["evil.com", "ok.com/x"]),
        ("https://ok.com/x，https://evil.com", ["ok.com/x", "evil.com"]),
        ("https://ok.com/x,https://evil.com", ["ok.com/x", "evil.com"]),
        ("https://ok.com/xhttps://evil.com", ["ok.com/x", "evil.com"]),
        ("https://ok.comhttps://evil.com", ["ok.com", "evil.com"]),
        ("ok.com。evil.com。vip会员", ["None"]),
        ("evil。com。vip会员", ["evil.com"]),
        ("https://evil.com看看ok.com", ["evil.com", "ok.com"]),
        ("ok.com https://evil.com ok.com", ["ok.com", "evil.com", "ok.com"]),
        ("ok.com.evil.com", ["ok.com.evil.com"]),
        ("https://ok.com@evil.com", ["evil.com"]),
        ("ok.com@evil.com", ["evil.com"]),
        ("ok.com+x@evil.com", ["ok.com", "evil.com"]),
        ("evil.com/?u=https://ok.com", ["evil.com"]),
        ("https://evil.com/https://ok.com", ["evil.com/https:/ok.com"]),
    ],
)
def test_no_url_swallows_another(text: str, urls: list[str]) -> None:
    """Every page is reported, whatever stands before or behind it (pitfalls 1, 2)."""
    assert [str(it.page) for it in find_urls(text)] == urls


@pytest.mark.parametrize(
    ("url", "page"),
    [
        ("https://ok.com/a/../b/%2e%2E/c%20d", "ok.com/c d"),
        ("ok.com/a?x=/b", "ok.com/a"),
        ("//ok.com\\a", "ok.com/a"),
        ("HTTPS:\\\\OK.com:443", "ok.com"),
        ("http:ok.com", "ok.com"),
        (" https://o\nk.com/ ", "ok.com"),
        ("https://me:pw@ok.com:8443/看", "ok.com:8443/看"),
        ("http://i❤.ws", "xn--i-7iq.ws"),
        ("http://2130706433", "127.0.0.1"),
        ("https://ok.com:00443/", "ok.com"),
        ("https://ok.com:", "ok.com"),
        ("https://ok.com:99999", None),
        ("https://ok.com:x", None),
        ("http://1.2.3.4.5", None),
        ("http://a.b.256", None),
        ("http://ok..com", None),
        ("http://o k.com", None),
        ("weixin://dl/business", None),
        ("javascript://ok.com", None),
        ("localhost", None),
        ("", None),
    ],
)
def test_a_card_s_url_is_read_as_a_whole(url: str, page: str | None) -> None:
    """A link card's address is opened as it stands, so nothing of it ends at Han."""
    parsed = parse_url(url)
    assert (parsed and str(parsed)) == page


PIECES = st.sampled_from(
    (
        *(
            "ok",
            "evil",
            "com",
            "cn",
            "li",
            ".com",
            "www.",
            "http://",
            "https：／／",
            "%65",
            "%2e",
            "1.2.3.4",
            ":80",
        ),
        *(
            "中国",
            "ｃｏｍ",
            "xn--fiqs8s",
            "℡",
            "。com",
            "me",
            "/..",
            "@qq.com",
            "pdf",
            *"a点中。．.,:/\\?#@%()<> -_é",
        ),
        *("😀", "\u200b"),
    )
)


@example("http://ok:?")
@given(st.lists(PIECES, max_size=14).map("".join))
@example("ok.com．evil.com")
@example("a.com/x)(")
@settings(max_examples=1_000, deadline=None)
def test_a_url_alone_is_the_same_url(text: str) -> None:
    """What was cut out of a text is a URL as a whole, of the same page; URLs are in order and apart."""
    place = 0
    for url in find_urls(text):
        assert place <= url.start < url.end <= len(text)
        place = url.end
        alone = text[url.start : url.end]
        again = find_urls(alone)
        assert [(it.start, it.end, it.page) for it in again] == [(0, len(alone), url.page)]


@given(st.text(max_size=60))
def test_any_text_can_be_scanned(text: str) -> None:
    """No text fails, and every span lies within it."""
    assert all(0 <= it.start < it.end <= len(text) for it in find_urls(text))


def _random_text(length: int) -> str:
    choice = random.Random(1)
    return "".join(chr(choice.choice((choice.randrange(0x20, 0xD7FF), 46, 97, 47))) for _ in range(length))


def _repeated(unit: str, before: str = "") -> Callable[[int], str]:
    return lambda length: (before + unit * length)[:length]


NASTY = {
    **{
        unit: _repeated(unit)
        for unit in (
            *(
                "a",
                "a.",
                ".a-",
                "%41",
                "%2e",
                "a-",
                ".",
                ")",
                "@",
                "é.",
                "\u200b.",
                "a。",
                "a．",
                "点",
                "a点com",
                "www.",
            ),
            *(
                "http:",
                "http://",
                "http://a.com中",
                "http://a.com。",
                "http://a@",
                "http://[",
                "http://0x",
                "a.com@",
            ),
            *(
                "a.com,",
                "a.com。",
                "a.com．",
                "com.",
                "a.com。vip。",
                "https://a.com,",
                "1.2.3.4:80 ",
                "xn--a.",
                "a.com/(",
            ),
            *(
                "a@",
                "@中",
                "a.com/..",
                "hhttp",
                "㏄.",
                "😀.a",
                "a.com?",
                "zz.",
                "a.a-a-a-",
                "中.",
                "http://x/)",
            ),
        )
    },
    **{
        before + unit: _repeated(unit, before)
        for before in ("http://", "a.com/", "http://a.com", "www.", "http://a.com/")
        for unit in (
            "(",
            ")",
            ".",
            "a",
            "a.",
            "中",
            "中.",
            "@",
            "a@",
            "中@",
            "-a",
            "[",
            "[)",
            "http://",
            "%",
            "\\",
        )
    },
    "random": _random_text,
}


@pytest.mark.parametrize("nasty", NASTY)
def test_time_is_linear(nasty: str) -> None:
    """Twice as long a text takes about twice as long, and the longest one never long (pitfall 11)."""
    half, whole = NASTY[nasty](5_000), NASTY[nasty](10_000)
    find_urls(whole)  # fills what is remembered
    for _attempt in range(10):  # caches are shared with whatever else the machine does
        short, long = _seconds(half), _seconds(whole)
        if long < 0.001 or long < 3.2 * short:
            break
    else:
        pytest.fail(f"5,000 characters: {short:.4f} s, 10,000: {long:.4f} s")
    assert long < 0.5


def _seconds(text: str) -> float:
    times = []
    for _ in range(3):
        start = time.process_time()
        find_urls(text)
        times.append(time.process_time() - start)
    return min(times)
