"""The API reference is what the protos and their comments say today."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from google.protobuf.descriptor import Descriptor

from groupguard.blacklist.v1 import blacklist_service_pb2
from groupguard.filter.v1 import filter_service_pb2, message_pb2, verdict_pb2
from groupguard.rule.v1 import rule_pb2, rule_service_pb2

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "api.md"
MODULES = (rule_service_pb2, rule_pb2, filter_service_pb2, message_pb2, verdict_pb2, blacklist_service_pb2)


def test_the_page_is_what_make_docs_writes(tmp_path: Path) -> None:
    """Neither stale nor edited by hand."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    fresh = tmp_path / "api.md"
    subprocess.run(["make", "docs", f"API_PAGE={fresh}"], cwd=ROOT, env=environment, check=True)
    assert PAGE.read_text("utf-8") == fresh.read_text("utf-8"), "run make docs"


def section(text: str, heading: str) -> str:
    found = re.search(rf"^### {re.escape(heading)}$(.*?)(?=^##|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


def test_every_method_and_field_is_on_the_page_with_its_comment() -> None:
    """As the generated code knows them, which the page is not made from."""
    text = PAGE.read_text("utf-8")
    for module in MODULES:
        for service in module.DESCRIPTOR.services_by_name.values():
            methods = text.partition(f"\n## {service.name}\n")[2]  # services have methods of the same name
            for method in service.methods:
                told = section(methods, method.name)
                assert "Roles: " in told
                for name in (method.input_type.full_name, method.output_type.full_name):
                    assert f"`{name.removeprefix('groupguard.')}`" in told.replace("stream ", "")
        for message in module.DESCRIPTOR.message_types_by_name.values():
            _has_fields(text, message)


def _has_fields(text: str, message: Descriptor) -> None:
    told = section(text, message.full_name.removeprefix("groupguard."))
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.+) \|$", told, re.MULTILINE))
    assert list(rows) == [field.name for field in message.fields]
    assert all(comment.strip() for comment in rows.values())
    for inner in message.nested_types:
        _has_fields(text, inner)


def test_every_link_leads_somewhere() -> None:
    """To a heading of the page, as its reader makes anchors of them, or to a file."""
    text = PAGE.read_text("utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if target.startswith("#"):
            assert target[1:] in anchors, target
        else:
            assert (PAGE.parent / target).exists(), target
