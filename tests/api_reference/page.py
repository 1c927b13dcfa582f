"""The reference as one page of Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterator

from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from api_reference.declared import Declared, declared, methods, short

_HEAD = """# API reference

Made from the [protos](../protos/groupguard) by `make docs`; their comments are the contract. Every method may fail with the reasons in
[troubleshooting](troubleshooting.md). Fields that are not marked may be left out.
"""
_PACKAGES = ("rule.v1", "filter.v1", "blacklist.v1", "common.v1")


def page(image: FileDescriptorSet) -> str:
    """Returns the page for what an image declares."""
    files = [file for file in image.file if file.package.startswith("groupguard.")]
    by_package = [
        (name, [file for file in files if short(file.package) == name])
        for name in sorted({short(file.package) for file in files}, key=_order)
    ]
    services = [line for _, some in by_package for file in some for line in _services(file)]
    types = [line for name, some in by_package for line in _types(name, some)]
    return "\n".join([_HEAD, *services, *types]).rstrip() + "\n"


def _order(package: str) -> tuple[int, str]:
    return (_PACKAGES.index(package) if package in _PACKAGES else len(_PACKAGES), package)


def _services(file: FileDescriptorProto) -> Iterator[str]:
    for place, service in enumerate(file.service):
        yield f"## {service.name}\n"
        yield f"`{file.package}.{service.name}`\n"
        for method in methods(file, service, place):
            text, _, roles = method.comment.partition("Roles: ")
            yield f"### {method.name}\n"
            yield f"{_linked(method.request)} → {_linked(method.response)}\n"
            yield _flowing(text) + "\n"
            yield f"Roles: {_flowing(roles)}\n"


def _types(package: str, files: list[FileDescriptorProto]) -> Iterator[str]:
    yield f"## Messages and enums of {package}\n"
    for file in files:
        for it in declared(file):
            yield from _table(it)


def _table(it: Declared) -> Iterator[str]:
    yield f"### {it.name}\n"
    yield _flowing(it.comment) + "\n"
    if not it.fields:
        return
    yield "| value | | what |\n|---|---|---|" if it.is_enum else "| field | type | what |\n|---|---|---|"
    for field in it.fields:
        kind = field.type if it.is_enum else _linked(field.type)
        label = f"*{field.label}*. " if field.label else ""
        yield f"| `{field.name}` | {kind} | {label}{_cell(field.comment)} |"
    yield ""


def _linked(type_name: str) -> str:
    """Returns a type, linked to its place on the page if that is there."""
    stream, _, name = type_name.rpartition(" ")
    shown = f"{stream} {name}".strip()
    if "." not in name or name.startswith("google."):
        return f"`{shown}`"
    return f"[`{shown}`](#{re.sub(r'[^a-z0-9_-]', '', name.lower())})"


def _flowing(comment: str) -> str:
    """Returns a comment's paragraphs, each on one line; indented lines, which are examples, as code."""
    paragraphs = []
    for paragraph in comment.strip().split("\n\n"):
        lines = paragraph.split("\n")
        if lines[0].startswith("    "):
            paragraphs.append("```json\n" + "\n".join(line.strip() for line in lines) + "\n```")
        else:
            paragraphs.append(" ".join(line.strip() for line in lines))
    return "\n\n".join(paragraphs)


def _cell(comment: str) -> str:
    """Returns a comment as a table's cell: one line, examples in it as code."""
    paragraphs = []
    for paragraph in comment.strip().split("\n\n"):
        text = " ".join(line.strip() for line in paragraph.split("\n"))
        paragraphs.append(f"`{text}`" if paragraph.startswith("    ") else text)
    return "<br>".join(paragraphs).replace("|", "\\|")
