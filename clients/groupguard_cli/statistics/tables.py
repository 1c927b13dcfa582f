"""Columns of statistics."""

from groupguard_cli.output import Columns
from groupguard_cli.wording import moment

DAYS: Columns = (
    ("day", lambda day: day.date),
    ("messages", lambda day: str(day.message_count)),
    ("warned", lambda day: str(day.warned_count)),
    ("removed", lambda day: str(day.kicked_count)),
    ("by blacklist", lambda day: str(day.blacklisted_count)),
    ("not recorded", lambda day: str(day.dropped_count)),
)
GROUPS: Columns = (
    ("chat_id", lambda group: group.chat_id or "(others)"),
    ("warned", lambda group: str(group.warned_count)),
    ("removed", lambda group: str(group.kicked_count)),
)


def rule_columns(names: dict[str, str]) -> Columns:
    """Returns the columns of a table of rules, by whose ids there may be names."""
    return (
        ("rule_id", lambda rule: rule.rule_id),
        ("name", lambda rule: names.get(rule.rule_id, "")),
        ("hits", lambda rule: str(rule.hit_count)),
        ("removed", lambda rule: str(rule.kicked_count)),
        ("shadow hits", lambda rule: str(rule.shadow_hit_count)),
        ("would warn", lambda rule: str(rule.would_warn_count)),
        ("would remove", lambda rule: str(rule.would_kick_count)),
        ("hit by others too", lambda rule: str(rule.overlap_count)),
        ("senders", lambda rule: str(rule.sender_count)),
        ("groups", lambda rule: str(rule.group_count)),
        ("last hit", lambda rule: moment(rule.last_hit_time)),
    )


def silent_columns(names: dict[str, str]) -> Columns:
    """Returns the columns of a table of rules that were never hit."""
    return (
        ("never hit", lambda rule: rule.rule_id),
        ("name", lambda rule: names.get(rule.rule_id, "")),
        ("since", lambda rule: moment(rule.silent_since)),
    )
