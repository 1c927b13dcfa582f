"""What the pages in docs/ say is so: their commands run, and print what is shown below them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from blacklist_service.domain.limits import WECOM_LIMITS
from filter_service.domain import message
from groupguard.blacklist.v1 import blacklist_service_pb2
from groupguard.filter.v1 import filter_service_pb2
from groupguard.rule.v1 import rule_service_pb2
from groupguard_client import Addresses
from rule_service.domain import limits
from support.pages import follow, steps
from support.services import ROOT

DOCS = ROOT / "docs"
SERVICES = [
    file.DESCRIPTOR.services_by_name[f"{name}Service"]
    for name, file in (
        ("Rule", rule_service_pb2),
        ("Filter", filter_service_pb2),
        ("Blacklist", blacklist_service_pb2),
    )
]
PAGES = sorted(page.name for page in DOCS.glob("*.md") if steps(page))


@pytest.mark.parametrize("page", PAGES)
def test_commands_of_the_page_do_what_it_shows(
    page: str, tmp_path: Path, environment: dict[str, str], addresses: Addresses
) -> None:
    """One after the other, in one shell, by the real programs against real services."""
    follow(DOCS / page, tmp_path, environment, addresses)


def test_the_cookbook_has_every_method() -> None:
    """Of all three services, called by its name."""
    cookbook = "".join(step.commands for step in steps(DOCS / "grpcurl.md"))
    for service in SERVICES:
        short = service.name.removesuffix("Service").lower()
        for method in service.methods:
            called = (
                rf"(?:^|[|(] ?|until ){short} {method.name} '|{re.escape(service.full_name)}/{method.name}\b"
            )
            assert re.search(called, cookbook, re.MULTILINE), f"no example of {service.name}.{method.name}"


def test_every_link_leads_to_a_file_and_a_heading() -> None:
    """From any page to any other."""
    for page in DOCS.glob("*.md"):
        for target in re.findall(r"\]\(([^)]+)\)", page.read_text("utf-8")):
            if target.startswith("https://"):
                continue
            name, _, anchor = target.partition("#")
            linked = (page.parent / name).resolve() if name else page
            assert linked.exists(), f"{page.name}: {target}"
            if anchor:
                headings = re.findall(r"^#+ (.+)$", linked.read_text("utf-8"), re.MULTILINE)
                known = {re.sub(r"[^\w\- ]", "", it.lower()).replace(" ", "-") for it in headings}
                assert anchor in known, f"{page.name}: {target}"


def test_every_page_is_in_the_list_of_pages() -> None:
    """Nobody finds one that is not."""
    listed = set(re.findall(r"\]\((\w+\.md)\)", (DOCS / "README.md").read_text("utf-8")))
    assert listed == {page.name for page in DOCS.glob("*.md")} - {"README.md"}


def test_the_limits_are_the_codes() -> None:
    """In the order of the table."""
    table = (DOCS / "concepts.md").read_text("utf-8").partition("## Limits")[2]
    told = [
        re.findall(r"[\d,]+", row) for row in re.findall(r"^\| .* \| ([\d,and ]+) \|$", table, re.MULTILINE)
    ]
    expected: list[list[int]] = [
        [limits.RULES_PER_OWNER],
        [limits.GROUPS_PER_RULE],
        [limits.GROUPS_PER_CALL, limits.RULES_PER_CALL],
        [limits.KEYWORDS_PER_RULE],
        [limits.KEYWORD_CHARACTERS],
        [limits.WEB_WHITELIST_PER_RULE, limits.MINI_PROGRAM_WHITELIST_PER_RULE],
        [limits.ACTIVE_GROUPS],
        [WECOM_LIMITS.enterprise, WECOM_LIMITS.personal],
        [limits.EXEMPT_CUSTOMERS_PER_OWNER],
        [message.MOST_MESSAGES],
        [message.MOST_TEXT],
        [message.MOST_ITEMS, message.MOST_LEVELS],
    ]
    assert [[int(number.replace(",", "")) for number in row] for row in told] == expected
