"""Statistics as they go out."""

from collections.abc import Mapping

from filter_service.convert.verdict import write_condition
from filter_service.domain.verdict import Condition
from filter_service.records import tally
from filter_service.records.statistics import RuleNumbers
from filter_service.records.store import DayNumbers
from groupguard.filter.v1 import statistics_pb2 as pb


def write_day(day: DayNumbers) -> pb.GetStatisticsResponse.Day:
    """Writes what was decided on one day."""
    return pb.GetStatisticsResponse.Day(
        date=day.day,
        message_count=day.totals.get(tally.MESSAGES, 0),
        warned_count=day.totals.get(tally.WARNED, 0),
        kicked_count=day.totals.get(tally.KICKED, 0),
        blacklisted_count=day.totals.get(tally.BLACKLISTED, 0),
        dropped_count=day.totals.get(tally.DROPPED, 0),
    )


def write_group(chat_id: str, numbers: Mapping[str, int]) -> pb.GetStatisticsResponse.Group:
    """Writes what happened in one group."""
    return pb.GetStatisticsResponse.Group(
        chat_id=chat_id,
        warned_count=numbers.get(tally.WARNED, 0),
        kicked_count=numbers.get(tally.KICKED, 0),
    )


def write_rule_numbers(rule: RuleNumbers, last_hit: float | None) -> pb.RuleStatistics:
    """Writes what one rule did; `last_hit` in seconds since 1970, if known."""
    shadow, would_kick = rule.number(tally.SHADOW_HITS), rule.number(tally.WOULD_KICK)
    written = pb.RuleStatistics(
        rule_id=rule.rule_id,
        hit_count=rule.number(tally.HITS),
        kicked_count=rule.number(tally.RULE_KICKED),
        shadow_hit_count=shadow,
        would_warn_count=shadow - would_kick,
        would_kick_count=would_kick,
        overlap_count=rule.number(tally.OVERLAP),
        sender_count=rule.senders,
        group_count=rule.groups,
        conditions=[
            pb.RuleStatistics.ConditionCount(condition=write_condition(condition), message_count=number)
            for condition in Condition
            if (number := rule.met(condition))
        ],
        days=[
            pb.RuleStatistics.DayCount(date=day, hit_count=hits, shadow_hit_count=shadow_hits)
            for day, hits, shadow_hits in rule.by_day
        ],
    )
    if last_hit is not None:
        written.last_hit_time.FromMilliseconds(round(last_hit * 1000))
    return written
