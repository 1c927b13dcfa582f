"""What is asked and told about the group registry: protos to the domain and back."""

from collections.abc import Sequence

from groupguard.rule.v1 import group_registry_pb2 as pb
from rule_service.convert.values import timestamp
from rule_service.domain.registry_validation import activity_violations
from rule_service.store import ReleasedBindings
from service_kit.errors import InvalidFields, Violation


def read_activities(activities: Sequence[pb.GroupActivity], now: float) -> dict[str, int]:
    """Reads when groups were active, in milliseconds since 1970; none after `now`.

    Raises:
        InvalidFields: names every violation.
    """
    violations = list(activity_violations([it.chat_id for it in activities]))
    latest = int(now * 1000)
    active_ms: dict[str, int] = {}
    for index, activity in enumerate(activities):
        try:
            active_ms[activity.chat_id] = min(activity.active_time.ToMilliseconds(), latest)
        except ValueError as error:
            violations.append(Violation(f"activities[{index}].active_time", str(error)))
    if violations:
        raise InvalidFields(violations)
    return active_ms


def write_released(released: ReleasedBindings) -> pb.ReleasedBindings:
    """Writes what a write took from a rule."""
    return pb.ReleasedBindings(
        rule_id=released.rule_id,
        chat_ids=released.chat_ids,
        release_time=timestamp(released.at),
        actor=released.actor,
        revision=released.revision,
    )
