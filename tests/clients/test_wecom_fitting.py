"""Records that are larger than a message may be: every piece is taken by FilterService, and together they hold everything."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from filter_service.convert.contents import read_contents
from filter_service.domain.message import MOST_ITEMS, MOST_LEVELS, MOST_TEXT, MOST_URL_BYTES, PartKind
from groupguard.filter.v1 import message_pb2 as pb
from groupguard_client.packing import MOST_BYTES
from groupguard_client.wecom import fitting
from rule_service.domain.limits import KEYWORD_CHARACTERS
from service_kit.errors import Violation
from service_kit.matching.joints import MOST_NOISE

LONGEST_HIT = KEYWORD_CHARACTERS * (1 + MOST_NOISE)
"""Characters of a keyword that has as much noise between its characters as is looked through."""

_numbers = itertools.count()


def prose(length: int) -> str:
    """A text of that length in which no piece of some length comes twice."""
    return "".join(f"{next(_numbers):x}，" for _ in range(length // 4 + 1))[:length]


lengths = st.one_of(
    st.integers(0, 40), st.sampled_from([999, 1_000, 1_001, 2_500, 9_999, 10_000, 10_001, 31_000])
)
texts = lengths.map(prose)
leaves = st.one_of(
    texts.map(lambda text: pb.Content(text=pb.TextContent(content=text))),
    texts.map(lambda text: pb.Content(markdown=pb.MarkdownContent(content=text))),
    st.tuples(texts, texts, texts).map(
        lambda it: pb.Content(
            link=pb.LinkContent(title=it[0], description=it[1], url=f"https://a.cn/{it[2]}")
        )
    ),
    st.tuples(texts, texts, texts).map(
        lambda it: pb.Content(
            mini_program=pb.MiniProgramContent(title=it[0], description=it[1], display_name=it[2])
        )
    ),
    st.just(pb.Content(image=pb.MediaContent(md5sum="a" * 32))),
    st.lists(texts, max_size=3).map(lambda it: pb.Content(other=pb.OtherContent(texts=it))),
    st.lists(texts, max_size=3).map(
        lambda it: pb.Content(
            news=pb.NewsContent(articles=[pb.LinkContent(title=t, url="https://a.cn") for t in it])
        )
    ),
)


def nested(inner: st.SearchStrategy[pb.Content]) -> st.SearchStrategy[pb.Content]:
    items = st.one_of(
        st.lists(inner, max_size=4),
        inner.map(lambda content: [content] * 1_200 if content.ByteSize() < 100 else [content]),
    )
    return st.one_of(
        items.map(lambda it: pb.Content(mixed=pb.MixedContent(items=it))),
        st.tuples(texts, items).map(
            lambda it: pb.Content(chat_record=pb.ChatRecordContent(title=it[0], items=it[1]))
        ),
    )


contents = st.recursive(leaves, nested, max_leaves=6)


def texts_in(message: Any) -> Iterator[str]:
    """All texts in a content, URLs included."""
    for field, value in message.ListFields():
        if isinstance(value, str):
            if field.name != "md5sum":
                yield value
        elif field.name == "texts":
            yield from value
        elif not isinstance(value, bool):
            for inner in value if field.name in ("items", "articles") else (value,):
                yield from texts_in(inner)


def judged(content: pb.Content) -> list[str]:
    """What FilterService would read of a content, which it has to take."""
    violations: list[Violation] = []
    items = read_contents(content, "message", violations)
    assert not violations
    assert content.ByteSize() < MOST_BYTES
    assert all(
        part.kind is not PartKind.URL or len(part.text.encode()) <= MOST_URL_BYTES
        for it in items
        for part in it.parts
    )
    return [part.text for item in items for part in item.parts]


@settings(deadline=None, max_examples=60)
@given(contents)
def test_every_piece_is_taken_and_nothing_readable_is_lost(content: pb.Content) -> None:
    """The server's own reader takes each; whatever could be a hit in the whole stands in one piece undivided."""
    read = [text for piece in fitting.fitted(content) for text in judged(piece)]
    all_read = "\0".join(read)
    for text in set(texts_in(content)):
        for start in [*range(0, max(1, len(text) - LONGEST_HIT), 211), max(0, len(text) - LONGEST_HIT)]:
            assert text[start : start + LONGEST_HIT] in all_read


@given(st.sampled_from(["text", "image", "card"]).flatmap(lambda _: st.integers(0, 10_000)))
@settings(deadline=None, max_examples=10)
def test_what_fits_stays_as_it_is(length: int) -> None:
    """Pieces are for what is too large only."""
    content = pb.Content(
        mixed=pb.MixedContent(items=[pb.Content(text=pb.TextContent(content=prose(length)))])
    )
    assert fitting.fitted(content) == [content]


def test_a_long_text_is_cut_with_an_overlap() -> None:
    """So that a keyword at the border is found."""
    text = prose(25_000)
    first, second, third = (
        piece.text.content for piece in fitting.fitted(pb.Content(text=pb.TextContent(content=text)))
    )
    assert (first, second) == (text[:10_000], text[9_500:19_500])
    assert third == text[19_000:]
    assert fitting.OVERLAP >= LONGEST_HIT


def test_a_large_conversation_becomes_several_with_its_sorts_of_message() -> None:
    """Each is a forwarded conversation still; the title is said once."""
    items = [pb.Content(image=pb.MediaContent()) for _ in range(1_500)]
    content = pb.Content(chat_record=pb.ChatRecordContent(title="群聊", items=items))
    pieces = [piece.chat_record for piece in fitting.fitted(content)]
    assert [(it.title, len(it.items)) for it in pieces] == [("群聊", 1_000), ("", 500)]


def test_what_lies_too_deep_stands_on_the_last_level() -> None:
    """Behind the empty conversation that it was in."""
    content = pb.Content(text=pb.TextContent(content="内"))
    for level in range(7, 0, -1):
        content = pb.Content(chat_record=pb.ChatRecordContent(title=f"第{level}层", items=[content]))
    [piece] = fitting.fitted(content)
    for _ in range(MOST_LEVELS - 1):
        [piece] = piece.chat_record.items
    assert piece.chat_record.title == "第4层"
    assert [it.chat_record.title or it.text.content for it in piece.chat_record.items] == [
        "第5层",
        "第6层",
        "第7层",
        "内",
    ]


@pytest.mark.parametrize("kind", ["title", "url"])
def test_a_long_part_of_a_page_stays_a_page_with_text_behind_it(kind: str) -> None:
    """A rule that forbids pages finds one, and keywords are found in all of it."""
    text = prose(30_000)
    page = pb.LinkContent(**{"url": "https://a.cn/", kind: text})
    first, *rest = fitting.fitted(pb.Content(link=page))
    assert first.HasField("link")
    assert rest
    assert all(piece.HasField("text") for piece in rest)


def test_the_limits_are_the_servers() -> None:
    """The client can't import them."""
    assert (fitting.MOST_CHARACTERS, fitting.MOST_ITEMS) == (MOST_TEXT, MOST_ITEMS)
    assert (fitting.MOST_LEVELS, fitting.MOST_URL_BYTES) == (MOST_LEVELS, MOST_URL_BYTES)
