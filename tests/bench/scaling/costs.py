"""What things cost, from the newest results of the bench."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Self

RESULTS = Path(__file__).parents[1] / "results"
COUNTED = 0.2
"""Share of messages that a frequency rule counts: that of the batches measured."""
_MIB = 2**20


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of processor time and bytes."""

    request: float
    """Of a FilterService, for each request however many messages it has."""
    message: float
    """Of a FilterService, for each message in it."""
    outgoing: float
    """Of each side of a call between services."""
    fetch_byte: float
    """Of a FilterService, for each byte of rules that it takes into memory."""
    script: float
    """Of the ephemeral store, for each script whatever it counts."""
    counted: float
    """Of the ephemeral store, for each message that a script counts."""
    asked: float
    """Share of messages for which the ephemeral store is asked: counted, or a rule was hit."""
    small_corp: float
    largest_corp: float
    """Bytes in a FilterService."""
    estimated: float
    """What a FilterService takes its rules to be, against what they are."""
    idle: float
    """Bytes of a FilterService without corps."""
    stored: float
    """Bytes in the durable store for each byte of rules in a FilterService."""
    entry: float
    """Bytes of a blacklist's entry in the durable store."""
    filter_entry: float
    """Bytes of it in the filter that a FilterService holds."""

    @classmethod
    def measured(cls) -> Self:
        """Reads them; a line through two sizes where a cost depends on the size of a batch."""
        counts = "counting"
        plain = _median("unary", "a) no counters", "processor time of the server") / 1e6
        counted = (
            _median("unary", "b) every message with a frequency rule", "processor time of the server") / 1e6
        )
        batched = _median("batch", "whole decisions", "processor time of the server") / 1e6
        request, message = through(1, plain + COUNTED * (counted - plain), 100, 100 * batched)
        script, in_script = through(
            1,
            _median("counters", counts, "one message: the store's time, a message") / 1e6,
            200,
            200 * _median("counters", counts, "a batch of 200: the store's time, a message") / 1e6,
        )
        hits = _median("batch", "whole decisions", "messages that hit a rule") / 100
        idle = _median("load", "first verdict", "FilterService's memory before")
        largest = _median("load", "first verdict", "FilterService's memory after") - idle
        stored = _median("load", "the whole load", "store after") - _median(
            "load", "the whole load", "store before"
        )
        listed = 2_000_000
        around = "a unary call, 32 in flight, processor time of both sides"
        corps = "10,000 corps with a rule of 10 keywords each"
        return cls(
            request,
            message,
            outgoing=_median("calls", around, "an empty handler, nothing around it") / 2e6,
            fetch_byte=_median("load", "first verdict", "time") / (largest * _MIB),
            script=script,
            counted=in_script,
            asked=1 - (1 - COUNTED) * (1 - hits),
            small_corp=_median("replicas", corps, "memory for each") * 1024,
            largest_corp=largest * _MIB,
            estimated=_median("replicas", corps, "estimated against measured"),
            idle=idle * _MIB,
            stored=stored / largest,
            entry=_median("blacklist", "the store", "memory at 2,000,000") * 1e6 / listed,
            filter_entry=_median("blacklist", "the filter", "memory in FilterService") * _MIB / listed,
        )


def through(few: int, cost_of_few: float, many: int, cost_of_many: float) -> tuple[float, float]:
    """Returns what a request and what a message costs if both sizes of batches cost what they do."""
    message = (cost_of_many - cost_of_few) / (many - few)
    return cost_of_few - few * message, message


def _median(row: str, part: str, name: str) -> float:
    figures = json.loads((RESULTS / f"{row}.json").read_text("utf-8"))["figures"]
    (found,) = [float(it["median"]) for it in figures if (it["part"], it["name"]) == (part, name)]
    return found
