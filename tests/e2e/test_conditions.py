"""Conditions beyond words in the message, over real services: what hits, what is said of it, what is not known."""

from __future__ import annotations

import time
from typing import Any

import grpc
import pytest
from google.protobuf.duration_pb2 import Duration

from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE
from groupguard.common.v1.sender_identity_pb2 import (
    SENDER_IDENTITY_EXTERNAL_WECOM_MEMBER,
    SENDER_IDENTITY_WECHAT_CUSTOMER,
)
from groupguard.filter.v1 import verdict_pb2 as v
from groupguard.filter.v1.filter_service_pb2 import (
    CheckMemberRequest,
    ClearStrikesRequest,
    ListStrikesRequest,
)
from groupguard.filter.v1.message_pb2 import (
    SENDER_KIND_CUSTOMER,
    SENDER_KIND_ROBOT,
    SENDER_KIND_STAFF,
    ChatRecordContent,
    Content,
    Message,
    Sender,
    TextContent,
)
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK,
    ACTION_KIND_KICK_AFTER_WARNINGS,
    ACTION_KIND_WARN,
    Conditions,
    FrequencyCondition,
    Keyword,
    KeywordCondition,
    LengthCondition,
    MutedSendersCondition,
    RepeatCondition,
    Rule,
    SenderSelector,
)
from groupguard_client import failure, text_message
from support.commands import Caller
from support.corp import CHAT, CUSTOMER, OWNER, Corp

TEN = Duration(seconds=10)
NICKNAMES = KeywordCondition(keywords=[Keyword(text="代开发票")])


def make(corp: Corp, warning: str = "", warnings: int = 0, **conditions: Any) -> Rule:
    """A rule that kicks, or warns with a text, in the corp's group."""
    kind = ACTION_KIND_KICK_AFTER_WARNINGS if warnings else ACTION_KIND_WARN if warning else ACTION_KIND_KICK
    rule = corp.rule("不会有人说的词", kind=kind, warning=warning, warnings_before_kick=warnings)
    return corp.update(Rule(rule_id=rule.rule_id, conditions=Conditions(**conditions), action=rule.action))


def said(text: str, seconds: float = 0.0, chat: str = CHAT, **sender: Any) -> Message:
    """A message sent so many seconds ago, or to come."""
    message = text_message(chat, CUSTOMER, text, message_id=f"m{time.time_ns()}")
    message.sender.MergeFrom(Sender(**sender))
    message.send_time.FromMicroseconds(round((time.time() + seconds) * 1e6))
    return message


def figures(verdict: v.Verdict) -> list[tuple[str, int, int]]:
    """What is counted, how much there is, how much may be."""
    return [
        (v.Unit.Name(hit.figures.unit).removeprefix("UNIT_"), hit.figures.observed, hit.figures.limit)
        for hit in verdict.hits
    ]


def test_long_messages_hit_with_their_figures(corp: Corp) -> None:
    """Characters and lines each by themselves; as much as allowed is fine."""
    make(corp, length=LengthCondition(max_characters=12, max_lines=3))
    assert corp.judge(said("一" * 12)).decision == v.DECISION_ALLOW
    assert figures(corp.judge(said("一" * 13))) == [("CHARACTERS", 13, 12)]
    assert figures(corp.judge(said("1\n2\n3\n4"))) == [("LINES", 4, 3)]


def test_too_many_messages_hit_and_the_verdict_tells_what_is_left(corp: Corp) -> None:
    """The fourth within ten seconds of its own time; later ones are fine again."""
    make(corp, "慢点", frequency=FrequencyCondition(max_messages=3, window=TEN))
    verdicts = [corp.judge(said(f"第{n}", n - 60)) for n in range(4)]
    assert [it.decision for it in verdicts] == [v.DECISION_ALLOW] * 3 + [v.DECISION_WARN]
    assert [it.allowances[0].remaining for it in verdicts] == [2, 1, 0, 0]
    assert verdicts[0].allowances[0].window == TEN
    assert figures(verdicts[3]) == [("MESSAGES", 4, 3)]
    assert corp.judge(said("晚", -20)).allowances[0].remaining == 2


def test_staff_robots_and_exempt_customers_are_never_counted(corp: Corp) -> None:
    """Nor is anybody in another group (pitfall 12)."""
    make(corp, frequency=FrequencyCondition(max_messages=1, window=TEN))
    corp.group("wrOther", OWNER)
    corp.exempt("wmFriend")
    others = [
        said("早", kind=SENDER_KIND_STAFF),
        said("早", external_userid="wmFriend"),
        said("早", chat="wrOther"),
    ]
    for message in others * 3:
        assert corp.judge(message).decision == v.DECISION_ALLOW
    assert corp.judge(said("早")).allowances[0].remaining == 0


def test_one_advert_into_many_groups(corp: Corp) -> None:
    """Counted over the corp's groups, whatever the marks in it."""
    rule = make(corp, repeat=RepeatCondition(max_times=2, window=TEN, scope=RepeatCondition.SCOPE_CORP))
    for number in range(3):
        corp.group(f"wr{number}", OWNER)
        corp.bind(rule, f"wr{number}")
    decisions = [corp.judge(said(f"特价{'！' * n}", chat=f"wr{n}")).decision for n in range(3)]
    assert decisions == [v.DECISION_ALLOW, v.DECISION_ALLOW, v.DECISION_KICK]


def test_what_comes_later_than_ten_minutes_is_not_counted(corp: Corp) -> None:
    """And the verdict says so, with the rule."""
    rule = make(corp, frequency=FrequencyCondition(max_messages=1, window=TEN))
    for _ in range(2):
        verdict = corp.judge(said("早", -601))
        assert verdict.decision == v.DECISION_ALLOW
        [skipped] = verdict.not_evaluated
        assert (skipped.check, skipped.reason) == (v.CHECK_FREQUENCY, v.SKIP_REASON_TOO_LATE)
        assert list(skipped.rule_ids) == [rule.rule_id]
    assert corp.judge(said("早", -590)).allowances[0].remaining == 0


def test_an_edit_of_a_living_limit_counts_what_was_sent_before(corp: Corp) -> None:
    """Nothing has to be counted anew, and nothing is forgotten (pitfall 15)."""
    rule = make(corp, "慢点", frequency=FrequencyCondition(max_messages=9, window=TEN))
    for number in range(3):
        corp.judge(said(f"第{number}", number - 30))
    wider = FrequencyCondition(max_messages=3, window=Duration(seconds=60))
    corp.update(Rule(rule_id=rule.rule_id, conditions=Conditions(frequency=wider)))
    assert figures(corp.judge(said("再"))) == [("MESSAGES", 4, 3)]


def test_muted_senders_and_what_is_not_known_of_them(corp: Corp) -> None:
    """Other companies' staff may not speak; whoever it is not known of passes, and the verdict says for which rule."""
    selector = SenderSelector(identities=[SENDER_IDENTITY_EXTERNAL_WECOM_MEMBER])
    rule = make(corp, muted_senders=MutedSendersCondition(senders=selector))
    muted = corp.judge(said("早", identity=SENDER_IDENTITY_EXTERNAL_WECOM_MEMBER))
    assert (muted.decision, muted.hits[0].condition) == (v.DECISION_KICK, v.CONDITION_MUTED_SENDERS)
    other = corp.judge(said("早", identity=SENDER_IDENTITY_WECHAT_CUSTOMER))
    assert (other.decision, len(other.not_evaluated)) == (v.DECISION_ALLOW, 0)
    unknown = corp.judge(said("早"))
    assert unknown.decision == v.DECISION_ALLOW
    [skipped] = unknown.not_evaluated
    assert (skipped.check, skipped.reason) == (v.CHECK_CONDITIONS, v.SKIP_REASON_FACT_ABSENT)
    assert list(skipped.rule_ids) == [rule.rule_id]


def test_adverts_in_names_hit_and_are_not_repeated_to_the_group(corp: Corp) -> None:
    """In either name, in any disguise; the warning says 该成员 (pitfall 28)."""
    make(corp, "{nickname}，请改名", nickname_keywords=NICKNAMES)
    verdict = corp.judge(said("早", group_nickname="代开*发票 微信同号", name="小王"))
    [hit] = verdict.hits
    assert (hit.condition, hit.part) == (v.CONDITION_NICKNAME_KEYWORDS, v.MESSAGE_PART_GROUP_NICKNAME)
    assert (hit.span.start, hit.span.end, hit.keyword) == (0, 5, "代开发票")
    assert verdict.effects.warning_text == "该成员，请改名"
    by_name = corp.judge(said("早", group_nickname="", name="代开发票"))
    assert by_name.hits[0].part == v.MESSAGE_PART_SENDER_NAME
    assert corp.judge(said("代开发票", group_nickname="小王", name="")).decision == v.DECISION_ALLOW


def test_whoever_sends_is_who_is_judged(corp: Corp) -> None:
    """A forwarded conversation is its forwarder's, whoever said what in it; robots and staff are nobody's (pitfall 29)."""
    corp.rule("刷单", kind=ACTION_KIND_KICK, blacklist=BLACKLIST_KIND_ENTERPRISE)
    forwarded = said("")
    record = Content(
        chat_record=ChatRecordContent(title="wmVictim：", items=[Content(text=TextContent(content="刷单"))])
    )
    forwarded.chat_record.CopyFrom(record.chat_record)
    for kind in (SENDER_KIND_ROBOT, SENDER_KIND_STAFF):
        own = Message()
        own.CopyFrom(forwarded)
        own.sender.kind = kind
        assert corp.judge(own).decision == v.DECISION_ALLOW
    assert corp.judge(forwarded).decision == v.DECISION_KICK
    assert corp.say("早").reason == v.REASON_ENTERPRISE_BLACKLIST
    assert corp.say("早", by="wmVictim").decision == v.DECISION_ALLOW


def test_bad_facts_are_refused_by_name(corp: Corp) -> None:
    """Each with its field, limit and value."""
    message = said("早", name="名" * 129, identity=99)
    message.sender.tags.tag_ids.append("t" * 65)
    with pytest.raises(grpc.RpcError) as caught:
        corp.judge(message)
    fields = {violation[0] for violation in failure(caught.value).violations}
    assert fields == {"message.sender.name", "message.sender.identity", "message.sender.tags.tag_ids[0]"}


def event(corp: Corp, change: CheckMemberRequest.Change.ValueType, id: str = "", **member: Any) -> v.Verdict:
    """Has somebody judged who joins or renames."""
    request = CheckMemberRequest(
        corp_id=corp.id,
        event_id=id,
        change=change,
        chat_id=CHAT,
        member=Sender(kind=SENDER_KIND_CUSTOMER, external_userid=CUSTOMER, **member),
        min_rules_revision=corp.token,
        min_blacklist_revision=corp.lists_token,
    )
    return corp.gg.filter.CheckMember(request).verdict


JOIN, RENAME = CheckMemberRequest.CHANGE_JOIN, CheckMemberRequest.CHANGE_RENAME


def test_who_joins_is_refused_and_who_renames_is_kicked(corp: Corp) -> None:
    """By name, with the reason; nothing else of the rules is looked at."""
    make(corp, nickname_keywords=NICKNAMES)
    make(corp, frequency=FrequencyCondition(max_messages=1, window=TEN))
    joined = event(corp, JOIN, group_nickname="代开发票", name="")
    assert (joined.decision, joined.reason, joined.effects.kick) == (
        v.DECISION_REFUSE,
        v.REASON_RULE_HIT,
        True,
    )
    assert joined.hits[0].condition == v.CONDITION_NICKNAME_KEYWORDS
    assert event(corp, RENAME, group_nickname="代开发票", name="").decision == v.DECISION_KICK
    for _ in range(3):
        fine = event(corp, JOIN, group_nickname="小王", name="王")
        assert (fine.decision, len(fine.allowances)) == (v.DECISION_ALLOW, 0)
    assert event(corp, JOIN, name="王").not_evaluated[0].reason == v.SKIP_REASON_FACT_ABSENT


def test_listed_customers_are_refused_and_exempt_ones_let_in(corp: Corp) -> None:
    """As with messages: lists come first, then exemptions."""
    make(corp, nickname_keywords=NICKNAMES)
    corp.exempt(CUSTOMER)
    assert event(corp, JOIN, group_nickname="代开发票").reason == v.REASON_EXEMPT
    corp.blacklist(CUSTOMER, OWNER)
    refused = event(corp, JOIN, group_nickname="小王")
    assert (refused.decision, refused.reason) == (v.DECISION_REFUSE, v.REASON_PERSONAL_BLACKLIST)


def test_a_repeated_event_gets_the_first_verdict_and_strikes_once(corp: Corp) -> None:
    """Whatever changed meanwhile; a message of the same id is another thing."""
    make(corp, "请改名", warnings=1, nickname_keywords=NICKNAMES)
    first = event(corp, JOIN, "e1", group_nickname="代开发票", name="")
    corp.blacklist(CUSTOMER)
    again = event(corp, JOIN, "e1", group_nickname="代开发票", name="")
    assert (first.decision, first.strikes[0].count, first.repeated) == (v.DECISION_WARN, 1, False)
    assert (again.decision, again.strikes[0].count, again.repeated) == (v.DECISION_WARN, 1, True)
    assert event(corp, RENAME, "e2", group_nickname="小王").reason == v.REASON_ENTERPRISE_BLACKLIST


def test_strikes_are_listed_and_cleared(corp: Corp) -> None:
    """A page at a time; cleared, as many warnings as before follow (pitfall 16)."""
    rule = corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=1)
    for number in range(3):
        corp.say("刷单", by=f"wm{number}", message_id=f"m{number}")
    listed, token = [], ""
    while True:
        page = corp.gg.filter.ListStrikes(ListStrikesRequest(corp_id=corp.id, page_size=2, page_token=token))
        listed += [(it.chat_id, it.external_userid, it.rule_id, it.count) for it in page.strikes]
        token = page.next_page_token
        if not token:
            break
    assert listed == [(CHAT, f"wm{number}", rule.rule_id, 1) for number in range(3)]
    cleared = corp.gg.filter.ClearStrikes(ClearStrikesRequest(corp_id=corp.id, external_userid="wm1"))
    assert cleared.cleared_count == 1
    assert [corp.say("刷单", by=by).decision for by in ("wm1", "wm0")] == [v.DECISION_WARN, v.DECISION_KICK]
    with pytest.raises(grpc.RpcError) as caught:
        corp.gg.filter.ClearStrikes(ClearStrikesRequest(corp_id=corp.id))
    assert failure(caught.value).code == "INVALID_ARGUMENT"


def test_strikes_on_the_command_line(call: Caller, corp: Corp) -> None:
    """A table and JSON; clearing asks whose and whether."""
    rule = corp.rule("刷单", kind=ACTION_KIND_KICK_AFTER_WARNINGS, warnings_before_kick=5)
    for number in range(3):
        corp.say("刷单", by="wm1", message_id=f"m{number}")
    [row] = call.rows("strikes", "list")
    told = (row["chat_id"], row["external_userid"], row["rule_id"], row["strikes"], row["state"])
    assert told == (CHAT, "wm1", rule.rule_id, "3", "enabled")
    assert call("strikes", "clear").exit_code == 2
    assert "Strikes cleared: 3." in call("strikes", "clear", "--customer", "wm1", "--yes").stderr
    assert "Nobody has strikes." in call("strikes", "list").stderr
