"""Bringing rules back to what they were."""

from dataclasses import replace

from rule_service.access import require_edit
from rule_service.domain.history import Edit
from rule_service.domain.rule import Owner, StoredRule
from rule_service.domain.validation import validate_rule
from rule_service.editing import ATTEMPTS, replace_rule, require_state
from rule_service.store import RuleStore
from service_kit.errors import EtagMismatch, RuleNotFound, rule_changed
from service_kit.revision import Revision
from service_kit.writes import Write


async def restore_rule(
    store: RuleStore, write: Write, edit: Edit, rule_id: str, revision: int, etag: str
) -> tuple[StoredRule, Revision]:
    """Makes a rule what it was after one of its changes; one that was deleted comes back without bindings.

    Raises:
        RuleNotFound: there is no such rule, and nothing is known of it.
        RuleRevisionNotFound: its history has no such change, or one that deleted it.
        EtagMismatch: it is in another state than the etag says; an empty etag stands for any.
        PermissionDenied: its owner's rules are not the caller's to change.
        InvalidFields: what was valid then is not any more, or the reason is not valid.
        LimitExceeded: it was deleted, and its owner has as many others as allowed.
    """
    if (repeated := await store.updated_before(write)) is not None:
        return repeated
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return await _restore(store, write, edit, rule_id, revision, etag)
        except EtagMismatch:
            if etag or attempt == ATTEMPTS:
                raise
    raise AssertionError("the last attempt returns or raises")


async def _restore(
    store: RuleStore, write: Write, edit: Edit, rule_id: str, revision: int, etag: str
) -> tuple[StoredRule, Revision]:
    """Does so if nobody changes, deletes or restores the rule meanwhile; else raises EtagMismatch."""
    stored = await _stored(store, write.corp_id, rule_id)
    owner = stored.rule.owner if stored else await owner_of(store, write.corp_id, rule_id)
    require_edit(write.corp_id, owner)
    require_state(rule_id, stored, etag)
    was = (await store.rule_state(write.corp_id, rule_id, revision)).rule
    created_at = stored.rule.created_at if stored else was.created_at
    rule = replace(was, owner=owner, created_at=created_at, updated_at=edit.at)
    validate_rule(rule, edit.reason)
    if stored is None:
        [restored], reached = await store.create_rules(write, [rule], edit)
        return restored, reached
    try:
        return await replace_rule(store, write, edit, stored, rule)
    except RuleNotFound:
        raise rule_changed(rule_id, "") from None


async def owner_of(store: RuleStore, corp_id: str, rule_id: str) -> Owner:
    """Returns whose a rule is, or was before it was deleted.

    Raises:
        RuleNotFound: there is no such rule, and nothing is known of it.
    """
    for change in await store.rule_history(corp_id, rule_id, None, 1):
        return change.owner
    [stored] = await store.get_rules(corp_id, [rule_id])
    return stored.rule.owner


async def _stored(store: RuleStore, corp_id: str, rule_id: str) -> StoredRule | None:
    try:
        [stored] = await store.get_rules(corp_id, [rule_id])
    except RuleNotFound:
        return None
    return stored
