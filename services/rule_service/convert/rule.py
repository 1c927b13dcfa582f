"""Rules and their owners: protos to the domain and back."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain

from google.protobuf.field_mask_pb2 import FieldMask

from groupguard.common.v1 import blacklist_kind_pb2
from groupguard.rule.v1 import rule_pb2
from rule_service.convert.conditions import read_conditions, write_conditions
from rule_service.convert.masks import merge
from rule_service.convert.values import ValueReader, timestamp, write_enum
from rule_service.domain import limits
from rule_service.domain import rule as domain
from rule_service.domain.validation import rule_violations
from service_kit.errors import InvalidFields, Violation

_OWNERS = {
    rule_pb2.OWNER_KIND_SUPER_ADMIN: domain.OwnerKind.SUPER_ADMIN,
    rule_pb2.OWNER_KIND_STRATEGY: domain.OwnerKind.STRATEGY,
    rule_pb2.OWNER_KIND_MEMBER: domain.OwnerKind.MEMBER,
}
_STATES = {
    rule_pb2.RULE_STATE_ENABLED: domain.State.ENABLED,
    rule_pb2.RULE_STATE_SHADOW: domain.State.SHADOW,
    rule_pb2.RULE_STATE_DISABLED: domain.State.DISABLED,
}
_ACTIONS = {
    rule_pb2.ACTION_KIND_WARN: domain.ActionKind.WARN,
    rule_pb2.ACTION_KIND_KICK: domain.ActionKind.KICK,
    rule_pb2.ACTION_KIND_WARN_AND_KICK: domain.ActionKind.WARN_AND_KICK,
    rule_pb2.ACTION_KIND_KICK_AFTER_WARNINGS: domain.ActionKind.KICK_AFTER_WARNINGS,
}
_BLACKLISTS = {
    blacklist_kind_pb2.BLACKLIST_KIND_UNSPECIFIED: domain.Blacklist.NONE,
    blacklist_kind_pb2.BLACKLIST_KIND_PERSONAL: domain.Blacklist.PERSONAL,
    blacklist_kind_pb2.BLACKLIST_KIND_ENTERPRISE: domain.Blacklist.ENTERPRISE,
}

CHANGEABLE = (
    "display_name",
    "state",
    "conditions",
    *(f"conditions.{field.name}" for field in rule_pb2.Conditions.DESCRIPTOR.fields),
    "action",
    "action.kind",
    "action.warnings_before_kick",
    "action.warning_text",
    "action.add_to_blacklist",
)
"""Paths that UpdateRule's mask may name."""


def read_owner(owner: rule_pb2.Owner, path: str) -> domain.Owner:
    """Reads an owner.

    Raises:
        InvalidFields: its kind is unknown, or it has an id that does not go with its kind.
    """
    reader = ValueReader()
    read = _owner(reader, owner, path)
    if reader.violations:
        raise InvalidFields(reader.violations)
    return read


def _owner(reader: ValueReader, owner: rule_pb2.Owner, path: str) -> domain.Owner:
    kind = reader.read(f"{path}.kind", _OWNERS, owner.kind)
    ids = {domain.OwnerKind.STRATEGY: "strategy_id", domain.OwnerKind.MEMBER: "userid"}
    for other, field in ids.items():
        if other is not kind and getattr(owner, field):
            reader.violations.append(Violation(f"{path}.{field}", f"must be empty for {kind.name}"))
    return domain.Owner(kind, getattr(owner, ids[kind]) if kind in ids else "")


def write_owner(owner: domain.Owner) -> rule_pb2.Owner:
    """Writes an owner."""
    return rule_pb2.Owner(
        kind=write_enum(_OWNERS, owner.kind),
        strategy_id=owner.id if owner.kind is domain.OwnerKind.STRATEGY else "",
        userid=owner.id if owner.kind is domain.OwnerKind.MEMBER else "",
    )


def read_state(reader: ValueReader, path: str, state: int) -> domain.State:
    """Reads the state of rules to be made, DISABLED where none is given; what is unknown goes to the reader."""
    return reader.read(path, _STATES, state or rule_pb2.RULE_STATE_DISABLED)


def read_rule(
    rule: rule_pb2.Rule,
    rule_id: str,
    created_at: float,
    updated_at: float,
    known: Sequence[Violation] = (),
) -> domain.Rule:
    """Reads a rule and checks it; output-only fields come as arguments.

    Args:
        rule: what to read, the field `rule` of the request.
        rule_id: its id.
        created_at: seconds since 1970.
        updated_at: likewise.
        known: what is known to be wrong with the request already.

    Raises:
        InvalidFields: names all that is wrong, each thing once: what is known, values that this server does not know,
            and what makes the rule invalid as far as it could be read.
    """
    reader = ValueReader()
    action_kind = reader.read("rule.action.kind", _ACTIONS, rule.action.kind)
    warnings = rule.action.warnings_before_kick
    if action_kind is domain.ActionKind.KICK_AFTER_WARNINGS and warnings == 0:
        warnings = limits.DEFAULT_WARNINGS_BEFORE_KICK
    read = domain.Rule(
        rule_id=rule_id,
        owner=_owner(reader, rule.owner, "rule.owner"),
        display_name=rule.display_name,
        state=reader.read("rule.state", _STATES, rule.state),
        conditions=read_conditions(reader, rule.conditions, "rule.conditions"),
        action=domain.Action(
            kind=action_kind,
            warnings_before_kick=warnings,
            warning_text=rule.action.warning_text,
            add_to_blacklist=reader.read(
                "rule.action.add_to_blacklist", _BLACKLISTS, rule.action.add_to_blacklist
            ),
        ),
        created_at=created_at,
        updated_at=updated_at,
    )
    violations = list(known)
    violations += _outside(reader.violations, (it.field for it in known))
    unread = (it.field.rpartition(".")[0] for it in reader.violations)
    violations += _outside(
        rule_violations(read), chain((it.field for it in violations), (it for it in unread if it != "rule"))
    )
    if violations:
        raise InvalidFields(violations)
    return read


def _outside(violations: Iterable[Violation], places: Iterable[str]) -> Iterator[Violation]:
    """Yields the violations that are not of, or in, a field or message of some places."""
    known = set(places)
    for violation in violations:
        path = accumulate(violation.field.split("."), "{}.{}".format)
        if known.isdisjoint(path):
            yield violation


def merged(stored: domain.StoredRule, update: rule_pb2.Rule, mask: FieldMask) -> rule_pb2.Rule:
    """Returns the stored rule with the masked fields of the update in it.

    Raises:
        InvalidFields: the mask names something that can't be changed, or nothing.
    """
    return merge(write_rule(stored), update, mask, CHANGEABLE, "rule")


def write_rule(stored: domain.StoredRule) -> rule_pb2.Rule:
    """Writes a rule."""
    rule = stored.rule
    return rule_pb2.Rule(
        rule_id=rule.rule_id,
        owner=write_owner(rule.owner),
        display_name=rule.display_name,
        state=write_enum(_STATES, rule.state),
        conditions=write_conditions(rule.conditions),
        action=rule_pb2.Action(
            kind=write_enum(_ACTIONS, rule.action.kind),
            warnings_before_kick=rule.action.warnings_before_kick,
            warning_text=rule.action.warning_text,
            add_to_blacklist=write_enum(_BLACKLISTS, rule.action.add_to_blacklist),
        ),
        etag=stored.etag,
        revision=stored.revision,
        create_time=timestamp(rule.created_at),
        update_time=timestamp(rule.updated_at),
        group_count=stored.group_count,
    )


def write_draft(rule: domain.Rule) -> rule_pb2.Rule:
    """Writes a rule that is not there: without anything that the server gives."""
    shown = write_rule(domain.StoredRule(rule, 0))
    for field in ("rule_id", "etag", "create_time", "update_time"):
        shown.ClearField(field)
    return shown
