"""A follower of RuleService: applies what FetchRules says."""

from __future__ import annotations

from collections.abc import AsyncIterator

from groupguard.rule.v1.changes_pb2 import BindingChange
from groupguard.rule.v1.exemptions_pb2 import ExemptionChange
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard.rule.v1.rule_service_pb2 import FetchRulesResponse
from groupguard.rule.v1.settings_pb2 import CorpSettings
from rule_service.domain.bindings import CHUNK_ORDINALS, ordinals
from rule_service.fetch import fetch
from rule_service.store import RuleStore
from service_kit.revision import Revision
from support.rules import CORP


class Follower:
    """Does with the chunks what the proto says, and nothing else."""

    def __init__(self, corp_id: str = CORP) -> None:
        self.corp_id = corp_id
        self.since = ""
        self.kinds: list[FetchRulesResponse.Kind.ValueType] = []
        self._forget()

    def _forget(self) -> None:
        self.rules: dict[str, Rule] = {}
        self.groups: dict[str, Group] = {}
        self.bound: dict[str, set[int]] = {}
        self.exempt: dict[str, set[str]] = {}
        self.settings: CorpSettings | None = None

    async def apply(self, chunks: AsyncIterator[FetchRulesResponse]) -> None:
        self.kinds = []
        reached = ""
        async for chunk in chunks:
            assert not reached, "the token is in the last chunk"
            assert chunk.ByteSize() < 1024 * 1024
            self.kinds.append(chunk.kind)
            if chunk.kind == FetchRulesResponse.KIND_RESET:
                self._forget()
            for change in chunk.changes:
                match change.WhichOneof("change"):
                    case "rule":
                        self.rules[change.rule.rule_id] = change.rule
                    case "deleted_rule_id":
                        self.rules.pop(change.deleted_rule_id, None)
                        self.bound.pop(change.deleted_rule_id, None)
                    case "group":
                        self._put(change.group)
                    case "binding":
                        self._bind(change.binding)
                    case "exemption":
                        self._exempt(change.exemption)
                    case "settings":
                        self.settings = change.settings
                    case unknown:
                        raise AssertionError(unknown)
            reached = chunk.rules_revision
        assert reached, "a stream that ends without a token was cut off"
        self.since = reached

    def _put(self, group: Group) -> None:
        if group.HasField("dismiss_time"):
            self.groups.pop(group.chat_id, None)
        else:
            self.groups[group.chat_id] = group

    def _bind(self, change: BindingChange) -> None:
        named = set(ordinals(change.chunk, change.bitmap))
        first = change.chunk * CHUNK_ORDINALS
        for rule_id in change.rule_ids:
            bound = self.bound.setdefault(rule_id, set())
            if change.operation == BindingChange.OPERATION_BIND:
                bound |= named
            elif change.operation == BindingChange.OPERATION_UNBIND:
                bound -= named
            else:
                bound -= set(range(first, first + CHUNK_ORDINALS))
                bound |= named

    def _exempt(self, change: ExemptionChange) -> None:
        listed = self.exempt.setdefault(change.owner_userid, set())
        listed -= set(change.removed_external_userids)
        listed |= set(change.added_external_userids)

    async def follow(self, store: RuleStore) -> list[FetchRulesResponse.Kind.ValueType]:
        since = Revision.parse(self.since) if self.since else None
        await self.apply(fetch(store, self.corp_id, since))
        return self.kinds

    def state(self) -> tuple[dict[str, tuple[str, int]], dict[str, tuple[int, str]], dict[str, set[int]]]:
        """Rules, groups and bindings."""
        rules = {id: (rule.display_name, rule.revision) for id, rule in self.rules.items()}
        groups = {id: (group.ordinal, group.owner_userid) for id, group in self.groups.items()}
        return rules, groups, {id: bound for id, bound in self.bound.items() if bound}

    def decisions(self) -> tuple[dict[str, set[str]], CorpSettings | None]:
        """Lists of exempt customers, and settings."""
        return {owner: listed for owner, listed in self.exempt.items() if listed}, self.settings
