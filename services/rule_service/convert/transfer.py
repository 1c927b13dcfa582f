"""Records of a configuration: protos to the domain and back."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from groupguard.rule.v1 import transfer_pb2 as pb
from rule_service.convert.exemptions import read_exemptions, read_list_owner, write_exemption
from rule_service.convert.group import read_group, write_group
from rule_service.convert.rule import read_rule, write_rule
from rule_service.convert.settings import read_settings, write_settings
from rule_service.convert.values import seconds
from rule_service.domain import limits
from rule_service.domain.exemptions import Exemption, exemption_violations
from rule_service.domain.group import Group, StoredGroup
from rule_service.domain.rule import Rule, StoredRule
from rule_service.domain.settings import StoredSettings
from rule_service.domain.transfer import Record, RuleBindings, UpdatedSettings
from rule_service.domain.validation import group_violations
from rule_service.domain.violations import ids_violations
from service_kit.errors import InvalidFields, Violation, invalid
from service_kit.ids import id_violations
from service_kit.required import time_violations

R = TypeVar("R")
_TIMES = {
    "settings": ["update_time"],
    "rule": ["create_time", "update_time"],
    "exempt_customer": ["create_time"],
}
"""Times in records, by kind."""


def read_records(records: Sequence[pb.CorpRecord]) -> list[Record]:
    """Reads records.

    Raises:
        InvalidFields: names every violation of each record, by its path in the request.
    """
    read: list[Record] = []
    violations: list[Violation] = []
    for index, record in enumerate(records):
        wrong = list(_time_violations(record))
        try:
            read.append(_read(record))
        except InvalidFields as error:
            wrong += error.violations
        path = f"records[{index}]"
        violations += (Violation(f"{path}.{it.field}" if it.field else path, it.description) for it in wrong)
    if violations:
        raise InvalidFields(violations)
    return read


def _time_violations(record: pb.CorpRecord) -> Iterator[Violation]:
    """Yields what is wrong with times that are nobody's input but here."""
    kind = record.WhichOneof("record")
    for field in _TIMES.get(kind or "", ()):
        yield from time_violations(getattr(getattr(record, str(kind)), field), f"{kind}.{field}")


def _read(record: pb.CorpRecord) -> Record:
    """Reads a record.

    Raises:
        InvalidFields: names every violation, by its path in the record.
    """
    match record.WhichOneof("record"):
        case "settings":
            settings = read_settings(record.settings)
            return UpdatedSettings(settings, seconds(record.settings.update_time))
        case "group":
            group = read_group(record.group)
            return _valid(group, group_violations(group, "group"))
        case "rule":
            times = seconds(record.rule.create_time), seconds(record.rule.update_time)
            wrong = list(id_violations("rule.rule_id", record.rule.rule_id))
            return read_rule(record.rule, record.rule.rule_id, *times, wrong)
        case "bindings":
            bindings = RuleBindings(record.bindings.rule_id, tuple(record.bindings.chat_ids))
            return _valid(bindings, _binding_violations(bindings))
        case "exempt_customer":
            customer = record.exempt_customer
            owner = read_list_owner(customer.owner, "exempt_customer.owner")
            [exemption] = read_exemptions([customer], owner, customer.actor, seconds(customer.create_time))
            return _valid(exemption, exemption_violations(exemption, "exempt_customer"))
    raise invalid("record", "settings, group, rule, bindings or exempt_customer is needed; none is set")


def _valid(record: R, violations: Iterable[Violation]) -> R:
    if found := list(violations):
        raise InvalidFields(found)
    return record


def _binding_violations(bindings: RuleBindings) -> Iterator[Violation]:
    yield from id_violations("bindings.rule_id", bindings.rule_id)
    yield from ids_violations("bindings.chat_ids", bindings.chat_ids, limits.GROUPS_PER_CALL)


def write_record(record: Record) -> pb.CorpRecord:
    """Writes a record: nothing in it that another store would number differently."""
    match record:
        case UpdatedSettings():
            settings = write_settings(StoredSettings(record.settings, 1, record.updated_at))
            settings.ClearField("etag")
            return pb.CorpRecord(settings=settings)
        case Group():
            group = write_group(StoredGroup(record, 0))
            return pb.CorpRecord(group=group)
        case Rule():
            rule = write_rule(StoredRule(record, 0))
            rule.ClearField("etag")
            return pb.CorpRecord(rule=rule)
        case RuleBindings():
            return pb.CorpRecord(bindings=pb.RuleBindings(rule_id=record.rule_id, chat_ids=record.chat_ids))
        case Exemption():
            return pb.CorpRecord(exempt_customer=write_exemption(record))
