"""What lists show of a logged decision."""

from groupguard.filter.v1.hits_pb2 import LoggedDecision
from groupguard.filter.v1.verdict_pb2 import Condition, Decision, Hit, Reason
from groupguard_cli.output import Columns
from groupguard_cli.trial.marking import printable
from groupguard_cli.wording import found_words, moment, word


def _rules(decision: LoggedDecision) -> str:
    enforced = dict.fromkeys(hit.rule_id for hit in decision.hits)
    shadow = dict.fromkeys(f"({hit.rule_id})" for hit in decision.shadow_hits)
    return " ".join([*enforced, *shadow])


def _found(decision: LoggedDecision) -> str:
    if not (decision.hits or decision.shadow_hits):
        return word(Reason, decision.reason, "REASON_").replace("_", " ")
    return printable(", ".join(dict.fromkeys(map(_words, (*decision.hits, *decision.shadow_hits)))))


def _words(hit: Hit) -> str:
    """Returns what was found, or the condition where the log holds no keyword."""
    if hit.keyword or hit.message_type:
        return found_words(hit)
    return word(Condition, hit.condition, "CONDITION_").replace("_", " ")


HITS: Columns = (
    ("time", lambda decision: moment(decision.decide_time)),
    ("decision", lambda decision: word(Decision, decision.decision, "DECISION_")),
    ("found", _found),
    ("rules", _rules),
    ("chat_id", lambda decision: decision.chat_id),
    ("sender", lambda decision: decision.external_userid),
    ("message_id", lambda decision: decision.message_id),
    ("text", lambda decision: printable(" | ".join(decision.texts))),
)
"""Rules in state SHADOW stand in brackets."""
