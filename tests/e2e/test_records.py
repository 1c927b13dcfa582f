"""What is kept of decisions: the log, the numbers, and who may see which of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import grpc
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.filter.v1.hits_pb2 import HitFilter, ListHitsRequest, LoggedDecision, WatchHitsRequest
from groupguard.filter.v1.statistics_pb2 import GetStatisticsRequest, GetStatisticsResponse
from groupguard.filter.v1.verdict_pb2 import (
    CONDITION_KEYWORDS,
    DECISION_KICK,
    DECISION_WARN,
    REASON_ENTERPRISE_BLACKLIST,
    REASON_RULE_HIT,
)
from groupguard.rule.v1.rule_pb2 import ACTION_KIND_KICK, RULE_STATE_SHADOW
from groupguard.rule.v1.settings_pb2 import CorpSettings, DecisionLog
from groupguard_client import failure
from support.corp import CHAT, CUSTOMER, OWNER, Corp
from support.processes import wait_until

PATIENCE = 10.0


@pytest.fixture
def logging(corp: Corp) -> Corp:
    """A corp that logs, with the keywords."""
    _log(corp, DecisionLog.MASKING_UNSPECIFIED)
    return corp


def _log(corp: Corp, masking: DecisionLog.Masking.ValueType) -> None:
    corp.decide(CorpSettings(decision_log=DecisionLog(enabled=True, masking=masking)), "decision_log")


def _listed(
    corp: Corp, *, oldest_first: bool = True, size: int = 0, **wanted: object
) -> list[LoggedDecision]:
    """All pages of the log."""
    found: list[LoggedDecision] = []
    request = ListHitsRequest(
        corp_id=corp.id,
        filter=HitFilter(**wanted),  # type: ignore[arg-type]
        oldest_first=oldest_first,
        page_size=size,
    )
    while True:
        page = corp.gg.filter.ListHits(request)
        found += page.hits
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def _recorded(corp: Corp, count: int) -> list[LoggedDecision]:
    """The log, once it has so many entries."""
    assert wait_until(lambda: len(_listed(corp)) >= count, PATIENCE)
    found = _listed(corp)
    assert len(found) == count
    return found


def in_all(numbers: GetStatisticsResponse) -> GetStatisticsResponse.Day:
    """All days together: a test may run into the next one."""
    sums = GetStatisticsResponse.Day()
    for day in numbers.days:
        for field in sums.DESCRIPTOR.fields[1:]:
            setattr(sums, field.name, getattr(sums, field.name) + getattr(day, field.name))
    return sums


def _statistics(corp: Corp, so: Callable[[GetStatisticsResponse], bool]) -> GetStatisticsResponse:
    """The statistics, once they are so."""

    def asked() -> GetStatisticsResponse:
        return corp.gg.filter.GetStatistics(GetStatisticsRequest(corp_id=corp.id))

    assert wait_until(lambda: so(asked()), PATIENCE), asked()
    return asked()


def test_a_logged_decision_names_what_decided_it(logging: Corp) -> None:
    """Message, rule, both revisions, decision and keyword; what hit nothing is not there."""
    rule = logging.rule("加微信")
    logging.say("大家好", message_id="m1")
    verdict = logging.say("来加微信吧", message_id="m2")
    [logged] = _recorded(logging, 1)
    [hit] = logged.hits
    assert (logged.message_id, logged.chat_id, logged.external_userid) == ("m2", CHAT, CUSTOMER)
    assert (logged.decision, logged.reason) == (DECISION_WARN, REASON_RULE_HIT)
    assert logged.rules_revision == verdict.rules_revision
    assert (hit.rule_id, hit.rule_revision, hit.keyword) == (
        rule.rule_id,
        verdict.hits[0].rule_revision,
        "加微信",
    )
    assert (hit.span.start, hit.span.end) == (1, 4)
    assert abs(logged.decide_time.ToSeconds() - datetime.now(UTC).timestamp()) < 60


def test_the_log_holds_no_more_text_than_the_corp_wants(corp: Corp) -> None:
    """Nothing, the keywords, or all; what is not logged at all is counted all the same."""
    corp.rule("加微信")
    text = "来 加❤微信 吧"
    corp.say(text, message_id="off")
    for masking in (
        DecisionLog.MASKING_NO_TEXT,
        DecisionLog.MASKING_KEYWORDS_ONLY,
        DecisionLog.MASKING_FULL_TEXT,
    ):
        _log(corp, masking)
        corp.say(text, message_id=DecisionLog.Masking.Name(masking))
    none, keywords, full = _recorded(corp, 3)
    assert [it.message_id for it in (none, keywords, full)] == [
        "MASKING_NO_TEXT",
        "MASKING_KEYWORDS_ONLY",
        "MASKING_FULL_TEXT",
    ]
    for masked in (none, keywords):
        assert not masked.texts
        assert not masked.hits[0].explanation
        assert not masked.hits[0].foldings
        assert "❤" not in str(masked)
    assert (none.hits[0].keyword, keywords.hits[0].keyword) == ("", "加微信")
    assert "微信" not in str(none)
    assert list(full.texts) == [text]
    assert "❤" in full.hits[0].explanation
    numbers = _statistics(corp, lambda it: in_all(it).message_count == 4)
    assert numbers.rules[0].hit_count == 4


def test_a_retry_is_recorded_once(logging: Corp) -> None:
    """By its message_id, and however often it comes; another sender's message of the same id is another."""
    logging.rule("加微信")
    for _ in range(3):
        logging.say("加微信", message_id="m1")
    logging.say("加微信", message_id="m1", by="wmOther")
    logging.say("加微信", message_id="m2")
    found = _recorded(logging, 3)
    assert [(it.message_id, it.external_userid) for it in found] == [
        ("m1", CUSTOMER),
        ("m1", "wmOther"),
        ("m2", CUSTOMER),
    ]
    numbers = _statistics(logging, lambda it: in_all(it).message_count == 5)
    assert (in_all(numbers).warned_count, numbers.rules[0].hit_count) == (3, 3)


def test_hits_are_found_by_rule_group_sender_time_and_kind(logging: Corp) -> None:
    """Each filter alone; pages of one give the same as a single one, in both directions."""
    logging.group("wrOther", OWNER)
    first, second = logging.rule("加微信"), logging.rule("刷单", chats=(CHAT, "wrOther"))
    trial = logging.rule("刷", state=RULE_STATE_SHADOW, kind=ACTION_KIND_KICK, chats=(CHAT, "wrOther"))
    logging.say("加微信", message_id="m1")
    logging.say("刷单", message_id="m2", chat="wrOther")
    logging.say("刷墙", message_id="m3", by="wmPainter")
    found = _recorded(logging, 3)

    def ids(**wanted: object) -> list[str]:
        return [it.message_id for it in _listed(logging, **wanted)]  # type: ignore[arg-type]

    assert ids() == ["m1", "m2", "m3"] == ids(size=1)
    assert ids(oldest_first=False) == ["m3", "m2", "m1"] == ids(oldest_first=False, size=2)
    assert ids(rule_id=first.rule_id) == ["m1"]
    assert ids(rule_id=second.rule_id) == ["m2"]
    assert ids(rule_id=trial.rule_id) == ["m2", "m3"]
    assert ids(rule_id=trial.rule_id, shadow=False) == []
    assert ids(chat_id="wrOther") == ["m2"]
    assert ids(external_userid="wmPainter") == ["m3"]
    assert ids(shadow=True) == ["m2", "m3"]
    assert ids(shadow=False) == ["m1", "m2"]
    assert ids(end_time=found[0].decide_time) == []
    assert ids(start_time=found[0].decide_time) == ["m1", "m2", "m3"]


def test_a_page_token_is_good_for_its_query_only(logging: Corp) -> None:
    """Another query's token is refused, and so is one that was made up."""
    logging.rule("加微信")
    for number in range(2):
        logging.say("加微信", message_id=f"m{number}")
    _recorded(logging, 2)
    token = logging.gg.filter.ListHits(ListHitsRequest(corp_id=logging.id, page_size=1)).next_page_token
    for request in (
        ListHitsRequest(corp_id=logging.id, page_token=token, oldest_first=True),
        ListHitsRequest(corp_id=logging.id, page_token="nonsense"),
    ):
        with pytest.raises(grpc.RpcError) as refused:
            logging.gg.filter.ListHits(request)
        assert failure(refused.value).violations[0][0] == "page_token"


def test_a_kick_by_blacklist_is_logged_without_hits(logging: Corp) -> None:
    """And counted apart."""
    logging.blacklist(CUSTOMER)
    logging.say("大家好", message_id="m1")
    [logged] = _recorded(logging, 1)
    assert (logged.decision, logged.reason) == (DECISION_KICK, REASON_ENTERPRISE_BLACKLIST)
    assert not logged.hits
    numbers = _statistics(logging, lambda it: in_all(it).message_count == 1)
    assert (in_all(numbers).kicked_count, in_all(numbers).blacklisted_count) == (1, 1)


def test_a_watch_goes_on_where_it_was_broken_off(logging: Corp) -> None:
    """Nothing twice, nothing left out; without a cursor it begins with what comes."""
    logging.rule("加微信")
    logging.say("加微信", message_id="before")
    _recorded(logging, 1)
    watch = logging.gg.filter.WatchHits(WatchHitsRequest(corp_id=logging.id), timeout=30)
    begun = next(watch)
    assert not begun.hits
    logging.say("加微信", message_id="m1")
    answer = next(watch)
    assert [it.message_id for it in answer.hits] == ["m1"]
    watch.cancel()
    logging.say("加微信", message_id="m2")
    logging.say("加微信", message_id="m3")
    _recorded(logging, 4)
    assert list(_watched(logging, answer.cursor, 2)) == ["m2", "m3"]
    assert list(_watched(logging, begun.cursor, 3)) == ["m1", "m2", "m3"]
    assert list(_watched(logging, "0-0", 4)) == ["before", "m1", "m2", "m3"]


def _watched(corp: Corp, cursor: str, count: int) -> Iterator[str]:
    watch = corp.gg.filter.WatchHits(WatchHitsRequest(corp_id=corp.id, after_cursor=cursor), timeout=30)
    left = count
    for answer in watch:
        yield from (it.message_id for it in answer.hits)
        left -= len(answer.hits)
        if not left:
            watch.cancel()
            return


def test_a_watch_takes_no_times(corp: Corp) -> None:
    """Where it begins is for the cursor to say, which has to be one."""
    begin = Timestamp(seconds=1)
    for request, field in (
        (WatchHitsRequest(filter=HitFilter(start_time=begin)), "filter.start_time"),
        (WatchHitsRequest(filter=HitFilter(end_time=begin)), "filter.end_time"),
        (WatchHitsRequest(after_cursor="yesterday"), "after_cursor"),
        (WatchHitsRequest(after_cursor=f"1-{2**64}"), "after_cursor"),
    ):
        request.corp_id = corp.id
        with pytest.raises(grpc.RpcError) as refused:
            next(corp.gg.filter.WatchHits(request))
        assert failure(refused.value).violations[0][0] == field


def test_numbers_tell_what_a_shadow_rule_would_do(corp: Corp) -> None:
    """Warnings, kicks, senders, groups, and how often enforced rules hit as well."""
    corp.group("wrOther", OWNER)
    chats = (CHAT, "wrOther")
    corp.rule("加微信", chats=chats)
    kicking = corp.rule("微信", state=RULE_STATE_SHADOW, kind=ACTION_KIND_KICK, chats=chats)
    warning = corp.rule("红包", state=RULE_STATE_SHADOW, chats=chats)
    silent = corp.rule("传销", chats=chats)
    for number, (text, by, chat) in enumerate(
        (
            ("大家好", "wm3", CHAT),
            ("加微信", "wm1", CHAT),
            ("微信", "wm2", CHAT),
            ("微信红包", "wm2", "wrOther"),
        )
    ):
        corp.say(text, by=by, chat=chat, message_id=f"m{number}")
    numbers = _statistics(corp, lambda it: in_all(it).message_count == 4)
    assert (in_all(numbers).warned_count, in_all(numbers).kicked_count) == (1, 0)
    assert [(group.chat_id, group.warned_count) for group in numbers.groups] == [(CHAT, 1)]
    told = {rule.rule_id: rule for rule in numbers.rules}
    kicks = told[kicking.rule_id]
    assert (kicks.hit_count, kicks.shadow_hit_count) == (0, 3)
    assert (kicks.would_warn_count, kicks.would_kick_count, kicks.overlap_count) == (0, 3, 1)
    assert (kicks.sender_count, kicks.group_count) == (2, 2)
    assert [(it.condition, it.message_count) for it in kicks.conditions] == [(CONDITION_KEYWORDS, 3)]
    warns = told[warning.rule_id]
    assert (warns.would_warn_count, warns.would_kick_count) == (1, 0)
    assert [it.rule_id for it in numbers.silent_rules] == [silent.rule_id]
    assert numbers.silent_rules[0].silent_since.ToSeconds() > 0
