"""Streams a corp's rules to a follower, as what changed since a revision or as everything."""

from collections.abc import AsyncIterator, Iterable, Iterator

from groupguard.rule.v1.rule_service_pb2 import FetchRulesResponse
from rule_service.convert.change import write_change
from rule_service.store import Change, RuleStore
from service_kit.revision import Revision
from service_kit.store_errors import StoreUnavailable

_CHUNK_BYTES = 512 * 1024
"""A chunk holds no more than this, or a single change: the largest, a rule with every list full, has 620 KB."""
_ATTEMPTS = 5
"""How often everything is read when so much changes meanwhile that the log does not cover it."""


async def fetch(store: RuleStore, corp_id: str, since: Revision | None) -> AsyncIterator[FetchRulesResponse]:
    """Yields the chunks of FetchRules.

    Args:
        store: where the rules are.
        corp_id: whose.
        since: what the follower has; None if nothing.

    Raises:
        StoreUnavailable: the store failed; the chunks so far are worth nothing.
    """
    since_then = await store.changes_since(corp_id, since) if since else None
    if since_then is not None:
        changes, reached = since_then
        for chunk in _chunks(FetchRulesResponse.KIND_DIFF, changes, reached):
            yield chunk
        return
    for _ in range(_ATTEMPTS):
        begun = await store.revision(corp_id)
        kind = FetchRulesResponse.KIND_RESET
        async for part in store.read_everything(corp_id):
            for chunk in _chunks(kind, part):
                yield chunk
                kind = FetchRulesResponse.KIND_UNSPECIFIED
        since_then = await store.changes_since(corp_id, begun)
        if since_then is not None:
            changes, reached = since_then
            for chunk in _chunks(kind, changes, reached):
                yield chunk
            return
    raise StoreUnavailable("the corp's rules change faster than they can be read")


def _chunks(
    kind: "FetchRulesResponse.Kind.ValueType", changes: Iterable[Change], reached: Revision | None = None
) -> Iterator[FetchRulesResponse]:
    chunk, size = FetchRulesResponse(kind=kind), 0
    for change in map(write_change, changes):
        grown = size + change.ByteSize()
        if chunk.changes and grown > _CHUNK_BYTES:
            yield chunk
            chunk, grown = FetchRulesResponse(), grown - size
        chunk.changes.append(change)
        size = grown
    if reached is not None:
        chunk.rules_revision = str(reached)
    if chunk.changes or chunk.rules_revision:
        yield chunk
