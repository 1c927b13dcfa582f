"""What a trial came to."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from groupguard.filter.v1.filter_service_pb2 import TestRuleResponse
from groupguard.rule.v1.rule_pb2 import Rule
from groupguard_cli.trial.marking import printable
from groupguard_cli.wording import counted, found_words


@dataclass(slots=True)
class Totals:
    """Counts over all messages; what is found is a keyword or a sort of message."""

    messages: int = 0
    hit: int = 0
    """Messages with a hit."""
    unlisted: int = 0
    """Hits that the server counted and did not list."""
    hits: Counter[str] = field(default_factory=Counter)
    messages_by: Counter[str] = field(default_factory=Counter)
    excused: Counter[str] = field(default_factory=Counter)

    def add(self, result: TestRuleResponse.Result) -> None:
        """Counts what was found in one message."""
        self.messages += 1
        self.hit += result.hit_count > 0
        self.unlisted += result.hit_count - len(result.hits)
        found = [found_words(hit) for hit in result.hits]
        self.hits.update(found)
        self.messages_by.update(set(found))
        self.excused.update(found_words(hit) for hit in result.excused)

    def lines(self, rule: Rule) -> Iterator[str]:
        """Sums up, the most frequent first; tells the rule's keywords that nothing was found of."""
        yield f"{counted(self.messages, 'message')}: {self.hit} hit, {self.messages - self.hit} spared"
        for name in dict.fromkeys((*(name for name, _ in self.hits.most_common()), *self.excused)):
            said = "no hit"
            if self.hits[name]:
                said = f"{counted(self.hits[name], 'hit')} in {counted(self.messages_by[name], 'message')}"
            if self.excused[name]:
                said += f", {self.excused[name]} excused"
            yield f"  {printable(name)}: {said}"
        if self.unlisted:
            yield f"  {counted(self.unlisted, 'more hit')}, of which the server does not tell the keywords"
        keywords = (keyword.text for keyword in rule.conditions.keywords.keywords)
        if never := [printable(text) for text in keywords if not (self.hits[text] or self.excused[text])]:
            found = "Not among the hits listed" if self.unlisted else "Never hit"
            yield f"{found}: {', '.join(never)}"
