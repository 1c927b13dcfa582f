"""A corp's rules at one revision, ready to judge by, and how the next one is made."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from operator import attrgetter
from typing import Self

from filter_service.domain.decision_log import DecisionLog
from filter_service.domain.draft import Draft
from filter_service.domain.edits import reindexed
from filter_service.domain.exemptions import ExemptionChange, Exemptions
from filter_service.domain.index import PatternIndex, Rebuilt
from filter_service.domain.keyword_index import Indexes
from filter_service.domain.plan import Plan
from filter_service.domain.plans import CHUNK_ORDINALS, Chunks, Plans
from filter_service.domain.rule import Group, Rule
from service_kit.matching.modes import MatchMode
from service_kit.revision import NO_RULES, Revision

IndexName = tuple[str, MatchMode]
"""Which of the indexes: what it is for, and the mode."""
_TEXTS, _NAMES = "texts", "names"


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
    decision_log: DecisionLog = field(default_factory=DecisionLog)


Change = Rule | DeletedRule | Group | DismissedGroup | BindingChange | ExemptionChange | CorpSettings


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Everything a corp's messages are judged by. Immutable: a message is judged by one of them."""

    revision: Revision = NO_RULES
    rules: Mapping[str, Rule] = field(default_factory=dict)
    groups: Mapping[str, Group] = field(default_factory=dict)
    bindings: Mapping[str, Chunks] = field(default_factory=dict)
    indexes: Indexes = field(default_factory=dict)
    """By what is found in texts."""
    nickname_indexes: Indexes = field(default_factory=dict)
    """By what is found in names of senders."""
    plans: Plans = field(default_factory=Plans)
    exemptions: Exemptions = field(default_factory=Exemptions)
    settings: CorpSettings = field(default_factory=CorpSettings)

    def binds(self, rule_id: str, group: Group) -> bool:
        """Tells whether a rule is bound to a group."""
        chunk, place = divmod(group.ordinal, CHUNK_ORDINALS)
        bitmap = self.bindings.get(rule_id, {}).get(chunk, b"")
        return place >> 3 < len(bitmap) and bool(bitmap[place >> 3] & 0x80 >> (place & 7))

    def plan(self, group: Group) -> Plan:
        """Returns what the rules bound to a group want, words in messages aside."""
        return self.plans.plan(group.ordinal)

    @property
    def outgrown(self) -> list[IndexName]:
        """The indexes that want to be rebuilt."""
        named = ((_TEXTS, self.indexes), (_NAMES, self.nickname_indexes))
        return [
            (what, mode) for what, indexes in named for mode, index in indexes.items() if index.wants_rebuild
        ]

    def index(self, name: IndexName) -> PatternIndex | None:
        """Returns an index; None if the corp has no such words."""
        what, mode = name
        return (self.indexes if what == _TEXTS else self.nickname_indexes).get(mode)

    def rebased(self, name: IndexName, rebuilt: Rebuilt) -> Self:
        """Returns the snapshot with an index over the base that was built for it, or for one before it."""
        index = self.index(name)
        if index is None:
            return self
        what, mode = name
        changed = {mode: index.rebased(rebuilt)}
        if what == _TEXTS:
            return replace(self, indexes={**self.indexes, **changed})
        return replace(self, nickname_indexes={**self.nickname_indexes, **changed})

    def effort(self, changes: Iterable[Change], enough: int) -> int:
        """Tells how many patterns and objects changes touch; counts no further than needed to pass `enough`."""
        touched = 0
        for change in changes:
            touched += 1
            if isinstance(change, Rule):
                touched += len(change.patterns) + len(change.nickname_patterns)
            if isinstance(change, Rule | DeletedRule) and (old := self.rules.get(change.rule_id)):
                touched += len(old.patterns) + len(old.nickname_patterns)
            if touched > enough:
                break
        return touched

    def changed(self, changes: Iterable[Change], revision: Revision) -> Self:
        """Returns the snapshot with the changes applied in order; what did not change is shared."""
        rules, groups, bindings = Draft(self.rules), Draft(self.groups), Draft(self.bindings)
        exempting: list[ExemptionChange] = []
        rebound: list[tuple[str, int]] = []
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
                        rebound.append((rule_id, change.chunk))
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
            nickname_indexes=reindexed(self.nickname_indexes, edits, attrgetter("nickname_patterns")),
            plans=self.plans.changed(edits, rebound, bindings.now),
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
