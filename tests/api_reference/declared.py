"""What protos declare, with the comments that stand before it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    ServiceDescriptorProto,
)

_Path = tuple[int, ...]
_MESSAGES, _ENUMS, _SERVICES = 4, 5, 6
"""Numbers of a file's parts, as descriptor.proto gives them; below are those of a message's, an enum's and a service's."""
_FIELDS, _INNER_MESSAGES, _INNER_ENUMS, _VALUES, _METHODS = 2, 3, 4, 2, 2
_BEHAVIOURS = {field_behavior_pb2.REQUIRED: "required", field_behavior_pb2.OUTPUT_ONLY: "set by the server"}


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a message, or a value of an enum, which has no type."""

    name: str
    type: str
    """As the proto writes it; the full name of a message or an enum."""
    label: str
    """`repeated`, `one of content`, `required`, …"""
    comment: str


@dataclass(frozen=True, slots=True)
class Declared:
    """A message or an enum."""

    name: str
    """With its package, less `groupguard.`."""
    comment: str
    fields: list[Field]
    is_enum: bool


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a service."""

    name: str
    request: str
    response: str
    comment: str


def short(name: str) -> str:
    """Returns a full name as the page shows it."""
    return name.removeprefix(".").removeprefix("groupguard.")


class Comments:
    """The comments of a file, by the path of what they belong to."""

    def __init__(self, file: FileDescriptorProto) -> None:
        self._by_path = {tuple(it.path): it.leading_comments for it in file.source_code_info.location}

    def of(self, path: _Path) -> str:
        """Returns a comment as written, without the blank after each `//`."""
        lines = self._by_path.get(path, "").strip("\n").split("\n")
        return "\n".join(line.removeprefix(" ") for line in lines)


def methods(file: FileDescriptorProto, service: ServiceDescriptorProto, place: int) -> Iterator[Method]:
    """Yields a service's methods."""
    comments = Comments(file)
    for index, method in enumerate(service.method):
        sides = (
            ("stream " if method.client_streaming else "") + short(method.input_type),
            ("stream " if method.server_streaming else "") + short(method.output_type),
        )
        yield Method(method.name, *sides, comments.of((_SERVICES, place, _METHODS, index)))


def declared(file: FileDescriptorProto) -> Iterator[Declared]:
    """Yields a file's messages, each followed by what is declared inside it, and then its enums."""
    comments = Comments(file)
    for index, message in enumerate(file.message_type):
        yield from _message(message, short(file.package), (_MESSAGES, index), comments)
    for index, enum in enumerate(file.enum_type):
        yield _enum(enum, short(file.package), (_ENUMS, index), comments)


def _message(message: DescriptorProto, outer: str, path: _Path, comments: Comments) -> Iterator[Declared]:
    name = f"{outer}.{message.name}"
    fields = [
        Field(field.name, _type(field), _label(message, field), comments.of((*path, _FIELDS, index)))
        for index, field in enumerate(message.field)
    ]
    yield Declared(name, comments.of(path), fields, is_enum=False)
    for index, inner in enumerate(message.nested_type):
        yield from _message(inner, name, (*path, _INNER_MESSAGES, index), comments)
    for index, enum in enumerate(message.enum_type):
        yield _enum(enum, name, (*path, _INNER_ENUMS, index), comments)


def _enum(enum: EnumDescriptorProto, outer: str, path: _Path, comments: Comments) -> Declared:
    values = [
        Field(value.name, str(value.number), "", comments.of((*path, _VALUES, index)))
        for index, value in enumerate(enum.value)
    ]
    return Declared(f"{outer}.{enum.name}", comments.of(path), values, is_enum=True)


def _type(field: FieldDescriptorProto) -> str:
    return short(field.type_name) or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()


def _label(message: DescriptorProto, field: FieldDescriptorProto) -> str:
    extension: Any = field_behavior_pb2.field_behavior
    behaviours: Any = field.options.Extensions[extension]
    said = [_BEHAVIOURS[it] for it in behaviours if it in _BEHAVIOURS]
    if field.label == FieldDescriptorProto.LABEL_REPEATED:
        said.append("repeated")
    if field.proto3_optional:
        said.append("may be unset")
    elif field.HasField("oneof_index"):
        said.append(f"one of `{message.oneof_decl[field.oneof_index].name}`")
    return ", ".join(said)
