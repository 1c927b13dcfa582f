"""Keeps the newest run of every row, and shows it: on the terminal, as JSON, in RESULTS.md."""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.machine import versions
from bench.row import Figure, Row

_INTRODUCTION = (
    "The newest run of each row; written by the run itself. [PROFILES.md](PROFILES.md) says where the time goes in rows that miss what "
    "must hold."
)
_FOLDER = Path(__file__).parent
_HEADINGS = ("figure", "median", "spread", "unit", "must", "met")


def summed_up(row: Row, repetitions: Sequence[Iterable[Figure]], ran_on: dict[str, str]) -> dict[str, Any]:
    """Returns what is kept of a row's run.

    Raises:
        ValueError: a repetition measured other things than the first.
    """
    figures = []
    for same in zip(*repetitions, strict=True):
        if len({(figure.part, figure.name) for figure in same}) > 1:
            raise ValueError(f"{row.name}: the repetitions measure different things: {same}")
        first, values = same[0], [figure.value for figure in same]
        figures.append(
            {
                "part": first.part,
                "name": first.name,
                "unit": first.unit,
                "median": statistics.median(values),
                "values": values,
                "must": str(first.must) if first.must else None,
                "met": first.must.met(values) if first.must else None,
            }
        )
    return {
        "row": row.name,
        "title": row.title,
        "about": row.about,
        "date": datetime.now(UTC).isoformat(timespec="minutes"),
        "machine": ran_on,
        "packages": versions(row.packages),
        "repetitions": len(repetitions),
        "figures": figures,
    }


def keep(result: dict[str, Any]) -> None:
    """Puts a row's result in the place of its last one."""
    text = json.dumps(result, ensure_ascii=False, indent=1) + "\n"
    path = _FOLDER / "results" / f"{result['row']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, "utf-8")


def show(results: Iterable[dict[str, Any]]) -> None:
    """Prints one table of all results."""
    table = Table(*_HEADINGS)
    for column in (1, 2):
        table.columns[column].justify = "right"
    for result in results:
        table.add_section()
        table.add_row(f"[bold]{result['row']}: {result['title']}[/bold]")
        for part, lines in _parts(result):
            table.add_row(f"[italic]{part}[/italic]")
            for line in lines:
                missed = line[-1] == "NO"
                table.add_row(f"  {line[0]}", *line[1:], style="red" if missed else None)
    Console(width=None if Console().is_terminal else 140).print(table)


def write_page() -> Path:
    """Writes RESULTS.md anew from what is kept, and returns where it is."""
    page = ["# Results of `make bench`", "", _INTRODUCTION]
    for path in sorted((_FOLDER / "results").glob("*.json")):
        page += ["", *_section(json.loads(path.read_text("utf-8")))]
    written = _FOLDER / "RESULTS.md"
    written.write_text("\n".join(page) + "\n", "utf-8")
    return written


def _section(result: dict[str, Any]) -> Iterator[str]:
    yield f"## {result['row']}: {result['title']}"
    yield ""
    yield result["about"]
    yield ""
    yield f"- {result['date']}, repetitions: {result['repetitions']}"
    for facts in (result["machine"], result["packages"]):
        yield "- " + "; ".join(f"{name} {value}" for name, value in facts.items())
    for part, lines in _parts(result):
        yield ""
        yield f"| {part} | " + " | ".join(_HEADINGS[1:]) + " |"
        yield "|---|--:|--:|---|---|---|"
        for line in lines:
            yield f"| {' | '.join(line)} |"


def _parts(result: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, ...]]]]:
    for part in dict.fromkeys(figure["part"] for figure in result["figures"]):
        yield part, [_line(figure) for figure in result["figures"] if figure["part"] == part]


def _line(figure: dict[str, Any]) -> tuple[str, ...]:
    least, most = min(figure["values"]), max(figure["values"])
    met = {True: "yes", False: "NO", None: ""}[figure["met"]]
    spread = f"{_number(least)}–{_number(most)}" if len(figure["values"]) > 1 else ""
    return (figure["name"], _number(figure["median"]), spread, figure["unit"], figure["must"] or "", met)


def _number(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
