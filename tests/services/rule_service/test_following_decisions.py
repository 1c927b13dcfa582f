"""Followers end with the exemptions and settings that the store has, however they came to them."""

from __future__ import annotations

import asyncio
import random

import pytest

from groupguard.rule.v1.rule_service_pb2 import FetchRulesResponse
from groupguard.rule.v1.settings_pb2 import CorpSettings as SettingsProto
from rule_service.convert.settings import write_settings
from rule_service.domain.exemptions import Exemption
from rule_service.domain.settings import CheckFailure, CorpSettings
from rule_service.redis_store import RedisRuleStore
from support.follower import Follower
from support.rules import CORP, NOW, a_write, register

DIFF, RESET = FetchRulesResponse.KIND_DIFF, FetchRulesResponse.KIND_RESET
LISTS = ("", "zhang", "li", "王")


class Writer:
    """Writes at random and knows what must come of it."""

    def __init__(self, store: RedisRuleStore, seed: int) -> None:
        self.store = store
        self.random = random.Random(seed)
        self.lists: dict[str, set[str]] = {name: set() for name in LISTS}
        self.settings: SettingsProto | None = None

    def decisions(self) -> tuple[dict[str, set[str]], SettingsProto | None]:
        return {name: on for name, on in self.lists.items() if on}, self.settings

    async def write(self) -> None:
        if self.random.random() < 0.2:
            old = await self.store.get_settings(CORP)
            wanted = CorpSettings(self.random.random() < 0.5, self.random.choice(list(CheckFailure)))
            stored, _ = await self.store.replace_settings(a_write(), old, wanted, NOW)
            self.settings = write_settings(stored) if stored.revision else None
            return
        name = self.random.choice(LISTS)
        ids = self.random.sample([f"wm{number}" for number in range(12)], self.random.randint(1, 6))
        on = self.lists[name]
        if self.random.random() < 0.5:
            people = [Exemption(name, id, "", "", NOW) for id in ids]
            added, _ = await self.store.add_exemptions(a_write(), name, people)
            assert added == len(set(ids) - on)
            on |= set(ids)
        else:
            removed, _ = await self.store.remove_exemptions(a_write(), name, ids)
            assert removed == len(set(ids) & on)
            on -= set(ids)


@pytest.fixture(autouse=True)
def spread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes everything be read in small parts, so that few customers are many parts."""
    monkeypatch.setattr("rule_service.redis_store.reader._BATCH", 2)
    monkeypatch.setattr("rule_service.redis_store.exempt_lists._NAMES", 2)
    monkeypatch.setattr("rule_service.redis_store.exempt_lists._MOST_READ", 5)


@pytest.mark.parametrize("seed", range(3))
async def test_followers_end_where_the_store_is(store: RedisRuleStore, seed: int) -> None:
    """Random writes; one follower goes by differences, another starts anew every time."""
    writer, follower = Writer(store, seed), Follower()
    for turn in range(20):
        for _ in range(writer.random.randint(0, 10)):
            await writer.write()
        kinds = await follower.follow(store)
        assert kinds[0] == (RESET if turn == 0 else DIFF)
        assert follower.since == str(await store.revision(CORP))
        assert follower.decisions() == writer.decisions()
        fresh = Follower()
        assert (await fresh.follow(store))[0] == RESET
        assert fresh.decisions() == writer.decisions()


async def test_what_is_written_while_everything_is_read_is_in_it_or_comes_after(
    store: RedisRuleStore,
) -> None:
    """Differences may be applied on top of a beginning that holds them already."""
    writer = Writer(store, 99)
    for _ in range(40):
        await writer.write()

    async def write_on() -> None:
        for _ in range(150):
            await writer.write()

    writing = asyncio.create_task(write_on())
    followers = []
    while not writing.done():
        followers.append(Follower())
        await followers[-1].follow(store)
    await writing
    assert len(followers) > 2
    for follower in followers:
        assert (await follower.follow(store))[0] == DIFF
        assert follower.decisions() == writer.decisions()


async def test_a_corp_that_never_decided_sends_no_settings(store: RedisRuleStore) -> None:
    """Followers know the defaults."""
    await register(store, 1)
    follower = Follower()
    await follower.follow(store)
    assert follower.decisions() == ({}, None)
