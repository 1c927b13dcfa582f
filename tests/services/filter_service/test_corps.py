"""Loading and following: with a source that does what each test needs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from filter_service.corps import CONFIRM_SECONDS, Corps
from filter_service.domain.rule import Group
from filter_service.domain.snapshot import Change
from filter_service.rule_source import Fetched, SourceUnavailable
from service_kit.errors import RevisionUnknown, RulesUnavailable
from service_kit.revision import Revision


class Source:
    """Holds one list of groups for every corp; each write adds one and moves the revision on."""

    def __init__(self) -> None:
        self.groups: list[Group] = []
        self.chain = "a"
        self.fetches: list[tuple[str, Revision | None]] = []
        self.down = False
        self.slow = asyncio.Event()
        self.slow.set()
        self.queue: asyncio.Queue[tuple[str, Revision] | Exception | None] = asyncio.Queue()

    @property
    def revision(self) -> Revision:
        return Revision(len(self.groups), self.chain if self.groups else "0")

    def write(self) -> Revision:
        self.groups.append(Group(f"wr{len(self.groups)}", "zhang", len(self.groups)))
        return self.revision

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        self.fetches.append((corp_id, since))
        if self.down:
            raise SourceUnavailable("RuleService: UNAVAILABLE")
        groups, revision = list(self.groups), self.revision
        await self.slow.wait()
        known = since is not None and since.number <= revision.number and since.chain in (self.chain, "0")
        changes: list[Change] = list(groups[since.number if known and since else 0 :])
        return Fetched(not known, changes, revision)

    async def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        while True:
            item = await self.queue.get()
            if isinstance(item, Exception):
                raise item
            yield item


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def source() -> Source:
    return Source()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def corps(source: Source, clock: Clock) -> Corps:
    return Corps(source, clock)


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_corp_is_loaded_once_for_all_who_wait(corps: Corps, source: Source) -> None:
    """Fifty first messages cause one fetch."""
    source.write()
    source.slow.clear()
    waiting = [asyncio.create_task(corps.snapshot("ww1")) for _ in range(50)]
    await settle()
    source.slow.set()
    snapshots = await asyncio.gather(*waiting)
    assert len(source.fetches) == 1
    assert {snapshot.revision for snapshot in snapshots} == {source.revision}


async def test_a_revision_just_written_is_waited_for(corps: Corps, source: Source) -> None:
    """min_rules_revision is honoured by the very next check, and costs nothing once there."""
    await corps.snapshot("ww1")
    token = source.write()
    assert (await corps.snapshot("ww1", token)).revision == token
    fetches = len(source.fetches)
    assert (await corps.snapshot("ww1", token)).revision == token
    assert len(source.fetches) == fetches


async def test_a_fetch_that_read_before_the_write_does_not_satisfy_it(corps: Corps, source: Source) -> None:
    """A write during a fetch: the check that demands it gets a second one."""
    await corps.snapshot("ww1")
    first = source.write()
    source.slow.clear()
    early = asyncio.create_task(corps.snapshot("ww1", first))
    await settle()
    second = source.write()
    late = asyncio.create_task(corps.snapshot("ww1", second))
    await settle()
    source.slow.set()
    assert (await late).revision == second
    assert (await early).revision.number >= first.number


async def test_a_revision_that_nobody_knows_is_refused_at_once(corps: Corps, source: Source) -> None:
    """A number not reached, or the right number of another history."""
    source.write()
    with pytest.raises(RevisionUnknown):
        await corps.snapshot("ww1", Revision(2, "a"))
    with pytest.raises(RevisionUnknown):
        await corps.snapshot("ww1", Revision(1, "beef"))


async def test_a_corp_never_loaded_is_unavailable_and_a_loaded_one_goes_on(
    corps: Corps, source: Source
) -> None:
    """RuleService being down stops only what was never loaded, and what demands something newer."""
    source.write()
    before = await corps.snapshot("ww1")
    source.down = True
    assert await corps.snapshot("ww1") is before
    with pytest.raises(RulesUnavailable):
        await corps.snapshot("ww2")
    with pytest.raises(RulesUnavailable):
        await corps.snapshot("ww1", Revision(2, "a"))
    source.down = False
    assert (await corps.snapshot("ww2")).revision == source.revision


async def test_a_store_that_lost_writes_resets_the_snapshot(
    corps: Corps, source: Source, clock: Clock
) -> None:
    """Another history with smaller numbers replaces what was known."""
    for _ in range(3):
        source.write()
    await corps.snapshot("ww1")
    source.groups, source.chain = source.groups[:1], "b"
    clock.now += CONFIRM_SECONDS + 1
    await corps.snapshot("ww1")
    await settle()
    snapshot = await corps.snapshot("ww1")
    assert (snapshot.revision, len(snapshot.groups)) == (Revision(1, "b"), 1)


async def test_use_compares_after_a_while_without_waiting(corps: Corps, source: Source, clock: Clock) -> None:
    """Even if every notice is lost, a corp in use is compared every few seconds; the check does not wait."""
    before = await corps.snapshot("ww1")
    source.write()
    assert await corps.snapshot("ww1") is before
    clock.now += CONFIRM_SECONDS + 1
    assert await corps.snapshot("ww1") is before
    await settle()
    assert (await corps.snapshot("ww1")).revision == source.revision


async def test_notices_bring_changes_to_corps_in_memory_only(corps: Corps, source: Source) -> None:
    """A notice of a corp that nobody asks for costs nothing."""
    await corps.snapshot("ww1")
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    token = source.write()
    source.queue.put_nowait(("ww1", token))
    source.queue.put_nowait(("ww2", token))
    await settle()
    assert corps.listening.is_set()
    assert (await corps.snapshot("ww1")).revision == token
    assert {corp_id for corp_id, _ in source.fetches} == {"ww1"}
    following.cancel()


async def test_a_new_connection_doubts_everything(
    corps: Corps, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What changed while nobody listened is found on the next use."""
    monkeypatch.setattr("filter_service.corps.RECONNECT_SECONDS", 0)
    before = await corps.snapshot("ww1")
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    await settle()
    await corps.snapshot("ww1")
    await settle()
    source.queue.put_nowait(SourceUnavailable("gone"))
    source.write()
    source.queue.put_nowait(None)
    await settle()
    assert await corps.snapshot("ww1") is before
    await settle()
    assert (await corps.snapshot("ww1")).revision == source.revision
    following.cancel()


async def test_the_corp_not_used_for_longest_goes_first(source: Source, clock: Clock) -> None:
    """Memory is bounded by the number of corps."""
    corps = Corps(source, clock, most=2)
    for corp_id in ("ww1", "ww2", "ww1", "ww3", "ww1", "ww2"):
        await corps.snapshot(corp_id)
    assert [corp_id for corp_id, _ in source.fetches] == ["ww1", "ww2", "ww3", "ww2"]


async def test_a_caller_who_gives_up_does_not_end_the_fetch_of_others(corps: Corps, source: Source) -> None:
    """The fetch is shared; a cancelled waiter is not."""
    source.slow.clear()
    first, second = (asyncio.create_task(corps.snapshot("ww1")) for _ in range(2))
    await settle()
    first.cancel()
    await settle()
    source.slow.set()
    assert (await second).revision == source.revision
