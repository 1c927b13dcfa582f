"""Counting strikes on real stores, against a model."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from filter_service.strikes import WINDOW_SECONDS, RedisStrikes, Strike
from service_kit.redis_client import connect

NOON = 1_780_000_000.0
ONCE = Strike("wr1", "wm1", "", NOON, (("r1", 2),), kicks=False)


@pytest.fixture
async def strikes(store_url: str) -> AsyncIterator[RedisStrikes]:
    client = connect(store_url)
    yield RedisStrikes(client)
    await client.aclose()


async def outs(strikes: RedisStrikes, *items: Strike) -> list[bool]:
    return [outcome["r1"] for outcome in await strikes.count("ww1", items)]


async def test_the_strike_after_the_warnings_is_out_and_begins_anew(strikes: RedisStrikes) -> None:
    """Two warnings, then the kick, which clears; the same in one call as in many."""
    expected = [False, False, True, False, False, True]
    assert await outs(strikes, *[replace(ONCE, message_id=f"a{n}") for n in range(6)]) == expected
    one_by_one = [await outs(strikes, replace(ONCE, external_userid="wm2")) for _ in range(6)]
    assert [each[0] for each in one_by_one] == expected


async def test_a_repeated_message_gets_its_first_outcome_and_counts_once(strikes: RedisStrikes) -> None:
    """A retry neither strikes twice nor learns of what came later."""
    first = replace(ONCE, message_id="m1")
    assert await outs(strikes, first, first, first, first) == [False] * 4
    out = replace(ONCE, message_id="m3")
    assert await outs(strikes, replace(ONCE, message_id="m2"), out, out, first) == [False, True, True, False]


async def test_strikes_are_a_matter_of_one_sender_in_one_group(strikes: RedisStrikes) -> None:
    """Other senders and other groups have their own count, whatever their ids look like."""
    assert await outs(strikes, ONCE, ONCE) == [False, False]
    others = [
        replace(ONCE, chat_id="wr2"),
        replace(ONCE, external_userid="wm2"),
        replace(ONCE, chat_id="wr1:wm1", external_userid="x"),
        replace(ONCE, chat_id="wr1", external_userid="wm1:x"),
    ]
    assert await outs(strikes, *others) == [False] * 4
    assert await outs(strikes, ONCE) == [True]


async def test_a_strike_counts_for_a_day_of_the_messages_own_time(strikes: RedisStrikes) -> None:
    """The window slides by when messages were sent: exactly a day later the strike is gone."""
    late = NOON + WINDOW_SECONDS
    assert await outs(strikes, ONCE, ONCE) == [False, False]
    assert await outs(strikes, replace(ONCE, sent_at=late)) == [False]
    fresh = replace(ONCE, external_userid="wm2")
    assert await outs(strikes, fresh, fresh) == [False, False]
    assert await outs(strikes, replace(fresh, sent_at=late - 0.001)) == [True]


async def test_any_kick_clears_the_senders_strikes_in_the_group(strikes: RedisStrikes) -> None:
    """Also one that has nothing to do with counting, such as a blacklist's."""
    assert await outs(strikes, ONCE, ONCE) == [False, False]
    await strikes.count("ww1", [replace(ONCE, rules=(), kicks=True)])
    assert await outs(strikes, ONCE, ONCE, ONCE) == [False, False, True]


async def test_exactly_one_of_three_strikes_at_once_is_out(strikes: RedisStrikes) -> None:
    """Counting is one script: concurrency adds and loses nothing."""
    many = [asyncio.create_task(outs(strikes, replace(ONCE, message_id=f"c{n}"))) for n in range(30)]
    results = [each[0] for each in await asyncio.gather(*many)]
    assert sum(results) == 10


async def test_agrees_with_a_model(strikes: RedisStrikes) -> None:
    """Random senders, rules, times out of order, retries and kicks."""
    dice = random.Random(3)
    log: dict[tuple[str, str], list[tuple[float, str]]] = defaultdict(list)
    known: dict[tuple[str, str], dict[str, bool]] = {}

    def expected(strike: Strike) -> dict[str, bool]:
        key = (strike.external_userid, strike.message_id)
        if strike.message_id and key in known:
            return known[key]
        mine = log[strike.chat_id, strike.external_userid]
        mine += [(strike.sent_at, rule_id) for rule_id, _ in strike.rules]
        outcome = {
            rule_id: sum(
                1
                for at, of in mine
                if of == rule_id and strike.sent_at - WINDOW_SECONDS < at <= strike.sent_at
            )
            > most
            for rule_id, most in strike.rules
        }
        if strike.kicks or any(outcome.values()):
            mine.clear()
        known[key] = outcome
        return outcome

    batch: list[Strike] = []
    sent = 0
    for _ in range(60):
        batch = []
        for _ in range(dice.randint(1, 250 if dice.random() < 0.05 else 8)):
            if batch and dice.random() < 0.1:
                batch.append(dice.choice(batch))
                continue
            sent += 1
            rules = tuple((rule_id, most) for rule_id, most in (("r1", 1), ("r12", 3)) if dice.random() < 0.7)
            batch.append(
                Strike(
                    dice.choice(["wr1", "wr2"]),
                    dice.choice(["wm1", "wm2", "wm3"]),
                    f"m{sent}" if dice.random() < 0.8 else "",
                    NOON + dice.randint(-WINDOW_SECONDS, WINDOW_SECONDS),
                    rules,
                    dice.random() < 0.05,
                )
            )
        assert await strikes.count("ww1", batch) == [expected(strike) for strike in batch]
