"""The message-type condition: what it hits, and what its whitelists excuse."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from google.protobuf.json_format import ParseDict

from filter_service.convert.contents import read_contents
from filter_service.convert.rule import read_rule
from filter_service.domain.message import Item, MessageType, PartKind, readable_parts
from filter_service.domain.message_types import (
    ExcusedAreas,
    TypeCondition,
    excused_areas,
    type_hits,
    types_in,
)
from filter_service.domain.message_urls import MessageUrls, read_urls
from filter_service.domain.rule import Action, ActionKind, Group, Rule, State
from filter_service.domain.snapshot import BindingChange, Operation, Snapshot
from filter_service.domain.type_rules import TypeRules
from groupguard.filter.v1.message_pb2 import Content
from groupguard.rule.v1.rule_pb2 import Rule as RuleMessage
from service_kit.revision import Revision
from service_kit.web import WebPage, parse_whitelist_entry
from service_kit.web.whitelist import MiniProgramWhitelist, WebWhitelist

APP, NAME = "wx0123456789abcdef", "gh_shop@app"
ADVERT = {"link": {"title": "刷单", "description": "日结", "url": "https://evil.com/x"}}
OWN = {"link": {"title": "刷单", "description": "日结", "url": "https://shop.ok.com/spring/1"}}
NO_URL = {"link": {"title": "刷单"}}


@dataclass(frozen=True)
class Found:
    start: int
    end: int
    page: WebPage | None


def parse_url(text: str) -> WebPage | None:
    try:
        return parse_whitelist_entry(text)
    except ValueError:
        return None


def find_urls(text: str) -> Iterator[Found]:
    """Enough of a scanner for these tests: what begins with https://."""
    for match in re.finditer(r"https://[!-~]+", text):
        yield Found(match.start(), match.end(), parse_url(match[0]))


def condition(
    *types: MessageType, web: tuple[str, ...] = (), programs: tuple[str, ...] = ()
) -> TypeCondition:
    return TypeCondition(frozenset(types), WebWhitelist(web), MiniProgramWhitelist(programs))


def read(content: dict[str, Any]) -> tuple[tuple[Item, ...], MessageUrls]:
    items = read_contents(ParseDict(content, Content()), "sample", [])
    return items, read_urls(items, find_urls, parse_url)


def hits(condition: TypeCondition, content: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Type, item path, part and the text of each hit."""
    items, urls = read(content)
    texts = {(item.path, part.kind): part.text for item, part in readable_parts(items)}
    return [
        (
            hit.type.value,
            hit.item_path,
            *([hit.part.value, texts[hit.item_path, hit.part][hit.start : hit.end]] if hit.part else []),
            *([str(hit.page)] if hit.page else []),
        )
        for hit in type_hits(condition, items, urls)
    ]


def judged(condition: TypeCondition, content: dict[str, Any], word: str) -> list[tuple[Any, ...]]:
    """Item path and part of each place of a word that is not excused."""
    items, urls = read(content)
    areas = excused_areas(condition, items, urls)
    return [
        (item.path, part.kind.value, match.start())
        for item, part in readable_parts(items)
        for match in re.finditer(word, part.text)
        if not areas.cover(item, part, *match.span())
    ]


ALL = condition(*MessageType)
OF_EACH_KIND: dict[str, str | None] = {
    "text": None,
    "image": "image",
    "voice": "voice",
    "video": "video",
    "emotion": "emotion",
    "file": "file",
    "card": "card",
    "location": "location",
    "link": "link",
    "mini_program": "mini_program",
    "chat_record": "chat_record",
    "mixed": None,
    "red_packet": "red_packet",
    "news": "link",
    "markdown": None,
    "channels_feed": "channels_feed",
    "other": None,
}


@pytest.mark.parametrize("kind", OF_EACH_KIND)
def test_a_kind_hits_the_condition_that_names_its_type_and_no_other(kind: str) -> None:
    """Also inside a forwarded conversation, which counts as sent by whoever forwards it."""
    type_ = OF_EACH_KIND[kind]
    assert hits(ALL, {kind: {}}) == ([(type_, ())] if type_ else [])
    others = condition(*(it for it in MessageType if it.value != type_))
    assert hits(others, {kind: {}}) == []
    nested: dict[str, Any] = {"mixed": {"items": [{"text": {}}, {kind: {}}]}}
    assert hits(ALL, nested) == ([(type_, (1,))] if type_ else [])
    assert types_in(*read({kind: {}})) == ({MessageType(type_)} if type_ else set())


LINK = condition(MessageType.LINK, web=("ok.com/spring", "a.cn"))
PROGRAM = condition(MessageType.MINI_PROGRAM, programs=(APP, NAME))
HITS: dict[str, tuple[TypeCondition, dict[str, Any], list[tuple[Any, ...]]]] = {
    "a page": (LINK, ADVERT, [("link", (), "evil.com/x")]),
    "a page of the whitelist": (LINK, OWN, []),
    "a page beside the whitelist's path": (
        LINK,
        {"link": {"url": "https://ok.com/springs"}},
        [("link", (), "ok.com/springs")],
    ),
    "a page on a host that only ends the same": (
        LINK,
        {"link": {"url": "https://nota.cn"}},
        [("link", (), "nota.cn")],
    ),
    "a page without a URL": (LINK, NO_URL, [("link", ())]),
    "a page whose URL can't be read": (LINK, {"link": {"url": "weixin://dl"}}, [("link", ())]),
    "articles": (
        LINK,
        {"news": {"articles": [OWN["link"], ADVERT["link"], {}]}},
        [("link", (1,), "evil.com/x"), ("link", (2,))],
    ),
    "a URL in a text": (
        LINK,
        {"text": {"content": "看https://evil.com/x 吧"}},
        [("link", (), "text", "https://evil.com/x", "evil.com/x")],
    ),
    "a URL of the whitelist in a text": (LINK, {"text": {"content": "看https://www.a.cn/x 吧"}}, []),
    "two URLs in a text": (
        LINK,
        {"markdown": {"content": "https://a.cn https://evil.com"}},
        [("link", (), "text", "https://evil.com", "evil.com")],
    ),
    "a URL that can't be compared": (
        LINK,
        {"text": {"content": "https://ok.com:99999"}},
        [("link", (), "text", "https://ok.com:99999")],
    ),
    "a URL in a picture": (
        LINK,
        {"image": {"recognized_text": "https://evil.com"}},
        [("link", (), "recognized_text", "https://evil.com", "evil.com")],
    ),
    "a URL on a red packet": (
        LINK,
        {"red_packet": {"wish": "https://evil.com"}},
        [("link", (), "wish", "https://evil.com", "evil.com")],
    ),
    "names that look like URLs": (
        LINK,
        {
            "mixed": {
                "items": [
                    {"file": {"file_name": "https://readme.md"}},
                    {"mini_program": {"display_name": "https://jd.com", "description": "https://jd.com"}},
                    {"card": {"corp_name": "https://booking.com"}},
                ]
            }
        },
        [],
    ),
    "a URL in another rule's business": (
        condition(MessageType.IMAGE),
        {"text": {"content": "https://e.com"}},
        [],
    ),
    "pages and URLs in a conversation": (
        LINK,
        {"chat_record": {"items": [{"text": {"content": "https://evil.com"}}, OWN, ADVERT]}},
        [("link", (2,), "evil.com/x"), ("link", (0,), "text", "https://evil.com", "evil.com")],
    ),
    "a mini program": (PROGRAM, {"mini_program": {"app_id": "wx1"}}, [("mini_program", ())]),
    "one nothing is known of": (PROGRAM, {"mini_program": {"title": "题"}}, [("mini_program", ())]),
    "one of the whitelist by appid": (PROGRAM, {"mini_program": {"app_id": APP, "username": "gh_x@app"}}, []),
    "one of the whitelist by username": (PROGRAM, {"mini_program": {"username": NAME}}, []),
    "a QR code": (
        condition(MessageType.QR_CODE),
        {"image": {}, "has_qr_code": True},
        [("qr_code", ())],
    ),
    "a QR code in another rule's business": (LINK, {"image": {}, "has_qr_code": True}, []),
    "a QR code in a picture that is unwanted itself": (
        ALL,
        {"mixed": {"items": [{"image": {}, "has_qr_code": True}]}},
        [("image", (0,)), ("qr_code", (0,))],
    ),
    "a QR code on a card of the whitelist": (
        condition(MessageType.QR_CODE, MessageType.LINK, web=("ok.com",)),
        {**OWN, "has_qr_code": True},
        [("qr_code", ())],
    ),
    "a whitelist without its type": (condition(MessageType.IMAGE, web=("ok.com",)), OWN, []),
}


@pytest.mark.parametrize("case", HITS)
def test_hits(case: str) -> None:
    """What of a message a condition does not want, where, and on which page."""
    condition, content, expected = HITS[case]
    assert hits(condition, content) == expected


EXCUSES: dict[str, tuple[TypeCondition, dict[str, Any], list[tuple[Any, ...]]]] = {
    "a card of the whitelist, all of it": (LINK, OWN, []),
    "another card": (LINK, ADVERT, [((), "title", 0)]),
    "the keyword in a whitelisted card's URL": (
        LINK,
        {"link": {"title": "题", "url": "https://ok.com/spring/刷单"}},
        [],
    ),
    "a whitelisted card beside another": (
        LINK,
        {"mixed": {"items": [OWN, ADVERT, {"text": {"content": "刷单"}}]}},
        [((1,), "title", 0), ((2,), "text", 0)],
    ),
    "a mini program of the whitelist": (PROGRAM, {"mini_program": {"title": "刷单", "app_id": APP}}, []),
    "another mini program": (PROGRAM, {"mini_program": {"title": "刷单"}}, [((), "title", 0)]),
    "a whitelist without its type": (
        condition(MessageType.IMAGE, web=("ok.com",), programs=(APP,)),
        {"mixed": {"items": [OWN, {"mini_program": {"title": "刷单", "app_id": APP}}]}},
        [((0,), "title", 0), ((1,), "title", 0)],
    ),
}


@pytest.mark.parametrize("case", EXCUSES)
def test_excuses(case: str) -> None:
    """Where a rule's keyword is still found."""
    condition, content, expected = EXCUSES[case]
    assert judged(condition, content, "刷单") == expected


def test_what_is_written_around_a_url_is_judged() -> None:
    """Only what lies wholly within a whitelisted URL is excused, and only in the text it is in."""
    text = "spring https://ok.com/spring spring"
    content = {"mixed": {"items": [{"text": {"content": text}}, {"text": {"content": text[7:]}}]}}
    assert judged(LINK, content, "spring") == [((0,), "text", 0), ((0,), "text", 29), ((1,), "text", 22)]
    assert judged(LINK, content, "g https") == [((0,), "text", 5)]
    other = {"text": {"content": "https://evil.com/spring"}}
    assert judged(LINK, other, "spring") == [((), "text", 17)]


def test_equal_texts_of_one_item_are_excused_alike() -> None:
    """Texts of a kind unknown have no place of their own."""
    content = {"other": {"texts": ["https://a.cn/刷", "https://a.cn/刷", "刷"]}}
    assert judged(LINK, content, "a") == []
    assert judged(LINK, content, "刷") == [((), "text", 13), ((), "text", 13), ((), "text", 0)]


def test_without_urls_and_cards_nothing_is_excused_or_of_any_type() -> None:
    """An ordinary text concerns no rule with such a condition."""
    items, urls = read({"text": {"content": "早"}})
    assert urls == MessageUrls()
    assert types_in(items, urls) == frozenset()
    assert excused_areas(LINK, items, urls) == ExcusedAreas()


def test_a_text_with_a_url_is_of_the_type_link() -> None:
    """Whatever the whitelists say: only so the rules that name the type are asked."""
    assert types_in(*read({"text": {"content": "https://a.cn"}})) == {MessageType.LINK}
    assert types_in(*read({"text": {"content": "x"}, "has_qr_code": True})) == {MessageType.QR_CODE}


def rule(rule_id: str, state: State, types: TypeCondition | None) -> Rule:
    return Rule(rule_id, 1, state, (), Action(ActionKind.KICK), message_types=types)


def types_here(*rules: Rule) -> TypeRules:
    """What a group that all rules are bound to does not want."""
    bound = BindingChange(Operation.SET, tuple(rule.rule_id for rule in rules), 0, b"\x80")
    group = Group("wr1", "zhang", 0)
    return Snapshot().changed([*rules, group, bound], Revision(1, "a")).plan(group).types


def test_only_rules_that_name_a_type_are_asked() -> None:
    """Each once, and none that is disabled."""
    both = rule("both", State.ENABLED, condition(MessageType.IMAGE, MessageType.VIDEO))
    shadow = rule("shadow", State.SHADOW, condition(MessageType.IMAGE))
    others = [rule("off", State.DISABLED, LINK), rule("none", State.ENABLED, None)]
    rules = types_here(both, shadow, *others)
    assert rules.concerned([MessageType.IMAGE, MessageType.VIDEO]) == [both, shadow]
    assert rules.concerned([MessageType.VIDEO]) == [both]
    assert rules.concerned([MessageType.LINK]) == []
    assert (rules.is_empty, rules.want_urls) == (False, False)
    assert types_here(replace(others[0], state=State.ENABLED)).want_urls
    assert types_here(*others).is_empty


def test_the_condition_comes_with_the_rule() -> None:
    """Types and both whitelists, as RuleService sends them; a rule without the condition has none."""
    sent: dict[str, Any] = {
        "rule_id": "r1",
        "state": "RULE_STATE_ENABLED",
        "action": {"kind": "ACTION_KIND_KICK"},
        "conditions": {
            "message_types": {
                "types": ["MESSAGE_TYPE_LINK", "MESSAGE_TYPE_MINI_PROGRAM", "MESSAGE_TYPE_QR_CODE"],
                "web_whitelist": ["ok.com/spring"],
                "mini_program_whitelist": [APP],
            }
        },
    }
    types = read_rule(ParseDict(sent, RuleMessage())).message_types
    assert types is not None
    assert types.types == {MessageType.LINK, MessageType.MINI_PROGRAM, MessageType.QR_CODE}
    assert hits(types, OWN) == []
    assert hits(types, ADVERT) == [("link", (), "evil.com/x")]
    assert hits(types, {"mini_program": {"app_id": APP}}) == []
    del sent["conditions"]
    assert read_rule(ParseDict(sent, RuleMessage())).message_types is None


def test_part_kinds_and_types_are_those_of_the_protos() -> None:
    """Every value has its counterpart by name."""
    from groupguard.common.v1.message_type_pb2 import MessageType as ProtoType
    from groupguard.filter.v1.verdict_pb2 import MessagePart

    assert {f"MESSAGE_TYPE_{it.name}" for it in MessageType} | {"MESSAGE_TYPE_UNSPECIFIED"} == set(
        ProtoType.keys()
    )
    assert {f"MESSAGE_PART_{it.name}" for it in PartKind} | {"MESSAGE_PART_UNSPECIFIED"} == set(
        MessagePart.keys()
    )
