"""Requests of every sort, made from nothing but the messages' descriptors: valid, nearly valid, and garbage."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from google.protobuf import message_factory
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import strategies as st

from support.secured import HERE

DEEPEST = 6
"""Messages within messages: one more than a forwarded conversation may have."""

IDS = [HERE, "wrShop", "wrSchool", "zhangmin", "own", "wmCustomer", "wm/{}:*?", "群", "x" * 64]
"""Among them some that may be there."""
TEXTS = [
    "姐妹们加微信 fruit888",
    "https://ok.com@evil.com/%2e%2e/?u=https://ok.com",
    "访问evil.com吧",
    "ⓥⓧ ❤ 加❤微.信",
    "{nickname}",
    "\u200b\u202e\ufeff",
    "a",
]
ODD_TEXTS = [
    "",
    " ",
    "\x00",
    "\n" * 300,
    "x" * 65,
    "字" * 10_001,
    "😀" * 500,
    "\U0010ffff",
    "%s{0}${x}",
    "../../etc/passwd",
    "..." * 400,
    "http://[::1",
    "http://" + "a." * 300,
    "xn--" * 20,
]
INTEGERS = {
    FieldDescriptor.TYPE_INT32: (-(1 << 31), (1 << 31) - 1),
    FieldDescriptor.TYPE_INT64: (-(1 << 63), (1 << 63) - 1),
    FieldDescriptor.TYPE_UINT32: (0, (1 << 32) - 1),
    FieldDescriptor.TYPE_UINT64: (0, (1 << 64) - 1),
}


def requests(kind: Descriptor, *, nearly: bool, ids: Sequence[str]) -> st.SearchStrategy[Any]:
    """Messages of a kind: plausible ones, or with values that no field allows among them."""
    return _Maker(tuple(ids), nearly).message(kind, 0)


def garbage(kind: Descriptor, ids: Sequence[str]) -> st.SearchStrategy[bytes]:
    """Bytes: any, or those of a message with some changed, cut off, repeated."""
    real = requests(kind, nearly=True, ids=ids).map(lambda it: it.SerializeToString())

    def damaged(parts: tuple[bytes, int, bytes, int]) -> bytes:
        data, at, other, keep = parts
        at, keep = at % (len(data) + 1), keep % (len(data) + 1)
        return data[:at] + other + data[keep:]

    anywhere = st.integers(0, 1 << 16)
    return st.one_of(
        st.binary(max_size=200),
        st.tuples(real, anywhere, st.binary(max_size=8), anywhere).map(damaged),
        st.integers(1, 3000).map(_nested),
    )


def _nested(depth: int) -> bytes:
    """Field 1 within field 1, so often."""
    data = b""
    for _ in range(depth):
        data = b"\x0a" + _varint(len(data)) + data
    return data


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


class _Maker:
    """Makes strategies for messages and their fields."""

    def __init__(self, ids: tuple[str, ...], nearly: bool) -> None:
        self._ids = ids
        self._nearly = nearly
        self.message: Callable[[Descriptor, int], st.SearchStrategy[Any]] = cache(self._message)

    def _message(self, kind: Descriptor, depth: int) -> st.SearchStrategy[Any]:
        make: Any = message_factory.GetMessageClass(kind)
        fields = {
            field.name: self._field(field, depth)
            for field in kind.fields
            if depth < DEEPEST or not field.message_type
        }
        likely = {name: it for name, it in fields.items() if name == "corp_id"}
        rest = {name: it for name, it in fields.items() if name not in likely}

        def build(values: dict[str, Any]) -> Any:
            message = make()
            for name, value in values.items():
                field = kind.fields_by_name[name]
                if field.is_repeated:
                    getattr(message, name).extend(value)
                elif field.message_type:
                    getattr(message, name).CopyFrom(value)
                else:
                    setattr(message, name, value)
            return message

        return st.fixed_dictionaries(likely, optional=rest).map(build)

    def _field(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        one = self._value(field, depth)
        return st.lists(one, max_size=3) if field.is_repeated else one

    def _value(self, field: FieldDescriptor, depth: int) -> st.SearchStrategy[Any]:
        if field.message_type:
            return self.message(field.message_type, depth + 1)
        if field.enum_type:
            known = st.sampled_from([value.number for value in field.enum_type.values])
            return known | st.integers(-5, 1 << 20) if self._nearly else known
        if field.type in INTEGERS:
            least, most = INTEGERS[field.type]
            small = st.integers(0, 12)
            return (
                small | st.integers(least, most) | st.sampled_from([least, most]) if self._nearly else small
            )
        match field.type:
            case FieldDescriptor.TYPE_STRING:
                return self._text(field.name)
            case FieldDescriptor.TYPE_BYTES:
                return st.binary(max_size=40)
            case FieldDescriptor.TYPE_BOOL:
                return st.booleans()
            case _:
                return st.floats(width=32) if self._nearly else st.floats(0, 1, width=32)

    def _text(self, name: str) -> st.SearchStrategy[str]:
        if name == "corp_id":
            return st.just(HERE) | self._odd() if self._nearly else st.just(HERE)
        if name == "request_id":
            fitting: st.SearchStrategy[str] = st.just("") | st.uuids().map(str)
        elif "id" in name:
            fitting = st.sampled_from([*IDS, *self._ids])
        elif name == "paths":
            fitting = st.sampled_from(
                ["display_name", "conditions", "conditions.keywords", "action", "state", "*"]
            )
        else:
            fitting = st.sampled_from(TEXTS) | st.text(max_size=12)
        return fitting | self._odd() if self._nearly else fitting

    def _odd(self) -> st.SearchStrategy[str]:
        return st.sampled_from(
            [*ODD_TEXTS, str(uuid.UUID(int=0)), "2-aaaa", "999999999999999999-f"]
        ) | st.text(max_size=70)
