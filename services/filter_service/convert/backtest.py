"""Reports of backtests as they go out."""

from filter_service.backtest import Report, Sample
from filter_service.convert.verdict import write_condition, write_decision, write_hits, write_skipped
from filter_service.domain.verdict import Decision
from groupguard.filter.v1 import backtest_pb2 as pb


def write_report(report: Report) -> pb.BacktestResponse:
    """Writes what a rule would have done."""
    return pb.BacktestResponse(
        message_count=report.judged,
        own_count=report.own,
        allowed_count=report.decisions[Decision.ALLOW],
        warned_count=report.decisions[Decision.WARN],
        kicked_count=report.decisions[Decision.KICK],
        counts=[
            pb.BacktestResponse.Count(
                condition=write_condition(condition),
                keyword=keyword,
                message_count=count,
                hit_count=report.hits[condition, keyword],
            )
            for (condition, keyword), count in report.messages.most_common()
        ],
        sender_count=len(report.senders),
        group_count=len(report.groups),
        excused_count=report.excused,
        samples=map(_write_sample, report.samples),
        not_evaluated=map(write_skipped, report.skipped),
    )


def _write_sample(sample: Sample) -> pb.BacktestResponse.Sample:
    return pb.BacktestResponse.Sample(
        index=sample.index,
        chat_id=sample.message.chat_id,
        decision=write_decision(sample.decision),
        hits=write_hits(sample.hits),
        hit_count=len(sample.hits),
    )
