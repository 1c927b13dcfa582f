"""What docs/operations.md names is there: variables, events of the log, areas of keys."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "operations.md").read_text("utf-8")
SERVICES = {path: path.read_text("utf-8") for path in (ROOT / "services").rglob("*.py")}
CODE = "".join(SERVICES.values())


def section(heading: str) -> str:
    """What stands under a heading."""
    found = re.search(rf"^## {heading}$(.*?)(?=^## |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def test_variables_named_are_read() -> None:
    """By a service."""
    named = set(re.findall(r"`(GROUPGUARD_[A-Z_]+)", PAGE))
    assert "GROUPGUARD_DURABLE_REPLICAS" in named
    for variable in named:
        assert f'"{variable}"' in CODE, variable


def test_events_to_watch_for_are_logged() -> None:
    """In these words."""
    table = section("What to watch").partition("| `event` | means |")[2]
    cells = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    events = [event for cell in cells for event in re.findall(r"`([^`]+)`", cell)]
    assert len(events) > 10
    for event in [*events, "snapshot dropped"]:
        assert re.search(rf'log\(\)\.\w+\(\s*"{re.escape(event)}"', CODE), event


def test_keys_are_each_services() -> None:
    """All areas of keys, each by the service that makes them."""
    rows = dict(re.findall(r"^\| `gg:(\w+):\{corp\}:…` \| \w+ \| (\w+) \|", PAGE, re.MULTILINE))
    made = {area for text in SERVICES.values() for area in re.findall(r'corp_key\(\s*"(\w+)"', text)}
    assert set(rows) == made
    assert rows == {area: f"{area.title()}Service" for area in made}
