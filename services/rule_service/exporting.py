"""Streams everything that a corp has configured, in an order in which it can be imported."""

from collections.abc import AsyncIterator, Iterable

from groupguard.rule.v1.transfer_pb2 import CorpRecord, ExportCorpResponse
from rule_service.convert.transfer import write_record
from rule_service.domain.group import GroupSelection
from rule_service.domain.transfer import Record, RuleBindings, UpdatedSettings
from rule_service.store import RuleStore

_PART_BYTES = 512 * 1024
"""A part holds no more than this, or a single record."""
_BATCH = 200
"""Objects to read at once."""
_CHATS_PER_RECORD = 2_000
"""Groups in one record of bindings: as many as one write binds."""


async def export(store: RuleStore, corp_id: str) -> AsyncIterator[ExportCorpResponse]:
    """Yields the parts of ExportCorp."""
    begun = await store.revision(corp_id)
    async for records in _records(store, corp_id):
        for part in _parts(map(write_record, records)):
            yield ExportCorpResponse(records=part)
    ended = await store.revision(corp_id)
    yield ExportCorpResponse(rules_revision=str(ended), changed_meanwhile=begun != ended)


async def _records(store: RuleStore, corp_id: str) -> AsyncIterator[list[Record]]:
    settings = await store.get_settings(corp_id)
    if settings.revision:
        yield [UpdatedSettings(settings.settings, settings.updated_at)]
    reached: object = -1
    while isinstance(reached, int):
        seen = await store.list_groups(corp_id, GroupSelection(), reached, _BATCH)
        yield [listed.stored.group for listed in seen.groups]
        reached = seen.reached
    rule_ids: list[str] = []
    while rules := await store.list_rules(corp_id, None, rule_ids[-1] if rule_ids else "", _BATCH):
        rule_ids += [stored.rule.rule_id for stored in rules]
        yield [stored.rule for stored in rules]
    for rule_id in rule_ids:
        after = -1
        while groups := await store.list_rule_groups(corp_id, rule_id, after, _CHATS_PER_RECORD):
            after = groups[-1].ordinal
            yield [RuleBindings(rule_id, tuple(it.group.chat_id for it in groups))]
    place = ("", "")
    while exempt := await store.list_exemptions(corp_id, None, "", place, _BATCH):
        place = exempt[-1].owner_userid, exempt[-1].external_userid
        yield list(exempt)


def _parts(records: Iterable[CorpRecord]) -> Iterable[list[CorpRecord]]:
    part: list[CorpRecord] = []
    room = _PART_BYTES
    for record in records:
        size = record.ByteSize()
        if part and size > room:
            yield part
            part, room = [], _PART_BYTES
        part.append(record)
        room -= size
    if part:
        yield part
