"""FilterService in this process, with peers that say what a test wants."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager

from filter_service.access import ANSWERING_EACH, PERMISSIONS
from filter_service.activity import Activity
from filter_service.blacklists import Lookup
from filter_service.corps import Corps
from filter_service.counters import RedisCounters, RedisSenderKeys, RedisStrikes
from filter_service.domain.counting import Answer, Question, Tally
from filter_service.domain.rule import Action, ActionKind, Blacklist, Group, Rule, State
from filter_service.domain.snapshot import BindingChange, Change, Operation
from filter_service.drafts import GrpcDrafts
from filter_service.forgetting import Forgetting
from filter_service.judge import Judge
from filter_service.records.recorder import Recorder
from filter_service.records.store import RecordStore
from filter_service.rule_source import Fetched
from filter_service.servicers import FilterServicer
from filter_service.streams import Streams
from groupguard.filter.v1.filter_service_pb2_grpc import add_FilterServiceServicer_to_server
from groupguard_client import Addresses, AsyncGroupGuard
from service_kit import auth
from service_kit.redis_client import StoreClient
from service_kit.revision import Revision
from support.keywords import exactly
from support.records import Untouched
from support.services import in_process

SERVICE = "groupguard.filter.v1.FilterService"
CHAT = "wr1"


def warning(rule_id: str, *words: str, state: State = State.ENABLED, owner: str = "super_admin") -> Rule:
    """A rule that warns for words."""
    return Rule(rule_id, 1, state, exactly(*words), Action(ActionKind.WARN, 0, "别这样"), owning_role=owner)


class Peers:
    """RuleService, BlacklistService and the store that counts: every rule is bound to `CHAT`."""

    def __init__(self, *changes: Change) -> None:
        self.changes = [Group(CHAT, "zhang", 0), *changes]
        self.revision = Revision(1, "a")
        self.looking: Callable[[], object] = lambda: None
        """Called at every look at the blacklists."""

    def write(self, *changes: Change) -> Revision:
        """Changes rules or settings; the next fetch brings all of them."""
        self.changes += changes
        self.revision = Revision(self.revision.number + 1, "a")
        return self.revision

    async def fetch(self, corp_id: str, since: Revision | None, seconds: float) -> Fetched:
        rule_ids = tuple(change.rule_id for change in self.changes if isinstance(change, Rule))
        bound = BindingChange(Operation.SET, rule_ids, 0, b"\x80")
        return Fetched(True, [*self.changes, bound], self.revision)

    async def notices(self) -> AsyncIterator[tuple[str, Revision] | None]:
        yield None

    async def report(self, corp_id: str, active: Mapping[str, float], seconds: float) -> None:
        raise AssertionError("nobody reports in these tests")

    async def look_up(
        self, corp_id: str, lookups: Iterable[Lookup], at_least: Revision | None = None
    ) -> Mapping[Lookup, Blacklist]:
        self.looking()
        return {}

    async def add(
        self,
        corp_id: str,
        blacklist: Blacklist,
        owner_userid: str,
        external_userid: str,
        rule_id: str,
        cause: str,
    ) -> Revision:
        raise AssertionError("nobody is listed in these tests")

    async def count(
        self, corp_id: str, revision: Revision, now_ms: int, questions: Sequence[Question]
    ) -> list[Answer]:
        return [Tally() for _ in questions]


class Serving:
    """FilterService's parts, for tests that look at them."""

    def __init__(
        self,
        peers: Peers,
        records: RecordStore,
        clock: Callable[[], float],
        ephemeral: StoreClient | None,
    ) -> None:
        self.corps = Corps(peers, time.monotonic)
        self.recorder = Recorder(records, clock)
        self.streams = Streams()
        self.target = ""
        counters = RedisCounters(ephemeral) if ephemeral else peers
        self.judge = Judge(self.corps, peers, counters, Activity(peers, clock), self.recorder, clock)
        self.servicer = FilterServicer(
            self.judge,
            self.corps,
            RedisStrikes(ephemeral),  # type: ignore[arg-type]  # None where nobody asks for any
            GrpcDrafts(None),  # type: ignore[arg-type]  # nothing is tried in these tests
            records,
            self.streams,
            Forgetting(RedisSenderKeys(None), records, self.recorder),  # type: ignore[arg-type]  # nor forgotten
            clock,
        )


@asynccontextmanager
async def serving(
    peers: Peers,
    records: RecordStore | None = None,
    *,
    tokens: auth.Callers | None = None,
    clock: Callable[[], float] = time.time,
    ephemeral: StoreClient | None = None,
) -> AsyncIterator[Serving]:
    """Serves checks on a free port of loopback; nothing is recorded unless the test does it, nor counted without a store."""
    served = Serving(peers, records or Untouched(), clock, ephemeral)
    async with in_process(
        SERVICE,
        lambda server: add_FilterServiceServicer_to_server(served.servicer, server),
        PERMISSIONS,
        tokens=tokens,
        answering_each=frozenset(f"/{SERVICE}/{method}" for method in ANSWERING_EACH),
    ) as target:
        served.target = target
        try:
            yield served
        finally:
            await served.corps.close()


@asynccontextmanager
async def filter_client(target: str, token: str = "") -> AsyncIterator[AsyncGroupGuard]:
    """A client of a FilterService only."""
    async with AsyncGroupGuard(Addresses(filter=target), token=token, timeout=20) as client:
        yield client
