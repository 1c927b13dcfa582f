"""A corp's rules at one revision, ready to judge by, and how the next one is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

from filter_service.domain.draft import Draft
from filter_service.domain.edits import members, reindexed
from filter_service.domain.exemptions import ExemptionChange, Exemptions
from filter_service.domain.index import Rebuilt
from filter_service.domain.keyword_index import Indexes
from filter_service.domain.rule import Group, Rule
from filter_service.domain.type_rules import TypeRules
from service_kit.matching.modes import MatchMode
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
    indexes: Indexes = field(default_factory=dict)
    type_rules: TypeRules = field(default_factory=TypeRules)
    striking: frozenset[str] = frozenset()
    """Rules, by rule_id, that are enabled and kick after warnings."""
    partly_judged: frozenset[str] = frozenset()
    """Rules, by rule_id, with conditions that are not judged."""
    exemptions: Exemptions = field(default_factory=Exemptions)
    settings: CorpSettings = field(default_factory=CorpSettings)

    def binds(self, rule_id: str, group: Group) -> bool:
        """Tells whether a rule is bound to a group."""
        chunk, place = divmod(group.ordinal, CHUNK_ORDINALS)
        bitmap = self.bindings.get(rule_id, {}).get(chunk, b"")
        return place >> 3 < len(bitmap) and bool(bitmap[place >> 3] & 0x80 >> (place & 7))

    @property
    def counts_strikes(self) -> bool:
        """Whether any enabled rule kicks after warnings."""
        return bool(self.striking)

    @property
    def outgrown(self) -> list[MatchMode]:
        """The modes whose index wants to be rebuilt."""
        return [mode for mode, index in self.indexes.items() if index.wants_rebuild]

    def rebased(self, mode: MatchMode, rebuilt: Rebuilt) -> Self:
        """Returns the snapshot with an index over the base that was built for it, or for one before it."""
        index = self.indexes.get(mode)
        if index is None:
            return self
        return replace(self, indexes={**self.indexes, mode: index.rebased(rebuilt)})

    def effort(self, changes: Iterable[Change], enough: int) -> int:
        """Tells how many patterns and objects changes touch; counts no further than needed to pass `enough`."""
        touched = 0
        for change in changes:
            touched += 1
            if isinstance(change, Rule):
                touched += len(change.patterns)
            if isinstance(change, Rule | DeletedRule) and (old := self.rules.get(change.rule_id)):
                touched += len(old.patterns)
            if touched > enough:
                break
        return touched

    def changed(self, changes: Iterable[Change], revision: Revision) -> Self:
        """Returns the snapshot with the changes applied in order; what did not change is shared."""
        rules, groups, bindings = Draft(self.rules), Draft(self.groups), Draft(self.bindings)
        exempting: list[ExemptionChange] = []
        settings = self.settings
        for change in changes:
            match change:
                case Rule():
                    rules.set(change.rule_id, change)
                case DeletedRule(rule_id):
                    rules.drop(rule_id)
                    bindings.drop(rule_id)
                case Group():
                    groups.set(change.chat_id, change)
                case DismissedGroup():
                    groups.drop(change.chat_id)
                case BindingChange():
                    for rule_id in change.rule_ids:
                        chunks = bindings.now.get(rule_id, {})
                        chunk = _combined(change, chunks.get(change.chunk, b""))
                        bindings.set(rule_id, {**chunks, change.chunk: chunk})
                case ExemptionChange():
                    exempting.append(change)
                case CorpSettings():
                    settings = change
        edits = [(self.rules.get(rule_id), rules.now.get(rule_id)) for rule_id in rules.touched]
        return type(self)(
            revision=revision,
            rules=rules.now,
            groups=groups.now,
            bindings=bindings.now,
            indexes=reindexed(self.indexes, edits),
            type_rules=self.type_rules.changed(edits, rules.now.values()),
            striking=members(self.striking, edits, lambda rule: rule.strikes),
            partly_judged=members(self.partly_judged, edits, lambda rule: rule.is_partly_judged),
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
