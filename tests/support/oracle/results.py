"""What a long comparison came to, as a page."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

PAGE = Path(__file__).parents[2] / "oracle" / "RESULTS.md"
_ROWS = {
    "cases": "cases",
    "rules": "rules",
    "bindings": "bindings of a rule to a group",
    "edits": "changes between messages",
    "verdicts": "verdicts compared",
    "retries": "of them of repeated messages and events",
    "hits": "hits in them",
}


@dataclass
class Results:
    """What was played, by the number of replicas."""

    first: int
    """Number of the first case."""
    begun: datetime
    counts: dict[int, Counter[str]] = field(default_factory=dict)
    disagreements: list[str] = field(default_factory=list)

    def add(self, replicas: int, counts: Counter[str]) -> None:
        """Counts a corp in."""
        self.counts.setdefault(replicas, Counter()).update(counts)

    @property
    def all(self) -> Counter[str]:
        """What was played at any number of replicas."""
        return sum(self.counts.values(), Counter())

    def write(self, seconds: float, machine: Mapping[str, str]) -> Path:
        """Writes the page, and returns where it is."""
        PAGE.write_text("\n".join(self._lines(seconds, machine)) + "\n", "utf-8")
        return PAGE

    def _lines(self, seconds: float, machine: Mapping[str, str]) -> Iterator[str]:
        cases = self.all["cases"]
        yield "# Results of `make oracle`"
        yield ""
        yield "The newest run; written by the run itself. Each verdict of the services is compared with that of a naive reference."
        yield ""
        yield f"- {self.begun.isoformat(timespec='minutes')}, {seconds / 60:,.0f} minutes, {cases / seconds:.1f} cases/s"
        yield "- " + "; ".join(f"{name} {value}" for name, value in machine.items())
        yield f"- cases from number {self.first:,} on; corps played again because a check was left out: {self._again:,}"
        yield ""
        replicas = sorted(self.counts)
        yield (
            "| | "
            + " | ".join(f"{it} replicas" if it > 1 else "1 replica" for it in replicas)
            + " | all | a case |"
        )
        yield "|---|" + "--:|" * (len(replicas) + 2)
        for key, name in _ROWS.items():
            yield _row(
                name, [*(self.counts[it][key] for it in replicas), self.all[key]], self.all[key] / cases
            )
        yield ""
        yield (
            f"Disagreements: {len(self.disagreements)}. What became of earlier ones, [the test](test_against_reference.py) says, which "
            "plays their corps each time."
        )
        for text in self.disagreements:
            yield ""
            yield from (f"    {line}" for line in text.splitlines())

    @property
    def _again(self) -> int:
        return self.all["turns"] - self.all["corps"]


def _row(name: str, numbers: Sequence[int], each: float) -> str:
    return f"| {name} | " + " | ".join(f"{it:,}" for it in numbers) + f" | {each:.1f} |"
