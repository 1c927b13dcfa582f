"""Counting in memory comes to what the store comes to."""

from __future__ import annotations

import random

import pytest

from filter_service.counters import RedisCounters
from filter_service.counters.in_memory import MemoryCounters
from filter_service.domain.conditions import FrequencyCondition, RepeatCondition, RepeatScope
from filter_service.domain.counting import Question
from filter_service.domain.rule import Action, ActionKind, Rule, State
from filter_service.domain.sender_findings import Counted
from service_kit.redis_client import connect
from service_kit.revision import Revision

NOW_MS = 1_900_000_000_000
AFTER_WARNINGS = Action(ActionKind.KICK_AFTER_WARNINGS, 2)
FREQUENCY = Rule("often", 1, State.ENABLED, (), AFTER_WARNINGS, frequency=FrequencyCondition(3, 10_000))
HERE = Rule("here", 1, State.ENABLED, (), Action(ActionKind.WARN), repeat=RepeatCondition(1, 20_000))
ANYWHERE = Rule(
    "anywhere",
    1,
    State.SHADOW,
    (),
    AFTER_WARNINGS,
    repeat=RepeatCondition(2, 30_000, RepeatScope.CORP),
)
STRIKING = Rule("striking", 1, State.ENABLED, (), AFTER_WARNINGS)


def _question(chance: random.Random, number: int) -> Question:
    """Something said by one of few people, mostly a little later than what was said before."""
    return Question(
        "",
        chance.choice(("wr1", "wr2")),
        chance.choice(("wm1", "wm2")),
        NOW_MS - 200_000 + number * 1_000 + chance.choice((0, 0, -7_000, 3_000)),
        (STRIKING,) if chance.random() < 0.3 else (),
        Counted((FREQUENCY,), (HERE, ANYWHERE), chance.choice("abc")),
    )


@pytest.mark.parametrize("seed", range(3))
async def test_it_counts_as_the_store_does(ephemeral_url: str, seed: int) -> None:
    """Windows, repeats here and anywhere, strikes and what clears them, messages that come late."""
    chance = random.Random(seed)
    questions = [_question(chance, number) for number in range(200)]
    client, memory = connect(ephemeral_url), MemoryCounters()
    try:
        answers = await RedisCounters(client).count("ww1", Revision(1, "a"), NOW_MS, questions)
    finally:
        await client.aclose()
    outs = 0
    for number, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        tally = memory.count(question)
        assert tally == answer, (seed, number, question)
        outs += any(it.is_out for it in tally.strikes)
    assert outs > 5
