"""The metrics of FilterService's own."""

from filter_service.blacklists import Copies, FilteredBlacklists, GrpcBlacklists
from filter_service.corps import Corps
from filter_service.domain.verdict import Check
from filter_service.judge import Judge
from filter_service.records.recorder import Recorder
from service_kit.telemetry import Figure, counter, gauge


def judging_figures(judge: Judge) -> list[Figure]:
    """Returns what came of messages and events."""

    def verdicts() -> dict[tuple[str, ...], float]:
        return {(it.value, why.value): count for (it, why), count in judge.verdicts.items()}

    return [
        counter("groupguard_verdicts_total", "Verdicts", verdicts, "decision", "reason"),
        counter(
            "groupguard_unchecked_total",
            "Checks that could not be made because something did not answer",
            lambda: {check.value: judge.unchecked[check.name] for check in Check},
            "check",
        ),
    ]


def snapshot_figures(corps: Corps) -> list[Figure]:
    """Returns what the rules in memory tell."""
    work = corps.work
    return [
        gauge("groupguard_snapshot_corps", "Corps whose rules are in memory", lambda: corps.count),
        gauge("groupguard_snapshot_bytes", "Bytes that they take, estimated", lambda: corps.memory),
        gauge("groupguard_snapshot_most_bytes", "Bytes that they may take", lambda: corps.most_memory),
        gauge("groupguard_snapshot_patterns", "Patterns in their indexes", lambda: corps.patterns),
        gauge(
            "groupguard_snapshot_oldest_confirmed_seconds",
            "Seconds since RuleService last confirmed the corp that waits for it longest, of those in use",
            corps.oldest_confirmed,
        ),
        gauge(
            "groupguard_snapshot_revisions_behind",
            "Writes that RuleService told of and the rules in memory lack, of the corp that lacks most",
            corps.most_behind,
        ),
        counter(
            "groupguard_snapshot_fetches_total", "Questions to RuleService", lambda: work.fetches, "outcome"
        ),
        counter("groupguard_snapshot_dropped_total", "Corps that made room for others", lambda: work.dropped),
        counter("groupguard_index_rebuilds_total", "Indexes that were built anew", lambda: work.rebuilds),
        counter(
            "groupguard_index_rebuild_seconds_total",
            "Seconds that building them took",
            lambda: work.rebuild_seconds,
        ),
    ]


def blacklist_figures(exact: GrpcBlacklists) -> list[Figure]:
    """Returns what rules that blacklist tell."""
    return [
        counter(
            "groupguard_blacklist_full_total",
            "Customers whom a rule wanted on a list that was full",
            lambda: exact.refused,
        )
    ]


def filter_figures(lists: FilteredBlacklists, copies: Copies) -> list[Figure]:
    """Returns what the blacklists' filters tell."""
    return [
        counter(
            "groupguard_blacklist_lookups_total", "Look-ups by what answered", lambda: lists.lookups, "answer"
        ),
        counter(
            "groupguard_blacklist_mistaken_total",
            "Customers whom a filter took to be listed, and BlacklistService did not",
            lambda: lists.mistaken,
        ),
        gauge("groupguard_filter_copies", "Corps whose filter is in memory", lambda: copies.count),
        gauge("groupguard_filter_bytes", "Bytes that the filters take", lambda: copies.size),
        gauge("groupguard_filter_most_bytes", "Bytes that they may take", lambda: copies.budget),
        gauge(
            "groupguard_filter_longest_tail",
            "Writes that the filter which is furthest behind its own publication has taken over since",
            lambda: copies.longest_tail,
        ),
        counter("groupguard_filter_loads_total", "Filters that were read", lambda: copies.loads, "outcome"),
    ]


def recorder_figures(recorder: Recorder) -> list[Figure]:
    """Returns what recording decisions tells."""
    return [
        gauge("groupguard_records_waiting", "Records that wait for the store", lambda: recorder.waiting),
        gauge("groupguard_records_most_waiting", "Records that may wait", lambda: recorder.most_waiting),
        counter("groupguard_records_written_total", "Records that were written", lambda: recorder.written),
        counter("groupguard_records_dropped_total", "Records that got lost", recorder.dropped.total),
    ]
