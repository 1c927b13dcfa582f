"""How RuleService's objects are written in the store: JSON, with the revision or ordinal in front."""

import msgspec

from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Rule, StoredRule
from rule_service.domain.settings import CorpSettings, StoredSettings


class _SettingsRecord(msgspec.Struct):
    settings: CorpSettings
    updated_at: float


def rule_json(rule: Rule) -> bytes:
    """Writes a rule's content."""
    return msgspec.json.encode(rule)


def group_json(group: Group) -> bytes:
    """Writes what the registry knows of a group."""
    return msgspec.json.encode(group)


def settings_json(settings: CorpSettings, updated_at: float) -> bytes:
    """Writes a corp's settings and when they came to be so."""
    return msgspec.json.encode(_SettingsRecord(settings, updated_at))


def read_settings(record: bytes | None) -> StoredSettings:
    """Reads `<revision>:<json>`; a corp that never decided has none."""
    if record is None:
        return StoredSettings()
    revision, _, body = record.partition(b":")
    read = msgspec.json.decode(body, type=_SettingsRecord)
    return StoredSettings(read.settings, int(revision), read.updated_at)


def read_rule(record: bytes, summary: bytes | None) -> StoredRule:
    """Reads `<revision>:<json>` and the rule's binding summary."""
    revision, _, body = record.partition(b":")
    return StoredRule(msgspec.json.decode(body, type=Rule), int(revision), read_summary(summary)[0])


def read_group(record: bytes) -> StoredGroup:
    """Reads `<ordinal>:<json>`."""
    ordinal, _, body = record.partition(b":")
    return StoredGroup(msgspec.json.decode(body, type=Group), int(ordinal))


def read_summary(summary: bytes | None) -> tuple[int, tuple[int, ...]]:
    """Reads `<number of groups>;<chunk>,<chunk>`; a rule without bindings has none."""
    if not summary:
        return 0, ()
    count, _, chunks = summary.partition(b";")
    return int(count), tuple(map(int, chunks.split(b",")))
