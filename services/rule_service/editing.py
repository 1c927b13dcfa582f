"""Changing rules that are there: read, check, write if nobody was faster."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from rule_service.access import require_edit
from rule_service.domain.history import Edit
from rule_service.domain.rule import Rule, StoredRule
from rule_service.domain.validation import validate_reason
from rule_service.store import BindingCount, Operation, RuleStore
from service_kit.errors import EtagMismatch, rule_changed
from service_kit.revision import Revision
from service_kit.writes import Write

ATTEMPTS = 20
"""Tries of a write that tests no etag; each loses only to another write of the same rule."""


async def update_rule(
    store: RuleStore,
    write: Write,
    edit: Edit,
    rule_id: str,
    etag: str,
    change: Callable[[StoredRule], Rule],
) -> tuple[StoredRule, Revision]:
    """Changes a rule.

    Args:
        store: where the rule is.
        write: what makes the write safe to repeat.
        edit: what the rule's history shall tell of it.
        rule_id: which rule.
        etag: the state it must be in; empty for any.
        change: makes the new rule, a valid one, from the old one.

    Raises:
        RuleNotFound: there is no such rule.
        EtagMismatch: it is in another state.
        PermissionDenied: its owner's rules are not the caller's to change.
        InvalidFields: `change` raises it.
    """
    if (repeated := await store.updated_before(write)) is not None:
        return repeated
    for attempt in range(1, ATTEMPTS + 1):
        [stored] = await store.get_rules(write.corp_id, [rule_id])
        require_edit(write.corp_id, stored.rule.owner)
        require_state(rule_id, stored, etag)
        try:
            return await replace_rule(store, write, edit, stored, change(stored))
        except EtagMismatch:
            if etag or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


async def delete_rule(store: RuleStore, write: Write, edit: Edit, rule_id: str, etag: str) -> Revision:
    """Deletes a rule; raises as `update_rule` does."""
    if (repeated := await store.deleted_before(write)) is not None:
        return repeated
    for attempt in range(1, ATTEMPTS + 1):
        [stored] = await store.get_rules(write.corp_id, [rule_id])
        require_edit(write.corp_id, stored.rule.owner)
        require_state(rule_id, stored, etag)
        validate_reason(edit.reason)
        try:
            return await store.delete_rule(write, stored, edit)
        except EtagMismatch:
            if etag or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


async def configure_groups(
    store: RuleStore,
    write: Write,
    operation: Operation,
    rule_ids: Sequence[str],
    chat_ids: Sequence[str],
    unbind_chat_ids: Sequence[str] = (),
) -> tuple[list[BindingCount], Revision]:
    """Binds rules to groups or unbinds them, or both; raises as `RuleStore.configure_groups` does.

    Raises:
        PermissionDenied: one of the rules is not the caller's to change.
    """
    if (repeated := await store.configured_before(write, rule_ids)) is not None:
        return repeated
    rules = [stored.rule for stored in await store.get_rules(write.corp_id, rule_ids)]
    for rule in rules:
        require_edit(write.corp_id, rule.owner)
    return await store.configure_groups(write, operation, rules, chat_ids, unbind_chat_ids)


async def replace_rule(
    store: RuleStore, write: Write, edit: Edit, stored: StoredRule, rule: Rule
) -> tuple[StoredRule, Revision]:
    """Puts a rule in the place of the stored one; raises as `RuleStore.replace_rule` does."""
    if replace(rule, updated_at=stored.rule.updated_at) == stored.rule:
        rule = stored.rule  # nothing changes, so the time doesn't either
    return await store.replace_rule(write, rule, stored.revision, edit)


def require_state(rule_id: str, stored: StoredRule | None, etag: str) -> None:
    """Checks that a rule is in the state that a caller expects; an empty etag stands for any.

    Raises:
        EtagMismatch: it is in another state, or it is not there.
    """
    current = stored.etag if stored else ""
    if etag and etag != current:
        raise rule_changed(rule_id, current)
