"""The checked-in character tables are exactly what their program and its pinned sources give."""

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CHECKED_IN = ROOT / "services" / "service_kit" / "matching" / "tables"
BY_HAND = {"emoticons.txt"}


def tables(folder: Path) -> dict[str, bytes]:
    """Maps the tables of a folder, by name, to their content."""
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix in {".tsv", ".txt"}}


def test_checked_in_tables_are_what_make_tables_writes(tmp_path: Path) -> None:
    """No table is stale, missing, edited by hand, or left over; only the emoticons are kept by hand."""
    # A make that runs inside another must not wait for the outer one's job slots.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    subprocess.run(["make", "tables", f"TABLES={tmp_path}"], cwd=ROOT, env=environment, check=True)

    fresh, checked_in = tables(tmp_path), tables(CHECKED_IN)

    assert fresh, "the generator wrote nothing"
    assert sorted(checked_in.keys() - BY_HAND) == sorted(fresh), "run make tables"
    assert [name for name in fresh if checked_in[name] != fresh[name]] == [], "run make tables"
