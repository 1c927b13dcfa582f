"""A customer is forgotten: nothing in any store names them any more, and nothing of anybody else is gone."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from contextlib import ExitStack

import redis
from google.protobuf.duration_pb2 import Duration

from groupguard.blacklist.v1.blacklist_service_pb2 import ImportEntriesRequest, List
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard.filter.v1.filter_service_pb2 import CheckMemberRequest
from groupguard.filter.v1.hits_pb2 import ListHitsRequest
from groupguard.filter.v1.message_pb2 import SENDER_KIND_CUSTOMER, Sender
from groupguard.filter.v1.verdict_pb2 import DECISION_ALLOW, DECISION_KICK, DECISION_WARN
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    RULE_STATE_SHADOW,
    Conditions,
    FrequencyCondition,
    Keyword,
    KeywordCondition,
    MutedSendersCondition,
    RepeatCondition,
    Rule,
    SenderSelector,
)
from groupguard.rule.v1.settings_pb2 import CorpSettings, DecisionLog
from groupguard_client import Addresses, GroupGuard
from service_kit.embedded import EmbeddedStore
from service_kit.suite import StoreUrls, Suite
from support.cluster import cluster
from support.commands import Caller
from support.corp import CHAT, Corp
from support.processes import wait_until
from support.stored import everything, naming
from support.valkey import LOOPBACK, short_folder

SUFFIX = "号"
GONE, STAYS = "wm忘:记/1", f"wm忘:记/1{SUFFIX}"
"""Ids that are percent-encoded in keys and escaped in JSON; one begins like the other."""
WIDE = "wrWide"
"""A group in which nobody is warned, but kicked."""
TEN = Duration(seconds=10)
TRACES = {"sent", "said", "strikes", "shadow", "outcome", "struck", "struck_by", "hits"}
"""Kinds of keys of FilterService that name a sender."""
LISTS = {"exempt", "rules", "history", "log", "enterprise", "personal"}
"""Kinds of keys of the two others."""


def make_rules(corp: Corp) -> None:
    """Rules that count, strike, warn, and put on a blacklist; decisions are logged with all of the text."""
    log = DecisionLog(enabled=True, masking=DecisionLog.MASKING_FULL_TEXT)
    corp.decide(CorpSettings(decision_log=log), "decision_log")
    corp.group(WIDE, "liqiang")
    striking = corp.rule("加微信", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=10)
    names = KeywordCondition(keywords=[Keyword(text="代开发票")])
    both = Conditions(keywords=striking.conditions.keywords, nickname_keywords=names)
    corp.update(Rule(rule_id=striking.rule_id, conditions=both, action=striking.action))
    often = FrequencyCondition(max_messages=100, window=TEN)
    for scope in (RepeatCondition.SCOPE_GROUP, RepeatCondition.SCOPE_CORP):
        rule = corp.rule("不会有人说的词", kind=ACTION_KIND_KICK)
        conditions = Conditions(
            frequency=often, repeat=RepeatCondition(max_times=100, window=TEN, scope=scope)
        )
        corp.update(Rule(rule_id=rule.rule_id, conditions=conditions))
    corp.rule(
        "加微信", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=10, state=RULE_STATE_SHADOW
    )
    corp.rule("传销", kind=ACTION_KIND_KICK, blacklist=BLACKLIST_KIND_ENTERPRISE, chats=[WIDE])


def mute(corp: Corp, customer: str) -> Rule:
    """A rule that is for this customer alone, bound to no group."""
    rule = corp.rule("不会有人说的词", kind=ACTION_KIND_WARN, chats=())
    muted = MutedSendersCondition(senders=SenderSelector(external_userids=[customer]))
    return corp.update(Rule(rule_id=rule.rule_id, conditions=Conditions(muted_senders=muted)))


def fill(corp: Corp, customer: str) -> None:
    """Leaves every trace that a customer can leave."""
    mute(corp, customer)
    for number in range(3):
        said = corp.say("加微信", by=customer, message_id=f"m{number}")
        assert said.decision == DECISION_WARN
    member = Sender(kind=SENDER_KIND_CUSTOMER, external_userid=customer, group_nickname="代开发票")
    join = CheckMemberRequest.CHANGE_JOIN
    event = CheckMemberRequest(corp_id=corp.id, event_id="e1", change=join, chat_id=CHAT, member=member)
    assert corp.gg.filter.CheckMember(event).verdict.decision == DECISION_WARN
    assert corp.say("传销", by=customer, chat=WIDE, message_id="m9").decision == DECISION_KICK  # by a rule
    corp.blacklist(customer, "zhangmin")  # by hand
    item = ImportEntriesRequest.Item(external_userid=customer, reason="名单")
    whose = List(kind=BLACKLIST_KIND_PERSONAL, owner_userid="liqiang")
    part = ImportEntriesRequest(corp_id=corp.id, import_id=f"i{len(customer)}", list=whose, items=[item])
    assert [answer.added_count for answer in corp.gg.blacklist.ImportEntries(iter([part]))] == [1]
    for owner in ("", "zhangmin", "liqiang"):
        corp.exempt(customer, owner)
    corp.unexempt(customer, "liqiang")


def recorded(corp: Corp) -> int:
    """Decisions in the log."""
    return len(corp.gg.filter.ListHits(ListHitsRequest(corp_id=corp.id)).hits)


def kinds(found: Iterable[bytes]) -> set[str]:
    """What keys are of."""
    return {key.decode().split(":")[3] for key in found}


def lasting(found: dict[bytes, list[bytes]]) -> dict[bytes, list[bytes]]:
    """What is there besides the answers that are kept for an hour, for writes that are repeated."""
    return {key: values for key, values in found.items() if b":request:" not in key}


def without_log(found: dict[bytes, list[bytes]]) -> dict[bytes, list[bytes]]:
    """What is there besides the change log, of which the beginning goes."""
    return {key: values for key, values in found.items() if kinds([key]) != {"log"}}


def prove(corp: Corp, call: Caller, read: Callable[[], dict[bytes, list[bytes]]]) -> None:
    """Forgets one of two customers who left the same traces."""
    make_rules(corp)
    for customer in (GONE, STAYS):
        fill(corp, customer)
    assert wait_until(lambda: recorded(corp) == 10, 10)
    before = read()
    gone, stays = naming(before, GONE, SUFFIX), naming(before, STAYS, SUFFIX)
    assert kinds(gone) == kinds(stays) == TRACES | LISTS

    told = call.json("forget", GONE, "--dry-run")
    assert naming(read(), GONE, SUFFIX) == gone
    assert (told[0]["exemption_count"], told[0]["history_count"], len(told[0]["rule_ids"])) == (2, 1, 1)
    assert (told[1]["enterprise_count"], told[1]["personal_count"]) == (1, 2)
    assert told[2] == {"message_log_count": 3, "strike_count": 7, "outcome_count": 5, "hit_count": 5}
    assert call("forget", GONE).exit_code == 2  # nobody is there to be asked
    assert naming(read(), GONE, SUFFIX) == gone

    erased = call.json("forget", GONE, "--yes")
    assert erased[2] == told[2]
    after = read()
    assert naming(after, GONE, SUFFIX) == {}
    assert without_log(naming(after, STAYS, SUFFIX)) == without_log(stays)
    assert "Erased: 0 in all." in call("forget", GONE, "--yes").stderr

    corp.token, corp.lists_token = erased[0]["rules_revision"], erased[1]["blacklist_revision"]
    begun = corp.say("加微信", by=GONE)
    assert begun.decision == DECISION_WARN
    assert {it.count for it in begun.strikes} == {1}
    assert corp.say("早", by=STAYS).decision == DECISION_KICK


def test_nothing_names_a_forgotten_customer_and_nothing_of_another_is_gone(
    corp: Corp, call: Caller, suite_store: EmbeddedStore
) -> None:
    """Every key and value of both stores is looked at."""
    with ExitStack() as stack:
        urls = (suite_store.durable_url, suite_store.ephemeral_url)
        stores = [stack.enter_context(redis.Redis.from_url(url)) for url in urls]
        own = f"{{{corp.id}}}".encode()
        prove(corp, call, lambda: lasting({key: it for key, it in everything(stores).items() if own in key}))


def test_a_customer_is_forgotten_on_a_cluster() -> None:
    """The corp's keys are looked for on the node that has them."""
    with ExitStack() as stack:
        url = stack.enter_context(cluster())
        logs = stack.enter_context(short_folder())
        hurry = {"GROUPGUARD_DRAIN_SECONDS": "0"}
        suite = stack.enter_context(Suite(StoreUrls(url, url), environment=hurry, log_folder=logs))
        targets = {name: f"{LOOPBACK}:{it.port}" for name, it in suite.services.items()}
        corp = Corp(stack.enter_context(GroupGuard(Addresses(**targets))))
        nodes = [
            stack.enter_context(redis.Redis.from_url(f"redis://{node}"))
            for node in url.removeprefix("redis+cluster://").split(",")
        ]
        found = {f"GROUPGUARD_{name.upper()}_ADDRESS": target for name, target in targets.items()}
        call = Caller({"PATH": os.environ["PATH"], "GROUPGUARD_CORP": corp.id, **found})
        prove(corp, call, lambda: lasting(everything(nodes)))


def test_rules_forget_a_customer_and_hold_for_nobody_else_than_before(
    corp: Corp, call: Caller, suite_store: EmbeddedStore
) -> None:
    """Without its only sender a rule would hold for everybody; the histories of deleted ones forget, too, and still end."""
    rule, deleted = mute(corp, GONE), mute(corp, GONE)
    corp.bind(rule, CHAT)
    corp.delete(deleted)
    assert corp.say("早", by=GONE).decision == DECISION_WARN

    answer = call.json("forget", GONE, "--yes")[0]
    assert (answer["rule_ids"], answer["history_count"]) == ([rule.rule_id], 2)

    corp.token = answer["rules_revision"]
    assert [corp.say("早", by=customer).decision for customer in (GONE, STAYS)] == [DECISION_ALLOW] * 2
    for each in (rule, deleted):
        assert len(call.rows("rules", "history", each.rule_id)) == 3
    with redis.Redis.from_url(suite_store.durable_url) as store:
        [left, kept] = [store.ttl(f"gg:rule:{{{corp.id}}}:history:{it.rule_id}") for it in (deleted, rule)]
    assert left > 29 * 86_400
    assert kept == -1
    muting = call.rows("rules", "history", deleted.rule_id)[1]["revision"]
    call("rules", "restore", deleted.rule_id, muting, "--yes")
    shown = call.json("rules", "show", deleted.rule_id)[0]
    assert shown["conditions"]["muted_senders"]["senders"]["external_userids"] == ["(forgotten)"]
