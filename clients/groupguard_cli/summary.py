"""What came of many checks, by decision, rule and keyword."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesResponse
from groupguard.filter.v1.verdict_pb2 import MESSAGE_PART_TEXT, Check, Decision, Hit, MessagePart, Reason

_SHOWN_ERRORS = 5
_SHOWN_KEYWORDS = 30
_SHOWN_PLACES = 30
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
        part = MessagePart.Name(self.hit.part).removeprefix("MESSAGE_PART_").lower().replace("_", " ")
        path = ".".join(map(str, self.hit.item_path))
        return f"item {path}: {part}" if path else part

    def as_dict(self) -> dict[str, Any]:
        """Returns the place for programs."""
        return {
            "message": self.message,
            "rule_id": self.hit.rule_id,
            "keyword": self.hit.keyword,
            "part": MessagePart.Name(self.hit.part).removeprefix("MESSAGE_PART_"),
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
        self.keywords.update({_key(hit) for hit in verdict.hits})
        self.hits.update(_key(hit) for hit in verdict.hits)
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
            "places": [place.as_dict() for place in self.places],
            "shadow_rules": dict(self.shadow_rules),
            "not_evaluated": dict(self.skipped),
            "errors": self.errors,
        }

    def print(self, console: Console) -> None:
        """Prints the summary for people."""
        console.print(self._decisions())
        if self.rules:
            console.print(self._rules())
            console.print(self._keywords())
        if self.places:
            console.print(self._places())
        for check, count in self.skipped.items():
            console.print(f"[yellow]{check} could not be checked for {count} messages[/yellow]")
        for error in self.errors[:_SHOWN_ERRORS]:
            console.print(f"[red]not judged:[/red] {escape(error)}", highlight=False)
        if len(self.errors) > _SHOWN_ERRORS:
            console.print(f"[red]… and {len(self.errors) - _SHOWN_ERRORS} more[/red]")
        rate = self.messages / self.seconds if self.seconds else 0
        console.print(f"{self.messages} messages in {self.seconds:.2f} s, {rate:,.0f} a second")

    def _decisions(self) -> Table:
        table = Table(title="Verdicts", title_justify="left")
        table.add_column("decision")
        table.add_column("messages", justify="right")
        for decision, count in self.decisions.most_common():
            table.add_row(decision, str(count))
        return table

    def _rules(self) -> Table:
        table = Table(title="By rule", title_justify="left")
        table.add_column("rule")
        table.add_column("rule_id", no_wrap=True)
        table.add_column("messages", justify="right")
        for rule_id, count in self.rules.most_common():
            table.add_row(escape(self.names.get(rule_id, "")), rule_id, str(count))
        return table

    def _keywords(self) -> Table:
        table = Table(title="By keyword", title_justify="left")
        table.add_column("keyword")
        table.add_column("rule")
        table.add_column("messages", justify="right")
        table.add_column("hits", justify="right")
        for key, count in self.keywords.most_common(_SHOWN_KEYWORDS):
            name = escape(self.names.get(key[0], key[0]))
            table.add_row(escape(key[1]), name, str(count), str(self.hits[key]))
        if len(self.keywords) > _SHOWN_KEYWORDS:
            table.caption = f"{len(self.keywords) - _SHOWN_KEYWORDS} more; --json lists all"
        return table

    def _places(self) -> Table:
        table = Table(title="Not in plain texts", title_justify="left")
        for column in ("message", "where", "keyword", "rule"):
            table.add_column(column)
        for place in self.places[:_SHOWN_PLACES]:
            name = self.names.get(place.hit.rule_id, place.hit.rule_id)
            table.add_row(place.message, str(place), escape(place.hit.keyword), escape(name))
        if len(self.places) > _SHOWN_PLACES:
            table.caption = f"{len(self.places) - _SHOWN_PLACES} more; --json lists all"
        return table


def _is_plain(hit: Hit) -> bool:
    return hit.part == MESSAGE_PART_TEXT and not hit.item_path


def _key(hit: Hit) -> tuple[str, str]:
    return hit.rule_id, hit.keyword
