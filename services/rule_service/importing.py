"""Takes records of a configuration in, a part at a time; what is there already is left as it is."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from rule_service.domain import limits
from rule_service.domain.exemptions import Exemption
from rule_service.domain.group import Group
from rule_service.domain.history import Edit
from rule_service.domain.rule import Rule, StoredRule
from rule_service.domain.transfer import Record, RuleBindings, UpdatedSettings
from rule_service.store import Operation, RuleStore
from service_kit.errors import EtagMismatch, GroupguardError, invalid
from service_kit.ids import request_id_or_new
from service_kit.store_errors import StoreUnavailable
from service_kit.writes import Write

_ATTEMPTS = 20
"""Tries of a write; each loses only to another writer of the same thing."""


@dataclass(frozen=True, slots=True)
class Import:
    """An import that is under way.

    Attributes:
        store: where to.
        corp_id: whose configuration it becomes.
        edit: what the rules' histories tell of it.
        migrate: whether rules may be in more groups than allowed.
    """

    store: RuleStore
    corp_id: str
    edit: Edit
    migrate: bool

    async def take(self, records: Sequence[Record], first: int) -> int:
        """Writes some records, in their order, and returns how many brought something new.

        Args:
            records: valid ones.
            first: number of the first of them within the import, for errors.

        Raises:
            GroupguardError: whatever single writes raise; its metadata `record` is the number of the record that could
                not be written, or of the first of those that are written together. Records before it are written.
        """
        writers: dict[type, Callable[[Sequence[Any]], Awaitable[int]]] = {
            UpdatedSettings: self._settings,
            Group: self._groups,
            Rule: self._rules,
            RuleBindings: self._bindings,
            Exemption: self._exemptions,
        }
        changed = 0
        for run in _runs(records):
            try:
                changed += await self._persistently(writers[type(run[0])], run)
            except GroupguardError as error:
                error.metadata["record"] = str(first)
                raise
            first += len(run)
        return changed

    async def _persistently(
        self, write: Callable[[Sequence[Any]], Awaitable[int]], run: Sequence[Any]
    ) -> int:
        for _ in range(_ATTEMPTS):
            try:
                return await write(run)
            except EtagMismatch:
                continue
        raise StoreUnavailable("what is imported keeps changing")

    def _write(self) -> Write:
        return Write(self.corp_id, request_id_or_new(""), "import")

    async def _settings(self, run: Sequence[UpdatedSettings]) -> int:
        old, new = await self.store.get_settings(self.corp_id), run[-1]
        await self.store.replace_settings(self._write(), old, new.settings, new.updated_at)
        return int(old.settings != new.settings)

    async def _groups(self, run: Sequence[Group]) -> int:
        known = {it.group for it in await self.store.find_groups(self.corp_id, [it.chat_id for it in run])}
        new = [group for group in run if group not in known]
        if new:
            await self.store.upsert_groups(self._write(), new, self.edit.at, self.edit.actor)
        return len(new)

    async def _rules(self, run: Sequence[Rule]) -> int:
        stored = await self.store.find_rules(self.corp_id, [rule.rule_id for rule in run])
        known = {it.rule.rule_id: it for it in stored}
        for rule in run:
            _require_owner(rule, known.get(rule.rule_id))
        changed = [it for it in run if it.rule_id in known and known[it.rule_id].rule != it]
        new = [rule for rule in run if rule.rule_id not in known]
        if new:
            await self.store.create_rules(self._write(), new, self.edit)
        for rule in changed:
            await self.store.replace_rule(self._write(), rule, known[rule.rule_id].revision, self.edit)
        return len(new) + len(changed)

    async def _bindings(self, run: Sequence[RuleBindings]) -> int:
        [bindings] = run
        [stored] = await self.store.get_rules(self.corp_id, [bindings.rule_id])
        [count], _ = await self.store.configure_groups(
            self._write(),
            Operation.BIND,
            [stored.rule],
            bindings.chat_ids,
            most=limits.GROUPS_PER_MIGRATED_RULE if self.migrate else None,
        )
        return int(count.before != count.after)

    async def _exemptions(self, run: Sequence[Exemption]) -> int:
        added, _ = await self.store.add_exemptions(self._write(), run[0].owner_userid, run)
        return added


def _runs(records: Sequence[Record]) -> Iterator[list[Any]]:
    """Yields what is written together: records in a row of one kind, of one owner, none twice."""
    for _, same in groupby(records, _together):
        run: dict[object, Record] = {}
        for record in same:
            if (key := _key(record)) in run:
                yield list(run.values())
                run = {}
            run[key] = record
        yield list(run.values())


def _together(record: Record) -> object:
    """Returns what records that are written together have in common."""
    match record:
        case Rule():
            return Rule, record.owner
        case Exemption():
            return Exemption, record.owner_userid
        case RuleBindings():
            return RuleBindings, id(record)
    return type(record)


def _key(record: Record) -> object:
    """Returns what names the thing that a record is about."""
    match record:
        case Group():
            return record.chat_id
        case Rule() | RuleBindings():
            return record.rule_id
        case Exemption():
            return record.external_userid
    return None


def _require_owner(rule: Rule, stored: StoredRule | None) -> None:
    if stored is not None and stored.rule.owner != rule.owner:
        raise invalid(
            "rule.owner",
            f"can't change: rule {rule.rule_id} is one of {stored.rule.owner}, not of {rule.owner}",
        )
