"""A corp on running services to measure checks with, and an empty service beside them."""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.messages import messages
from bench.words import words
from groupguard.common.v1.message_type_pb2 import MESSAGE_TYPE_LINK
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, CheckMessageRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import ConfigureGroupsRequest, CreateRuleRequest, UpsertGroupsRequest
from groupguard_client import Addresses, GroupGuard, text_message
from service_kit.embedded import EmbeddedStore
from support.oracle import protos
from support.oracle.facts import Limit, RuleFacts
from support.services import ROOT, ServiceProcess, running
from support.valkey import embedded_store, short_folder

CORP, TOKEN = "ww0123456789abcdef", "a-token-of-the-bench"
RULES, KEYWORDS, GROUPS = 100, 100, 100
COUNTED_GROUPS = 20
"""Groups with a frequency rule: every fifth message of those that go round all groups."""
_CHATS = [f"wrOgQhDgAAMYQiS5{number:016d}" for number in range(GROUPS)]


@dataclass(frozen=True, slots=True)
class Running:
    """What runs."""

    filter: ServiceProcess
    empty: ServiceProcess
    store: EmbeddedStore


@contextmanager
def services() -> Iterator[Running]:
    """Starts the services with a token each call must bring, makes the corp, and an empty service."""
    with embedded_store() as store, short_folder() as folder:
        tokens = _tokens(folder)
        common = {
            "GROUPGUARD_TOKENS_FILE": str(tokens),
            "GROUPGUARD_LOG_SAMPLE": "0.01",
            "PYTHONPATH": os.pathsep.join(str(ROOT / it) for it in ("services", "clients", "tests")),
        }
        token = folder / "token"
        token.write_text(TOKEN, "utf-8")
        durable = {**common, "GROUPGUARD_DURABLE_URL": store.durable_url}
        with running("rule_service", durable) as rules, running("blacklist_service", durable) as lists:
            peers = {
                **common,
                "GROUPGUARD_DURABLE_URL": store.durable_url,
                "GROUPGUARD_EPHEMERAL_URL": store.ephemeral_url,
                "GROUPGUARD_RULE_ADDRESS": rules.target,
                "GROUPGUARD_BLACKLIST_ADDRESS": lists.target,
                "GROUPGUARD_TOKEN_FILE": str(token),
            }
            with running("filter_service", peers) as filter_, running("bench.empty_service", common) as empty:
                addresses = Addresses(rules.target, filter_.target, lists.target)
                with GroupGuard(addresses, token=TOKEN, timeout=60) as gg:
                    _make_corp(gg)
                yield Running(filter_, empty, store)


def texts() -> Iterator[str]:
    """Yields texts without end."""
    return itertools.cycle(message.text for message in messages())


def batches(count: int, start: int) -> list[bytes]:
    """Makes batches of 100 messages, one in each group, from number `start` on."""
    return [
        BatchCheckMessagesRequest(
            corp_id=CORP, messages=[_message(start + at * GROUPS + place, place) for place in range(GROUPS)]
        ).SerializeToString()
        for at in range(count)
    ]


def singles(count: int, start: int, *, counted: bool) -> list[bytes]:
    """Makes single checks in groups with a frequency rule, or in those without."""
    places = range(COUNTED_GROUPS) if counted else range(COUNTED_GROUPS, GROUPS)
    return [
        CheckMessageRequest(
            corp_id=CORP, message=_message(start + at, places[at % len(places)])
        ).SerializeToString()
        for at in range(count)
    ]


_TEXTS = list(itertools.islice(texts(), 20_000))


def _message(number: int, place: int) -> Message:
    return text_message(
        _CHATS[place],
        f"wmOgQhDgAAMYQiS5{number:016d}",
        _TEXTS[number % len(_TEXTS)],
        message_id=f"{number:020d}_1780000000_external",
        group_nickname="小王",
    )


def _make_corp(gg: GroupGuard) -> None:
    groups = [Group(chat_id=chat, owner_userid="zhang") for chat in _CHATS]
    gg.rules.UpsertGroups(UpsertGroupsRequest(corp_id=CORP, groups=groups))
    vocabulary = words(RULES * KEYWORDS)
    everywhere = [_create(gg, _rule(vocabulary[at::RULES], at)) for at in range(RULES)]
    limit = RuleFacts("ENABLED", "WARN", text="慢点", frequency=Limit(10, 10_000))
    _bind(gg, everywhere, _CHATS)
    _bind(gg, [_create(gg, protos.rule(limit))], _CHATS[:COUNTED_GROUPS])


def _rule(keywords: list[str], place: int) -> Rule:
    """Every rule has keywords and a length, every fiftieth asks for pages as well."""
    rule = protos.rule(
        RuleFacts("ENABLED", "WARN", tuple(keywords), text="请勿打扰", max_characters=800, max_lines=80)
    )
    if not place % 50:
        rule.conditions.message_types.types.append(MESSAGE_TYPE_LINK)
        rule.conditions.message_types.web_whitelist.append("ok.com")
    return rule


def _create(gg: GroupGuard, rule: Rule) -> str:
    return gg.rules.CreateRule(CreateRuleRequest(corp_id=CORP, rule=rule)).rule.rule_id


def _bind(gg: GroupGuard, rule_ids: list[str], chats: list[str]) -> None:
    bind = ConfigureGroupsRequest.OPERATION_BIND
    gg.rules.ConfigureGroups(
        ConfigureGroupsRequest(corp_id=CORP, operation=bind, rule_ids=rule_ids, chat_ids=chats)
    )


def _tokens(folder: Path) -> Path:
    roles = ["checker", "super_admin", "registry", "service"]
    entry = {"name": "bench", "sha256": hashlib.sha256(TOKEN.encode()).hexdigest(), "roles": {"*": roles}}
    file = folder / "tokens.json"
    file.write_text(json.dumps({"tokens": [entry]}), "utf-8")
    return file
