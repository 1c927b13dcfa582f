"""Loading and following: with a source that does what each test needs."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from filter_service.corp import CONFIRM_SECONDS, MEASURE_SECONDS
from filter_service.corps import Corps
from filter_service.domain.rule import Group
from filter_service.domain.size import Size
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
    """Memory is bounded by what all corps take, and has room for two of these."""
    corps = Corps(source, clock, memory=2 * Size().memory)
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


async def test_a_corp_in_use_stays_however_large_it_is(source: Source, clock: Clock) -> None:
    """The budget is for many corps; the last one is not dropped."""
    corps = Corps(source, clock, memory=1)
    source.write()
    for corp_id in ("ww1", "ww1", "ww2", "ww2"):
        await corps.snapshot(corp_id)
    assert [corp_id for corp_id, _ in source.fetches] == ["ww1", "ww2"]
    assert corps.held("ww1") is None
    assert corps.held("ww2") is not None


async def test_a_corp_that_grows_pushes_others_out(source: Source, clock: Clock) -> None:
    """What an edit adds is measured after a while, and the memory of what went is given back."""
    corps = Corps(source, clock, memory=4 * Size().memory)
    for corp_id in ("ww1", "ww2", "ww3"):
        await corps.snapshot(corp_id)
    assert corps.memory == 3 * Size().memory
    for _ in range(60):
        source.write()
    clock.now += MEASURE_SECONDS + 1
    await corps.snapshot("ww3", source.revision)
    held = [corp_id for corp_id in ("ww1", "ww2", "ww3") if corps.held(corp_id)]
    assert held == ["ww3"]
    last = corps.held("ww3")
    assert last is not None
    assert corps.memory == last.size.memory > 2 * Size().memory


async def test_idle_corps_cost_memory_and_nothing_else(source: Source, clock: Clock) -> None:
    """Neither the time that passes nor the changes of others cause a fetch or leave a task behind."""
    corps = Corps(source, clock)
    for number in range(1_000):
        await corps.snapshot(f"ww{number}")
    await settle()
    fetches = len(source.fetches)
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    for _ in range(20):
        clock.now += 10 * CONFIRM_SECONDS
        source.queue.put_nowait(("ww another", source.write()))
        await settle()
    assert len(source.fetches) == fetches
    assert asyncio.all_tasks() == {asyncio.current_task(), following}
    following.cancel()


async def test_ages_tell_since_when_and_how_sure(corps: Corps, source: Source, clock: Clock) -> None:
    """RuleService is down: the revision stays, and both ages grow; then it is confirmed, then there is a newer one."""
    assert corps.held("ww1") is None
    await corps.snapshot("ww1")
    clock.now += 1
    source.down = True
    for _ in range(4):
        clock.now += CONFIRM_SECONDS
        await corps.snapshot("ww1")
        await settle()
    assert _ages(corps) == (1 + 4 * CONFIRM_SECONDS, 1 + 4 * CONFIRM_SECONDS)
    source.down = False
    clock.now += CONFIRM_SECONDS + 1
    await corps.snapshot("ww1")
    await settle()
    assert _ages(corps) == (2 + 5 * CONFIRM_SECONDS, 0)
    await corps.snapshot("ww1", source.write())
    clock.now += 2
    assert _ages(corps) == (2, 2)


async def test_writes_behind_are_those_heard_of_and_not_fetched(
    corps: Corps, source: Source, clock: Clock
) -> None:
    """Of the corp that lacks most; a corp that is not in memory lacks none, nor does one whose history was lost."""
    assert corps.most_behind() == 0
    for corp_id in ("ww1", "ww2"):
        await corps.snapshot(corp_id)
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    source.down = True
    for _ in range(3):
        source.queue.put_nowait(("ww1", source.write()))
    source.queue.put_nowait(("ww2", Revision(1, "a")))
    source.queue.put_nowait(("ww3", Revision(9, "a")))
    await settle()
    assert corps.most_behind() == 3

    source.down = False
    await corps.snapshot("ww1", source.revision)
    assert corps.most_behind() == 1
    await corps.snapshot("ww2", source.revision)
    assert corps.most_behind() == 0

    source.down = True
    source.queue.put_nowait(("ww1", Revision(8, "a")))
    await settle()
    assert corps.most_behind() == 5
    source.down = False
    source.groups, source.chain = source.groups[:1], "b"
    clock.now += CONFIRM_SECONDS + 1
    await corps.snapshot("ww1")
    await settle()
    assert corps.most_behind() == 0
    following.cancel()


async def test_a_write_heard_of_during_a_fetch_is_lacking_until_it_is_fetched(
    corps: Corps, source: Source
) -> None:
    """What the fetch under way has read may be older."""
    await corps.snapshot("ww1")
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    source.slow.clear()
    source.queue.put_nowait(("ww1", source.write()))
    await settle()
    source.queue.put_nowait(("ww1", source.write()))
    await settle()
    assert corps.most_behind() == 2
    source.slow.set()
    await settle()
    assert corps.most_behind() == 0
    assert (await corps.snapshot("ww1")).revision == source.revision
    following.cancel()


def _ages(corps: Corps) -> tuple[float, float]:
    held = corps.held("ww1")
    assert held is not None
    return held.age, held.confirmed_age


async def test_a_write_during_the_first_fetch_is_found(corps: Corps, source: Source) -> None:
    """The snapshot that was read before the write does not stay as the newest (pitfall 18)."""
    source.write()
    source.slow.clear()
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    loading = asyncio.create_task(corps.snapshot("ww1"))
    await settle()
    token = source.write()
    source.queue.put_nowait(("ww1", token))
    await settle()
    source.slow.set()
    await loading
    await settle()
    assert (await corps.snapshot("ww1")).revision == token
    following.cancel()


async def test_edits_that_never_end_hold_nobody_up(clock: Clock) -> None:
    """Somebody writes during every fetch: the first check and those that demand a revision wait for what they need."""

    class Busy(Source):
        async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
            fetched = await super().fetch(corp_id, since, seconds)
            self.queue.put_nowait((corp_id, self.write()))
            await settle()
            return fetched

    source = Busy()
    corps = Corps(source, clock)
    source.write()
    following = asyncio.create_task(corps.follow())
    source.queue.put_nowait(None)
    async with asyncio.timeout(5):
        assert (await corps.snapshot("ww1")).revision.number > 0
        for _ in range(10):
            await settle()
            begun, token = len(source.fetches), source.write()
            assert (await corps.snapshot("ww1", token)).revision.includes(token)
            assert len(source.fetches) <= begun + 2, "the one under way and the next"
    following.cancel()
    await corps.close()
