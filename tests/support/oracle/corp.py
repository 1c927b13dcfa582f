"""The corp of some cases: its making and its changes, each made in the services and in the case's reference."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from groupguard.blacklist.v1.blacklist_service_pb2 import (
    AddEntriesRequest,
    GetBlacklistRequest,
    List,
    RemoveEntriesRequest,
)
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_ENTERPRISE, BLACKLIST_KIND_PERSONAL
from groupguard.filter.v1.filter_service_pb2 import ClearStrikesRequest
from groupguard.rule.v1.exemptions_pb2 import AddExemptCustomersRequest, ExemptCustomer
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_pb2 import OWNER_KIND_SUPER_ADMIN, Owner
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpdateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard.rule.v1.transfer_pb2 import CorpRecord, ImportCorpRequest, RuleBindings
from groupguard_client import AsyncGroupGuard
from service_kit.revision import Revision
from support.oracle import cases, protos
from support.oracle.played import Played

_BIND, _UNBIND = ConfigureGroupsRequest.OPERATION_BIND, ConfigureGroupsRequest.OPERATION_UNBIND


class Corp:
    """One corp, in running services."""

    def __init__(self, corp_id: str, gg: AsyncGroupGuard) -> None:
        self.id = corp_id
        self.rules_token = ""
        """Of the newest revision that a write returned."""
        self.lists_token = ""
        """Of that of the blacklists."""
        self._gg = gg

    async def import_cases(self, played: Sequence[Played]) -> None:
        """Has what is there at the beginning of all cases, by one import."""
        for case in played:
            # Ids in no order, as the service's own: of equal rules the first by id decides.
            dice = random.Random(case.number)
            case.rule_ids = [f"{dice.getrandbits(64):016x}" for _ in case.made.rules]
            self._begin(case)
        request = ImportCorpRequest(corp_id=self.id, records=_records(played))
        async for answer in self._gg.rules.ImportCorp(iter([request])):
            self._changed(answer.rules_revision)

    async def make_cases(self, played: Sequence[Played]) -> None:
        """Has the same, by a call for each thing."""
        for case in played:
            groups = [Group(chat_id=chat, owner_userid=owner) for chat, owner in case.made.chats.items()]
            upsert = UpsertGroupsRequest(corp_id=self.id, groups=groups)
            self._changed((await self._gg.rules.UpsertGroups(upsert)).rules_revision)
            for rule in case.made.rules:
                create = CreateRuleRequest(corp_id=self.id, rule=protos.rule(rule))
                created = await self._gg.rules.CreateRule(create)
                case.rule_ids.append(created.rule.rule_id)
                self._changed(created.rules_revision)
            self._begin(case)
            for place, chat in case.made.bindings:
                await self._bind(case, cases.Bind(place, chat, True))

    def _begin(self, case: Played) -> None:
        reference = case.reference
        reference.rules = dict(zip(case.rule_ids, case.made.rules, strict=True))
        reference.bound = {(case.rule_ids[place], chat) for place, chat in case.made.bindings}

    async def change(self, case: Played, step: cases.Step) -> None:
        """Makes a change that a case asks for."""
        case.counts["edits"] += 1
        match step:
            case cases.Edit():
                await self._edit(case, step)
            case cases.Bind():
                await self._bind(case, step)
            case cases.Exempt(person):
                request = AddExemptCustomersRequest(
                    corp_id=self.id,
                    owner=Owner(kind=OWNER_KIND_SUPER_ADMIN),
                    customers=[ExemptCustomer(external_userid=person)],
                )
                self._changed((await self._gg.rules.AddExemptCustomers(request)).rules_revision)
                case.reference.exempt.add(person)
            case cases.Blacklisted():
                await self._blacklist(case, step)
            case cases.Cleared(chat, person):
                clear = ClearStrikesRequest(corp_id=self.id, chat_id=chat, external_userid=person)
                cleared = (await self._gg.filter.ClearStrikes(clear)).cleared_count
                wanted = case.reference.clear_strikes(chat, person)
                assert cleared == wanted, f"{cleared} strikes cleared, not {wanted}"

    async def catch_up(self, played: Sequence[Played]) -> None:
        """Has later checks know of whom rules put on a list, at whatever replica that was."""
        changed = [case for case in played if case.lists_changed]
        if changed:
            request = GetBlacklistRequest(corp_id=self.id, list=List(kind=BLACKLIST_KIND_ENTERPRISE))
            self._lists_changed((await self._gg.blacklist.GetBlacklist(request)).blacklist_revision)
            for case in changed:
                case.lists_changed = False

    def _changed(self, token: str) -> None:
        self.rules_token = _newer(self.rules_token, token)

    def _lists_changed(self, token: str) -> None:
        self.lists_token = _newer(self.lists_token, token)

    async def _edit(self, case: Played, edit: cases.Edit) -> None:
        rule_id = case.rule_ids[edit.place]
        request = UpdateRuleRequest(corp_id=self.id, rule=protos.rule(edit.rule, rule_id))
        request.update_mask.paths.extend(("state", "conditions", "action"))
        self._changed((await self._gg.rules.UpdateRule(request)).rules_revision)
        case.reference.rules[rule_id] = edit.rule

    async def _bind(self, case: Played, bind: cases.Bind) -> None:
        rule_id = case.rule_ids[bind.place]
        request = ConfigureGroupsRequest(
            corp_id=self.id,
            operation=_BIND if bind.on else _UNBIND,
            rule_ids=[rule_id],
            chat_ids=[bind.chat],
        )
        self._changed((await self._gg.rules.ConfigureGroups(request)).rules_revision)
        if bind.on:
            case.reference.bound.add((rule_id, bind.chat))
        else:
            case.reference.bound.discard((rule_id, bind.chat))

    async def _blacklist(self, case: Played, step: cases.Blacklisted) -> None:
        kind = BLACKLIST_KIND_PERSONAL if step.owner else BLACKLIST_KIND_ENTERPRISE
        place = List(kind=kind, owner_userid=step.owner)
        if step.on:
            add = AddEntriesRequest(corp_id=self.id, list=place, external_userids=[step.person])
            self._lists_changed((await self._gg.blacklist.AddEntries(add)).blacklist_revision)
            case.reference.listed.add((step.owner, step.person))
        else:
            remove = RemoveEntriesRequest(corp_id=self.id, list=place, external_userids=[step.person])
            self._lists_changed((await self._gg.blacklist.RemoveEntries(remove)).blacklist_revision)
            case.reference.listed.discard((step.owner, step.person))


def _newer(token: str, other: str) -> str:
    """Returns the token of what was written later; calls of several cases are under way at once."""
    return max(filter(None, (token, other)), key=lambda it: Revision.parse(it).number)


def _records(played: Sequence[Played]) -> Iterator[CorpRecord]:
    """Yields the groups, the rules and then the bindings: what is alike and in a row is written together."""
    for case in played:
        for chat, owner in case.made.chats.items():
            yield CorpRecord(group=Group(chat_id=chat, owner_userid=owner))
    for case in played:
        for rule_id, rule in zip(case.rule_ids, case.made.rules, strict=True):
            yield CorpRecord(rule=protos.rule(rule, rule_id))
    for case in played:
        for place, rule_id in enumerate(case.rule_ids):
            if chats := [chat for bound, chat in case.made.bindings if bound == place]:
                yield CorpRecord(bindings=RuleBindings(rule_id=rule_id, chat_ids=chats))
