"""Entries of the change log, as `lua/_commit.lua` writes them."""

from collections.abc import Mapping, Sequence
from itertools import count

import msgspec

from rule_service.domain.bindings import masks
from rule_service.redis_store.records import read_group, read_rule, read_settings
from rule_service.store import BindingChange, Change, DeletedRule, ExemptionChange, Operation
from service_kit.revision import Revision


class BindingPayload(msgspec.Struct):
    """A binding change as it is logged: small, since a change of 100 rules in scattered groups is one list."""

    operation: str
    rule_ids: list[str]
    ordinals: list[int]


def binding_payload(operation: Operation, rule_ids: Sequence[str], ordinals: Sequence[int]) -> bytes:
    """Writes a binding change."""
    return msgspec.json.encode(BindingPayload(operation.value, list(rule_ids), list(ordinals)))


def revision_after(id: bytes, entry: Mapping[bytes, bytes]) -> Revision:
    """Returns the revision that an entry led to."""
    return Revision(int(id.partition(b"-")[0]), entry[b"chain"].decode())


def revision_before(id: bytes, entry: Mapping[bytes, bytes]) -> Revision:
    """Returns the revision that an entry came upon."""
    return Revision(int(id.partition(b"-")[0]) - 1, entry[b"before"].decode())


def changes(entry: Mapping[bytes, bytes]) -> list[Change]:
    """Reads what an entry changed.

    Raises:
        ValueError: the entry is of a kind that this version does not know.
    """
    found: list[Change] = []
    for index in count(1):
        kind = entry.get(b"kind%d" % index)
        if kind is None:
            break
        found += _changes(kind, entry[b"payload%d" % index])
    return found


def _changes(kind: bytes, payload: bytes) -> list[Change]:
    match kind:
        case b"rule":
            return [read_rule(payload, None)]
        case b"deleted":
            return [DeletedRule(payload.decode())]
        case b"groups":
            return [read_group(record) for record in payload.split(b"\n")]
        case b"binding":
            logged = msgspec.json.decode(payload, type=BindingPayload)
            operation, rule_ids = Operation(logged.operation), tuple(logged.rule_ids)
            return [
                BindingChange(operation, rule_ids, chunk, mask)
                for chunk, mask in masks(logged.ordinals).items()
            ]
        case b"exempt":
            return [msgspec.json.decode(payload, type=ExemptionChange)]
        case b"settings":
            return [read_settings(payload)]
    raise ValueError(f"unknown kind of change {kind!r}")
