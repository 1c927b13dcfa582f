"""A corp's rules at one revision, ready to judge by, and how the next one is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Self

from filter_service.domain.exemptions import ExemptionChange, Exemptions
from filter_service.domain.keyword_index import KeywordIndex, Posting
from filter_service.domain.rule import ActionKind, Group, Rule, State
from filter_service.domain.type_rules import TypeRules
from service_kit.revision import NO_RULES, Revision

CHUNK_ORDINALS = 8_192
"""Group ordinals in one chunk of a binding bitmap; rule_service writes them."""


class Operation(Enum):
    """What a binding change does to a chunk."""

    SET = "set"
    BIND = "bind"
    UNBIND = "unbind"


@dataclass(frozen=True, slots=True)
class BindingChange:
    """A change of some rules' bindings; the bitmap is as in changes.proto."""

    operation: Operation
    rule_ids: tuple[str, ...]
    chunk: int
    bitmap: bytes


@dataclass(frozen=True, slots=True)
class DeletedRule:
    """A rule that is gone."""

    rule_id: str


@dataclass(frozen=True, slots=True)
class DismissedGroup:
    """A group that lives no more."""

    chat_id: str


@dataclass(frozen=True, slots=True)
class CorpSettings:
    """What a corp decided for all of its rules, as far as judging needs it."""

    share_exemptions: bool = False
    """Whether whom one owner exempts is exempt in every owner's groups."""
    fail_unchecked: bool = False
    """Whether a message gets no verdict when a check can't be made, instead of one without it."""


Change = Rule | DeletedRule | Group | DismissedGroup | BindingChange | ExemptionChange | CorpSettings
Chunks = Mapping[int, bytes]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a corp's messages are judged by. Immutable: a message is judged by one of them."""

    revision: Revision = NO_RULES
    rules: Mapping[str, Rule] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    bindings: Mapping[str, Chunks] = field(default_factory=dict)
    index: KeywordIndex = field(default_factory=lambda: KeywordIndex(()))
    type_rules: TypeRules = field(default_factory=TypeRules)
    counts_strikes: bool = False
    """Whether any enabled rule kicks after warnings."""
    partly_judged: tuple[str, ...] = ()
    """Rules, by rule_id, with conditions that are not judged."""
    exemptions: Exemptions = field(default_factory=Exemptions)
    settings: CorpSettings = field(default_factory=CorpSettings)

    def binds(self, rule_id: str, group: Group) -> bool:
        """Tells whether a rule is bound to a group."""
        chunk, place = divmod(group.ordinal, CHUNK_ORDINALS)
        bitmap = self.bindings.get(rule_id, {}).get(chunk, b"")
        return place >> 3 < len(bitmap) and bool(bitmap[place >> 3] & 0x80 >> (place & 7))

    def changed(self, changes: Iterable[Change], revision: Revision) -> Self:
        """Returns the snapshot with the changes applied in order; what did not change is shared."""
        rules, groups, bindings = dict(self.rules), self.groups, dict(self.bindings)
        own_groups: dict[str, Group] | None = None
        exempting: list[ExemptionChange] = []
        settings = self.settings
        for change in changes:
            match change:
                case Rule():
                    rules[change.rule_id] = change
                case DeletedRule(rule_id):
                    rules.pop(rule_id, None)
                    bindings.pop(rule_id, None)
                case Group() | DismissedGroup():
                    if own_groups is None:  # copied only when needed: a corp may have 300,000 groups
                        groups = own_groups = dict(groups)
                    if isinstance(change, Group):
                        own_groups[change.chat_id] = change
                    else:
                        own_groups.pop(change.chat_id, None)
                case BindingChange():
                    for rule_id in change.rule_ids:
                        chunks = bindings.get(rule_id, {})
                        bindings[rule_id] = {
                            **chunks,
                            change.chunk: _combined(change, chunks.get(change.chunk, b"")),
                        }
                case ExemptionChange():
                    exempting.append(change)
                case CorpSettings():
                    settings = change
        return type(self)(
            revision=revision,
            rules=rules,
            groups=groups,
            bindings=bindings,
            index=self.index if _same_keywords(self.rules, rules) else _index(rules),
            type_rules=TypeRules(rules.values()),
            counts_strikes=any(
                rule.state is State.ENABLED and rule.action.kind is ActionKind.KICK_AFTER_WARNINGS
                for rule in rules.values()
            ),
            partly_judged=tuple(
                sorted(
                    rule.rule_id
                    for rule in rules.values()
                    if rule.has_other_conditions and rule.state is not State.DISABLED
                )
            ),
            exemptions=self.exemptions.changed(exempting, settings.share_exemptions),
            settings=settings,
        )


def _combined(change: BindingChange, old: bytes) -> bytes:
    new = change.bitmap
    match change.operation:
        case Operation.SET:
            return new
        case Operation.BIND:
            size = max(len(old), len(new))
            bits = _number(old, size) | _number(new, size)
        case Operation.UNBIND:
            size = len(old)
            bits = _number(old, size) & ~_number(new[:size], size)
    return bits.to_bytes(size, "big").rstrip(b"\0")


def _number(bitmap: bytes, size: int) -> int:
    return int.from_bytes(bitmap.ljust(size, b"\0"), "big")


def _active(rule: Rule | None) -> tuple[Posting, ...]:
    if rule is None or rule.state is State.DISABLED:
        return ()
    return (
        *(Posting(rule.rule_id, word) for word in rule.keywords),
        *(Posting(rule.rule_id, phrase, excuses=True) for phrase in rule.allow_phrases),
    )


def _same_keywords(old: Mapping[str, Rule], new: Mapping[str, Rule]) -> bool:
    return all(
        old.get(rule_id) is new.get(rule_id) or _active(old.get(rule_id)) == _active(new.get(rule_id))
        for rule_id in old.keys() | new.keys()
    )


def _index(rules: Mapping[str, Rule]) -> KeywordIndex:
    return KeywordIndex(posting for rule in rules.values() for posting in _active(rule))
