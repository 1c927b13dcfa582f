"""Decisions as the log keeps them."""

from filter_service.convert.verdict import write_hits, write_verdict
from filter_service.domain.decision_log import Masking
from filter_service.domain.verdict import Hit
from filter_service.records.record import Record
from groupguard.filter.v1.hits_pb2 import LoggedDecision


def write_logged(record: Record) -> LoggedDecision:
    """Writes a decision for the log, with no more of the message's text than the corp wants kept."""
    masking = record.log.masking
    verdict = record.verdict._replace(
        hits=tuple(_masked(hit, masking) for hit in record.verdict.hits),
        shadow_hits=tuple(_masked(hit, masking) for hit in record.verdict.shadow_hits),
    )
    written = write_verdict(verdict._replace(hits=(), shadow_hits=()))
    logged = LoggedDecision(
        message_id=record.message.message_id,
        chat_id=record.message.chat_id,
        external_userid=record.message.sender.external_userid,
        decision=written.decision,
        reason=written.reason,
        add_to_blacklist=written.effects.add_to_blacklist,
        hits=write_hits(verdict.hits),
        hit_count=record.hit_count,
        shadow_hits=write_hits(verdict.shadow_hits),
        shadow_hit_count=record.shadow_hit_count,
        not_evaluated=written.not_evaluated,
        rules_revision=written.rules_revision,
        texts=record.texts,
    )
    logged.decide_time.FromMilliseconds(round(record.decided_at * 1000))
    logged.send_time.FromMilliseconds(round(record.message.sent_at * 1000))
    return logged


def _masked(hit: Hit, masking: Masking) -> Hit:
    match masking:
        case Masking.FULL_TEXT:
            return hit
        case Masking.KEYWORDS_ONLY:
            return hit._replace(written=hit.keyword.text if hit.keyword else "", page=None)
        case Masking.NO_TEXT:
            return hit._replace(keyword=None, written="", page=None)
