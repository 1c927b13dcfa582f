"""Counting messages and strikes on real stores, one server and a cluster."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from filter_service.counters import RedisCounters, RedisStrikes
from filter_service.counters.layout import MOST_IN_LOG, prefix
from filter_service.domain.conditions import FrequencyCondition, RepeatCondition, RepeatScope
from filter_service.domain.counting import DAY_MS, Question, Remembered, Tally
from filter_service.domain.rule import Action, ActionKind, Blacklist, Rule, State
from filter_service.domain.sender_findings import Counted
from service_kit.redis_client import StoreClient, connect
from service_kit.revision import Revision

NOON = 1_780_000_000_000
CORP, NOW = "ww1", Revision(7, "abc")
_ids = count()


def rule(rule_id: str, kind: ActionKind = ActionKind.KICK_AFTER_WARNINGS, **more: Any) -> Rule:
    action = Action(kind, 2 if kind is ActionKind.KICK_AFTER_WARNINGS else 0, "请看", Blacklist.PERSONAL)
    return Rule(rule_id, 1, State.ENABLED, (), action, **more)


PATIENT = rule("r1")
"""Warns twice."""
ONCE = Question("", "wr1", "wm1", NOON, (PATIENT,), owner_userid="zhang", shown="小王")


def often(most: int, window_ms: int, rule_id: str = "f1") -> Rule:
    return rule(rule_id, ActionKind.WARN, frequency=FrequencyCondition(most, window_ms))


def sent(*rules: Rule, at: int = NOON, id: str | None = None, **more: Any) -> Question:
    """A message that is counted for rules; each has an id of its own."""
    name = f"m{next(_ids)}" if id is None else id
    return Question(name, "wr1", "wm1", at, counted=Counted(rules), **more)


@pytest.fixture
async def client(store_url: str) -> AsyncIterator[StoreClient]:
    client = connect(store_url)
    yield client
    await client.aclose()


@pytest.fixture
def counters(client: StoreClient) -> RedisCounters:
    return RedisCounters(client)


async def tallies(counters: RedisCounters, *questions: Question) -> list[Tally]:
    answers = await counters.count(CORP, NOW, NOON, questions)
    assert all(isinstance(answer, Tally) for answer in answers)
    return [answer for answer in answers if isinstance(answer, Tally)]


async def strikes(counters: RedisCounters, *questions: Question) -> list[int]:
    return [tally.strikes[0].count for tally in await tallies(counters, *questions)]


async def frequency(counters: RedisCounters, *questions: Question) -> list[int]:
    return [tally.frequency["f1"] for tally in await tallies(counters, *questions)]


async def test_the_strike_after_the_warnings_kicks_and_all_begins_anew(counters: RedisCounters) -> None:
    """Two warnings, then the kick, which clears; the same in one call as in many."""
    assert await strikes(counters, *[ONCE] * 7) == [1, 2, 3, 1, 2, 3, 1]
    other = replace(ONCE, external_userid="wm2")
    assert [(await strikes(counters, other))[0] for _ in range(5)] == [1, 2, 3, 1, 2]


async def test_strikes_are_a_matter_of_one_sender_in_one_group(counters: RedisCounters) -> None:
    """Other senders and other groups have their own count, whatever their ids look like."""
    assert await strikes(counters, ONCE, ONCE) == [1, 2]
    others = [
        replace(ONCE, chat_id="wr2"),
        replace(ONCE, external_userid="wm2"),
        replace(ONCE, chat_id="wr1:wm1", external_userid="x"),
        replace(ONCE, chat_id="wr1", external_userid="wm1:x"),
        replace(ONCE, chat_id="}{", external_userid="%"),
    ]
    assert await strikes(counters, *others) == [1] * 5
    assert await strikes(counters, ONCE) == [3]


async def test_a_strike_counts_for_a_day_of_the_messages_own_time(counters: RedisCounters) -> None:
    """The window slides by when messages were sent: exactly a day later the strike is gone."""
    assert await strikes(counters, ONCE, replace(ONCE, at_ms=NOON + DAY_MS)) == [1, 1]
    fresh = replace(ONCE, external_userid="wm2")
    assert await strikes(counters, fresh, replace(fresh, at_ms=NOON + DAY_MS - 1)) == [1, 2]


async def test_any_kick_clears_the_senders_strikes_in_the_group(counters: RedisCounters) -> None:
    """By another rule, and by a blacklist; strikes that shadow rules count go with them."""
    shadow = replace(PATIENT, rule_id="r2", state=State.SHADOW)
    both = replace(ONCE, hits=(PATIENT, shadow))
    for kicked in (
        replace(ONCE, hits=(rule("r3", ActionKind.KICK),)),
        replace(ONCE, hits=(), listed=Blacklist.ENTERPRISE),
    ):
        await counters.count(CORP, NOW, NOON, [both, both, kicked])
        [tally] = await tallies(counters, both)
        assert [it.count for it in tally.strikes] == [1, 1]
        await counters.count(CORP, NOW, NOON, [kicked])


async def test_shadow_strikes_count_by_themselves_and_go_with_the_promotion(counters: RedisCounters) -> None:
    """What a rule counted in SHADOW kicks nobody once it is enabled, and is gone when it is in SHADOW again."""
    shadow = replace(ONCE, hits=(replace(PATIENT, state=State.SHADOW),))
    told = [await strikes(counters, it) for it in (shadow, shadow, ONCE, shadow, ONCE)]
    assert told == [[1], [2], [1], [1], [2]]
    assert await strikes(counters, *[replace(shadow, chat_id="wr2")] * 4) == [1, 2, 3, 1]


async def test_strikes_outlive_edits_of_their_rule(counters: RedisCounters) -> None:
    """A rule that was edited goes on where it was."""
    edited = replace(ONCE, hits=(replace(PATIENT, revision=9, action=Action(PATIENT.action.kind, 9)),))
    assert await strikes(counters, ONCE, ONCE) == [1, 2]
    assert await strikes(counters, edited, edited) == [3, 4]


async def test_a_repeated_message_gets_its_first_outcome_and_counts_once(counters: RedisCounters) -> None:
    """Whatever it would hit now; a message of the same id by somebody else is another one, and so is an event."""
    first = replace(ONCE, id="m1")
    [tally, *again] = await counters.count(CORP, NOW, NOON, [first] * 3)
    assert isinstance(tally, Tally)
    assert tally.strikes[0].count == 1
    later = Revision(8, "def")
    again += await counters.count(CORP, later, NOON, [replace(first, hits=(rule("r9"),), owner_userid="li")])
    again += await counters.count(CORP, later, NOON, [replace(first, hits=(), listed=Blacklist.PERSONAL)])
    for known in again:
        assert isinstance(known, Remembered)
        assert (known.revision, known.owner_userid, known.listed) == (NOW, "zhang", Blacklist.NONE)
        assert known.shown == "小王"
        [claim] = known.claims
        assert (claim.rule_id, claim.revision, claim.action) == ("r1", 1, PATIENT.action)
        assert (claim.strikes, claim.shadow, claim.kicks) == (1, False, False)
    others = [replace(first, external_userid="wm2"), replace(first, is_event=True)]
    assert await strikes(counters, *others, replace(ONCE, id="m2")) == [1, 2, 3]


async def test_one_more_within_any_window_is_seen(counters: RedisCounters) -> None:
    """N + 1 messages across the border of a fixed window: three at its end, three at the next one's begin (pitfall 13)."""
    fine = often(3, 10_000)
    times = [9_000, 9_500, 9_999, 10_001, 10_500, 11_000, 18_999, 19_000, 19_001]
    counted = await frequency(counters, *[sent(fine, at=NOON + ms) for ms in times])
    assert counted == [1, 2, 3, 4, 5, 6, 7, 7, 8]


async def test_a_window_holds_its_end_and_not_its_begin(counters: RedisCounters) -> None:
    """A message exactly one window ago is out; those of the very same moment count each other."""
    rule_ = often(1, 1_000)
    asked = [sent(rule_, at=NOON + ms) for ms in (0, 0, 999, 1_000, 1_001)]
    assert await frequency(counters, *asked) == [1, 2, 3, 2, 3]


async def test_late_messages_count_among_those_sent_before_them(counters: RedisCounters) -> None:
    """A message that comes late finds what was sent up to then; what was said of later ones stands."""
    rule_ = often(1, 10_000)
    asked = [sent(rule_, at=NOON - ms) for ms in (0, 60_000, 55_000, 57_000, 600_000, 1)]
    assert await frequency(counters, *asked) == [1, 1, 2, 2, 1, 1]


async def test_edits_of_a_limit_or_window_need_no_new_counting(counters: RedisCounters) -> None:
    """The log holds messages, not windows: another window sees what was sent before (pitfall 15)."""
    assert await frequency(counters, *[sent(often(3, 1_000), at=NOON + ms) for ms in (0, 500, 5_000)]) == [
        1,
        2,
        1,
    ]
    wider, shadow = often(1, 10_000), replace(often(9, 6_000), state=State.SHADOW)
    assert await frequency(counters, sent(wider, at=NOON + 6_000)) == [4]
    assert await frequency(counters, sent(shadow, at=NOON + 6_100)) == [4]


async def test_several_rules_read_one_log_and_each_has_its_say(counters: RedisCounters) -> None:
    """A message is counted once, however many rules ask; rules of other windows see other counts."""
    rules = often(1, 1_000), often(5, 10_000, "f2"), often(9, 1_000, "f3")
    told = await tallies(counters, *[sent(*rules, at=NOON + ms) for ms in (0, 2_000, 2_100)])
    assert [tuple(it.frequency.values()) for it in told] == [(1, 1, 1), (1, 2, 1), (2, 3, 2)]


async def test_a_frequency_hit_strikes_and_is_remembered(counters: RedisCounters) -> None:
    """Counting leads to hits, hits to strikes, strikes to the kick, in one call; a retry gets all of it."""
    strict = rule("f1", frequency=FrequencyCondition(1, 60_000))
    last = sent(strict, owner_userid="zhang")
    told = await tallies(counters, sent(strict), sent(strict), sent(strict), last)
    assert [[it.count for it in tally.strikes] for tally in told] == [[], [1], [2], [3]]
    [known] = await counters.count(CORP, NOW, NOON, [last])
    assert isinstance(known, Remembered)
    assert [(it.frequency, it.repeat, it.strikes, it.kicks) for it in known.claims] == [(4, 0, 3, True)]


@pytest.mark.parametrize("scope", RepeatScope)
async def test_repeats_are_counted_in_the_group_or_in_all_of_them(
    counters: RedisCounters, scope: RepeatScope
) -> None:
    """One advert into many groups, and other contents by themselves."""
    same = rule("p1", ActionKind.WARN, repeat=RepeatCondition(2, 60_000, scope))

    def said(content: str, chat: str, sender: str = "wm1") -> Question:
        return Question("", chat, sender, NOON, counted=Counted((), (same,), content))

    asked = [
        said("ab", "wr1"),
        said("ab", "wr2"),
        said("cd", "wr1"),
        said("ab", "wr2"),
        said("ab", "wr1", "x"),
    ]
    counted = [tally.repeat["p1"] for tally in await tallies(counters, *asked)]
    assert counted == ([1, 1, 1, 2, 1] if scope is RepeatScope.GROUP else [1, 2, 1, 3, 1])


async def test_concurrent_calls_lose_and_double_nothing(counters: RedisCounters) -> None:
    """Counting is one script: of 60 messages of one moment each has a number of its own."""
    rule_ = often(5, 1_000)
    told = await asyncio.gather(*(frequency(counters, sent(rule_)) for _ in range(60)))
    assert sorted(it[0] for it in told) == list(range(1, 61))


async def test_a_log_is_bounded_and_everything_expires(counters: RedisCounters, client: StoreClient) -> None:
    """A flood takes no more than its share, and the newest are what is kept; nothing stays for ever."""
    rule_ = often(1_000, 3_600_000)
    counted = [0]
    for start in range(0, MOST_IN_LOG + 400, 400):
        batch = [sent(rule_, at=NOON - 60_000 + start + n, id="") for n in range(400)]
        counted = await frequency(counters, *batch)
    assert counted[-1] == MOST_IN_LOG
    await counters.count(CORP, NOW, NOON, [replace(ONCE, id="m1")])
    head = prefix(CORP)
    for key in ("sent:wr1:wm1", "strikes:wr1:wm1", "outcome:wm1:m:m1", "struck", "struck_by"):
        assert 0 < await client.execute_command("PTTL", f"{head}{key}") <= DAY_MS + 3_600_000


async def test_two_hundred_messages_hold_the_store_up_for_milliseconds(valkey_url: str) -> None:
    """The longest call there is, frequency, repeats and strikes for all."""
    frequent = rule("f1", frequency=FrequencyCondition(1, 60_000))
    same = rule("p1", repeat=RepeatCondition(1, 60_000))
    client = connect(valkey_url)
    spent = []
    for turn in range(5):
        asked = [
            Question(f"{turn} {n}", f"wr{n % 20}", "wm1", NOON, counted=Counted((frequent,), (same,), "ab"))
            for n in range(200)
        ]
        before = await processor_seconds(client)
        await RedisCounters(client).count(CORP, NOW, NOON, asked)
        spent.append(await processor_seconds(client) - before)
    await client.aclose()
    assert 0 < min(spent) < 0.05, "usually 0.008"


async def processor_seconds(client: StoreClient) -> float:
    """What the server has used: other processes don't count."""
    used = await client.execute_command("INFO", "cpu")
    return float(used["used_cpu_user_main_thread"]) + float(used["used_cpu_sys_main_thread"])


async def test_strikes_are_listed_in_pages_and_cleared(counters: RedisCounters, client: StoreClient) -> None:
    """By group, by customer, by both or all; cleared ones are gone, and the warnings begin anew (pitfall 16)."""
    people = [(chat, sender) for chat in ("wr:1", "wr2") for sender in ("wm1", "wm2", "wm}3")]
    asked = [replace(ONCE, chat_id=chat, external_userid=sender) for chat, sender in people]
    await counters.count(CORP, NOW, NOON, [*asked, asked[0]])
    store = RedisStrikes(client)

    async def listed(chat: str = "", sender: str = "", size: int = 2) -> list[tuple[str, str, int]]:
        found: list[tuple[str, str, int]] = []
        after = ""
        while True:
            page = await store.list_page(CORP, chat, sender, NOON, after, size)
            assert len(page.strikes) <= size
            found += [(it.chat_id, it.external_userid, it.count) for it in page.strikes]
            after = page.last
            if not after:
                return found

    everything = [(*who, 2 if who == people[0] else 1) for who in people]
    assert sorted(await listed()) == sorted(everything)
    assert sorted(await listed("wr:1")) == sorted(it for it in everything if it[0] == "wr:1")
    assert sorted(await listed("", "wm}3")) == sorted(it for it in everything if it[1] == "wm}3")
    assert await listed("wr2", "wm1") == [("wr2", "wm1", 1)]
    assert await listed("wr", "") == []
    assert await store.clear(CORP, "wr:1", "wm1") == 2
    assert await strikes(counters, asked[0]) == [1]
    assert await store.clear(CORP, "wr:1", "") == 3
    assert await store.clear(CORP, "", "wm1") == 1
    assert sorted(await listed()) == [("wr2", "wm2", 1), ("wr2", "wm}3", 1)]


async def test_agrees_with_a_model_of_strikes(counters: RedisCounters) -> None:
    """Random senders, rules, times out of order, and kicks, in calls of all sizes."""
    dice = random.Random(3)
    log: list[tuple[str, str, str, int]] = []
    one, three = replace(PATIENT, action=Action(PATIENT.action.kind, 1)), replace(PATIENT, rule_id="r12")

    def expected(question: Question) -> list[tuple[str, int]]:
        nonlocal log
        who = question.chat_id, question.external_userid
        log += [(*who, rule_.rule_id, question.at_ms) for rule_ in question.hits]
        since = question.at_ms - DAY_MS
        counted = {
            rule_: sum(1 for it in log if it[:3] == (*who, rule_.rule_id) and since < it[3] <= question.at_ms)
            for rule_ in question.hits
        }
        out = any(many > rule_.action.warnings_before_kick for rule_, many in counted.items())
        if question.listed is not Blacklist.NONE or out:
            log = [it for it in log if it[:2] != who]
        return [(rule_.rule_id, many) for rule_, many in counted.items()]

    for _ in range(40):
        batch = [
            Question(
                "",
                dice.choice(["wr1", "wr2"]),
                dice.choice(["wm1", "wm2", "wm3"]),
                NOON + dice.randint(-DAY_MS, DAY_MS),
                tuple(rule_ for rule_ in (one, three) if dice.random() < 0.7),
                listed=Blacklist.PERSONAL if dice.random() < 0.05 else Blacklist.NONE,
            )
            for _ in range(dice.randint(1, 250 if dice.random() < 0.05 else 8))
        ]
        told: Sequence[Tally] = await tallies(counters, *batch)
        assert [[(it.rule_id, it.count) for it in tally.strikes] for tally in told] == list(
            map(expected, batch)
        )
