"""Simulates an installation by measured costs and prints its tables; with --page, puts them into a page."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from bench.scaling.plan import Plan
from bench.scaling.tables import page_with, tables


def main(arguments: list[str]) -> None:
    """Takes every number of the plan from the command line."""
    usual = Plan()
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    for name in ("corps", "messages", "active", "exponent", "pods", "entries", "seed"):
        value = getattr(usual, name)
        parser.add_argument(f"--{name}", type=type(value), default=value, help=f"instead of {value:,}")
    parser.add_argument(
        "--waits", type=float, nargs="+", default=usual.waits, help="seconds a batch waits to fill"
    )
    parser.add_argument("--batch", type=int, default=usual.batch, help="messages in a batch at most")
    parser.add_argument(
        "--shards", type=int, nargs="+", default=usual.shards, help="numbers of shards to compare"
    )
    parser.add_argument("--page", type=Path, help="whose tables are written anew")
    asked = vars(parser.parse_args(arguments))
    if asked["pods"] == 1 or asked["pods"] < 0:
        parser.error(f"--pods: 2 or more, since one is lost, or 0 for as many as are needed: {asked['pods']}")
    if asked["corps"] < 1 or not 0 < asked["active"] <= 1:
        parser.error("--corps: 1 or more; --active: above 0, up to 1")
    page = asked.pop("page")
    chosen: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value for name, value in asked.items()
    }
    shown = tables(Plan(**chosen))
    print("\n\n".join(shown))
    if page:
        page.write_text(page_with(page.read_text("utf-8"), shown), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
