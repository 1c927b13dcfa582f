"""What came of many checks, by decision, rule and keyword."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesResponse
from groupguard.filter.v1.verdict_pb2 import Check, Decision, Hit, Reason

_SHOWN_ERRORS = 5
_SHOWN_KEYWORDS = 30
_IN_BATCH = re.compile(r"^messages\[\d+\]\.")
"""Where a message stood in its call, which says nothing to whoever wrote the file."""


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


def _key(hit: Hit) -> tuple[str, str]:
    return hit.rule_id, hit.keyword
