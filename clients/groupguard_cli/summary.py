"""What came of many checks, by decision, rule and keyword."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from groupguard.common.v1.message_type_pb2 import MessageType
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesResponse
from groupguard.filter.v1.verdict_pb2 import (
    MESSAGE_PART_TEXT,
    MESSAGE_PART_UNSPECIFIED,
    Check,
    Decision,
    Hit,
    MessagePart,
    Reason,
)
from groupguard_cli.wording import place_words

_IN_BATCH = re.compile(r"^messages\[\d+\]\.")
"""Where a message stood in its call, which says nothing to whoever wrote the file."""


@dataclass(frozen=True, slots=True)
class Place:
    """A hit in something else than the plain text of a message."""

    message: str
    """Where its message came from."""
    hit: Hit

    def __str__(self) -> str:
        """The item, counted from 0 in each list, and its part: `item 2.0: title`; only the part if there is no item."""
        return place_words(self.hit.item_path, self.hit.part)

    def as_dict(self) -> dict[str, Any]:
        """Returns the place for programs."""
        return {
            "message": self.message,
            "rule_id": self.hit.rule_id,
            "keyword": self.hit.keyword,
            "message_type": _type(self.hit),
            "explanation": self.hit.explanation,
            "part": MessagePart.Name(self.hit.part).removeprefix("MESSAGE_PART_") if self.hit.part else "",
            "item_path": list(self.hit.item_path),
            "start": self.hit.span.start,
            "end": self.hit.span.end,
        }


@dataclass(slots=True)
class Summary:
    """Counts; a message that holds a keyword twice counts as one message and two hits."""

    messages: int = 0
    seconds: float = 0.0
    decisions: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    rules: Counter[str] = field(default_factory=Counter)
    """Messages by rule_id."""
    keywords: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages by rule_id and keyword."""
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Hits by rule_id and keyword."""
    types: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages by rule_id and sort of message."""
    spellings: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """Hits by rule_id, keyword and explanation, of keywords that are spelled otherwise."""
    places: list[Place] = field(default_factory=list)
    """Hits in titles, names, forwarded conversations and the like, as far as verdicts list them."""
    shadow_rules: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    """Display names by rule_id, as far as known."""

    def add(self, result: BatchCheckMessagesResponse.Result, place: str) -> None:
        """Counts one result; `place` tells where its message came from."""
        self.messages += 1
        if result.WhichOneof("result") == "error":
            self.errors.append(f"{place}: {_IN_BATCH.sub('', result.error.message)}")
            return
        verdict = result.verdict
        self.decisions[Decision.Name(verdict.decision).removeprefix("DECISION_")] += 1
        self.reasons[Reason.Name(verdict.reason).removeprefix("REASON_")] += 1
        self.rules.update({hit.rule_id for hit in verdict.hits})
        self.keywords.update({_key(hit) for hit in verdict.hits if hit.keyword})
        self.hits.update(_key(hit) for hit in verdict.hits if hit.keyword)
        self.types.update({(hit.rule_id, _type(hit)) for hit in verdict.hits if hit.message_type})
        self.spellings.update((*_key(hit), hit.explanation) for hit in verdict.hits if hit.explanation)
        self.places += [Place(place, hit) for hit in verdict.hits if not _is_plain(hit)]
        self.shadow_rules.update({hit.rule_id for hit in verdict.shadow_hits})
        self.skipped.update(Check.Name(it.check).removeprefix("CHECK_") for it in verdict.not_evaluated)

    def as_dict(self) -> dict[str, Any]:
        """Returns the summary for programs."""
        return {
            "messages": self.messages,
            "seconds": round(self.seconds, 3),
            "decisions": dict(self.decisions),
            "reasons": dict(self.reasons),
            "rules": [
                {"rule_id": rule_id, "display_name": self.names.get(rule_id, ""), "messages": count}
                for rule_id, count in self.rules.most_common()
            ],
            "keywords": [
                {"rule_id": key[0], "keyword": key[1], "messages": count, "hits": self.hits[key]}
                for key, count in self.keywords.most_common()
            ],
            "message_types": [
                {"rule_id": rule_id, "message_type": type_, "messages": count}
                for (rule_id, type_), count in self.types.most_common()
            ],
            "spellings": [
                {"rule_id": rule_id, "keyword": keyword, "explanation": explanation, "hits": count}
                for (rule_id, keyword, explanation), count in self.spellings.most_common()
            ],
            "places": [place.as_dict() for place in self.places],
            "shadow_rules": dict(self.shadow_rules),
            "not_evaluated": dict(self.skipped),
            "errors": self.errors,
        }


def _is_plain(hit: Hit) -> bool:
    """Tells whether a hit is in a message's own text, or the message as a whole."""
    return hit.part in (MESSAGE_PART_TEXT, MESSAGE_PART_UNSPECIFIED) and not hit.item_path


def _key(hit: Hit) -> tuple[str, str]:
    return hit.rule_id, hit.keyword


def _type(hit: Hit) -> str:
    """Returns the sort of message that was found; empty for a keyword."""
    return MessageType.Name(hit.message_type).removeprefix("MESSAGE_TYPE_") if hit.message_type else ""
