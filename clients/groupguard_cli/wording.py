"""Short words for what messages hold, for tables."""

from collections.abc import Iterable
from datetime import UTC
from typing import Any

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from groupguard.common.v1.blacklist_kind_pb2 import BlacklistKind
from groupguard.common.v1.message_type_pb2 import MessageType
from groupguard.filter.v1.verdict_pb2 import MESSAGE_PART_UNSPECIFIED, Condition, Hit, MessagePart, Unit
from groupguard.rule.v1.rule_pb2 import (
    ACTION_KIND_KICK_AFTER_WARNINGS,
    OWNER_KIND_MEMBER,
    OWNER_KIND_STRATEGY,
    Action,
    ActionKind,
    Conditions,
    Owner,
    RepeatCondition,
    RuleState,
)

_UNIT_SECONDS = (("d", 86_400), ("h", 3_600), ("m", 60))


def word(kind: Any, number: int, prefix: str) -> str:
    """Returns the name of an enum's value in small letters, without its prefix."""
    return str(kind.Name(number)).removeprefix(prefix).lower()


def state_word(state: int) -> str:
    """Returns `enabled`, `shadow` or `disabled`."""
    return word(RuleState, state, "RULE_STATE_")


def owner_words(owner: Owner) -> str:
    """Returns whose it is."""
    if owner.kind == OWNER_KIND_STRATEGY:
        return f"strategy {owner.strategy_id}"
    return f"member {owner.userid}" if owner.kind == OWNER_KIND_MEMBER else "super admins"


def moment(time: Timestamp) -> str:
    """Returns a time in this machine's time zone, to the second; nothing for a time that is not set."""
    if not (time.seconds or time.nanos):
        return ""
    return time.ToDatetime(UTC).astimezone().isoformat(" ", "seconds")


def duration_words(duration: Duration) -> str:
    """Returns a duration in its largest whole unit, as 7d, 12h, 30m, 10s or 0.5s."""
    seconds = duration.seconds + duration.nanos / 1e9
    for unit, size in _UNIT_SECONDS:
        if seconds and not seconds % size:
            return f"{seconds // size:.0f}{unit}"
    return f"{seconds:g}s"


def condition_words(conditions: Conditions) -> str:
    """Sums up what a rule looks for."""
    words = []
    if conditions.HasField("keywords"):
        words.append(counted(len(conditions.keywords.keywords), "keyword"))
    if conditions.HasField("nickname_keywords"):
        words.append(counted(len(conditions.nickname_keywords.keywords), "nickname keyword"))
    if conditions.HasField("message_types"):
        words += [word(MessageType, kind, "MESSAGE_TYPE_") for kind in conditions.message_types.types]
    if conditions.HasField("length"):
        length = conditions.length
        words += [f"over {length.max_characters} characters"] * bool(length.max_characters)
        words += [f"over {length.max_lines} lines"] * bool(length.max_lines)
    if conditions.HasField("frequency"):
        frequency = conditions.frequency
        words.append(f"over {frequency.max_messages} in {duration_words(frequency.window)}")
    if conditions.HasField("repeat"):
        repeat = conditions.repeat
        where = " in the corp" if repeat.scope == RepeatCondition.SCOPE_CORP else ""
        words.append(f"the same over {repeat.max_times} times in {duration_words(repeat.window)}{where}")
    if conditions.HasField("muted_senders"):
        words.append("muted senders")
    return ", ".join(words)


def action_words(action: Action) -> str:
    """Sums up what a rule does."""
    if action.kind == ACTION_KIND_KICK_AFTER_WARNINGS:
        words = f"kick after {counted(action.warnings_before_kick, 'warning')}"
    else:
        words = word(ActionKind, action.kind, "ACTION_KIND_").replace("_", " ")
    if action.add_to_blacklist:
        words += f", {word(BlacklistKind, action.add_to_blacklist, 'BLACKLIST_KIND_')} blacklist"
    return words


def found_words(hit: Hit) -> str:
    """Returns what of a rule was found: the keyword, the sort of message, or the condition and its figures."""
    if hit.keyword:
        return hit.keyword
    if hit.message_type:
        return word(MessageType, hit.message_type, "MESSAGE_TYPE_").replace("_", " ")
    condition = word(Condition, hit.condition, "CONDITION_").replace("_", " ")
    if not hit.HasField("figures"):
        return condition
    figures = hit.figures
    return f"{condition}: {counted(figures.observed, word(Unit, figures.unit, 'UNIT_')[:-1])}, {figures.limit} allowed"


def place_words(item_path: Iterable[int], part: int) -> str:
    """Returns the item, counted from 0 in each list, and its part: `item 2.0: title`; of the two what there is."""
    path = ".".join(map(str, item_path))
    said = [f"item {path}"] if path else []
    if part != MESSAGE_PART_UNSPECIFIED:
        said.append(word(MessagePart, part, "MESSAGE_PART_").replace("_", " "))
    return ": ".join(said)


def counted(number: int, thing: str) -> str:
    """Returns a number of things, as `1 hit` or `2 hits`."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
