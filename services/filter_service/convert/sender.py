"""Senders as they come in."""

from filter_service.domain import message as limits
from filter_service.domain.sender import Identity, Sender, SenderKind
from groupguard.common.v1 import sender_identity_pb2
from groupguard.filter.v1 import message_pb2 as pb
from service_kit.errors import Violation
from service_kit.ids import id_violations, is_plain_id

_KINDS = {
    pb.SENDER_KIND_CUSTOMER: SenderKind.CUSTOMER,
    pb.SENDER_KIND_STAFF: SenderKind.STAFF,
    pb.SENDER_KIND_ROBOT: SenderKind.ROBOT,
}
IDENTITIES = {sender_identity_pb2.SenderIdentity.Value(f"SENDER_IDENTITY_{it.name}"): it for it in Identity}


def read_sender(sender: pb.Sender, path: str, violations: list[Violation]) -> Sender:
    """Reads a sender; what breaks its documented form is added to the violations.

    Args:
        sender: as it came.
        path: its place in the request, for errors.
        violations: of the whole request.
    """
    kind, external_userid = _KINDS.get(sender.kind), sender.external_userid
    if kind is None:
        violations.append(Violation(f"{path}.kind", f"CUSTOMER, STAFF or ROBOT is needed, not {sender.kind}"))
        kind = SenderKind.STAFF
    elif kind is SenderKind.CUSTOMER and not is_plain_id(external_userid):
        violations.extend(id_violations(f"{path}.external_userid", external_userid))
    nickname = sender.group_nickname if sender.HasField("group_nickname") else None
    name = sender.name if sender.HasField("name") else None
    if nickname and len(nickname) > limits.MOST_NICKNAME:
        violations.append(_too_long(f"{path}.group_nickname", nickname))
    if name and len(name) > limits.MOST_NICKNAME:
        violations.append(_too_long(f"{path}.name", name))
    identity = _identity(sender.identity, path, violations) if sender.HasField("identity") else None
    tag_ids = _tags(sender.tags, path, violations) if sender.HasField("tags") else None
    return Sender(kind, external_userid, nickname, name, identity, tag_ids)


def _too_long(path: str, name: str) -> Violation:
    return Violation(path, f"at most {limits.MOST_NICKNAME} characters are allowed, not {len(name)}")


def _identity(
    identity: sender_identity_pb2.SenderIdentity.ValueType, path: str, violations: list[Violation]
) -> Identity | None:
    known: Identity | None = IDENTITIES.get(identity)
    if known is None:
        needed = " or ".join(it.name for it in Identity)
        violations.append(Violation(f"{path}.identity", f"{needed} is needed, not {identity}"))
    return known


def _tags(tags: pb.CustomerTags, path: str, violations: list[Violation]) -> frozenset[str]:
    path = f"{path}.tags.tag_ids"
    if len(tags.tag_ids) > limits.MOST_TAGS:
        violations.append(Violation(path, f"at most {limits.MOST_TAGS} are allowed, not {len(tags.tag_ids)}"))
        return frozenset()
    for index, tag_id in enumerate(tags.tag_ids):
        if not is_plain_id(tag_id):
            violations.extend(id_violations(f"{path}[{index}]", tag_id))
    return frozenset(tags.tag_ids)
