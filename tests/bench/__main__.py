"""Runs rows of the bench and reports them; with no name given, every row."""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys

from bench import report, rows
from bench.machine import machine
from bench.row import Row


def main(arguments: list[str]) -> None:
    """Runs what the command line asks for."""
    known = _rows()
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(known)}")
    parser.add_argument("--repetitions", type=int, help="instead of each row's own number")
    asked = parser.parse_args(arguments)
    if unknown := [name for name in asked.rows if name not in known]:
        parser.error(f"no such row: {', '.join(unknown)}; there are {', '.join(known)}")
    results = []
    for row in (known[name] for name in asked.rows or known):
        ran_on, measured = machine(), []
        count = asked.repetitions or row.repetitions
        for number in range(1, count + 1):
            print(f"{row.name}: repetition {number} of {count} ...", file=sys.stderr, flush=True)
            measured.append(list(row.measure()))
        results.append(report.summed_up(row, measured, ran_on))
        report.keep(results[-1])
    report.show(results)
    print(f"written: {report.write_page()}")


def _rows() -> dict[str, Row]:
    """Finds every row by the modules that there are, so that a new one needs no list."""
    names = sorted(found.name for found in pkgutil.iter_modules(rows.__path__, "bench.rows."))
    found: list[Row] = [importlib.import_module(name).ROW for name in names]
    return {row.name: row for row in found}


if __name__ == "__main__":
    main(sys.argv[1:])
