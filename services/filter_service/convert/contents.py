"""What messages hold, flattened into items, whatever its kind."""

import re
from typing import Any

from filter_service.convert.kinds import ARTICLE, KINDS, Kind
from filter_service.domain import message as domain
from groupguard.filter.v1 import message_pb2 as pb
from service_kit.errors import Violation
from service_kit.ids import id_violations

_MD5SUM = re.compile(rf"[0-9A-Fa-f]{{{domain.MD5_DIGITS}}}")
_Path = tuple[int, ...]


def read_contents(
    message: pb.Message | pb.Content, path: str, violations: list[Violation]
) -> tuple[domain.Item, ...]:
    """Reads a message's content and all it holds, depth first.

    Args:
        message: as it came.
        path: its place in the request, for errors.
        violations: what breaks its documented form is added here.
    """
    if message.WhichOneof("content") == "text":  # nearly all are: read as below, in less time
        return _read_text(message, path, violations)
    reader = _Reader(violations)
    reader.read_content(message, path, ())
    if reader.characters > domain.MOST_TEXT:
        violations.append(_too_much_text(message, path, reader.characters))
    return tuple(reader.items)


def _read_text(
    message: pb.Message | pb.Content, path: str, violations: list[Violation]
) -> tuple[domain.Item, ...]:
    text = message.text.content
    if len(text) > domain.MOST_TEXT:
        violations.append(_too_much_text(message, path, len(text)))
    parts = (domain.Part(domain.PartKind.TEXT, text),) if text else ()
    return (domain.Item(None, (), parts, message.has_qr_code),)


def _too_much_text(message: pb.Message | pb.Content, path: str, characters: int) -> Violation:
    name = message.WhichOneof("content") or "text"
    kind = KINDS[name]
    field = f"{path}.{name}"
    if len(kind.parts) == 1 and not kind.items:
        field += f".{kind.parts[0][0]}"
        return Violation(field, f"at most {domain.MOST_TEXT} characters are allowed, not {characters}")
    return Violation(
        field, f"at most {domain.MOST_TEXT} characters are allowed in all its texts, not {characters}"
    )


class _Reader:
    """Reads one message; never deeper than it may be nested, and never more items than it may have."""

    def __init__(self, violations: list[Violation]) -> None:
        self.items: list[domain.Item] = []
        self.characters = 0
        self._inner_items = 0
        self._violations = violations

    def read_content(self, content: pb.Message | pb.Content, place: str, path: _Path) -> None:
        name = content.WhichOneof("content")
        if name is None:
            self._violations.append(Violation(f"{place}.text", "a content is needed; none is set"))
            return
        kind, place = KINDS[name], f"{place}.{name}"
        filled = getattr(content, name)
        self._read_item(kind, filled, place, path, content.has_qr_code)
        if kind.items:
            self._read_inner(kind, filled, f"{place}.{kind.items}", path)

    def _read_inner(self, kind: Kind, filled: Any, place: str, path: _Path) -> None:
        inner = getattr(filled, kind.items)
        level, total = len(path) + 1, self._inner_items + len(inner)
        articles = kind.items == "articles"
        if inner and level > domain.MOST_LEVELS and not articles:
            self._violate(place, f"at most {domain.MOST_LEVELS} levels are allowed; this is level {level}")
        elif total > domain.MOST_ITEMS:
            self._violate(
                place,
                f"at most {domain.MOST_ITEMS} items are allowed in a message with all that is nested; "
                f"with these it has {total}",
            )
        else:
            self._inner_items = total
            for index, item in enumerate(inner):
                if articles:
                    self._read_item(ARTICLE, item, f"{place}[{index}]", (*path, index), False)
                else:
                    self.read_content(item, f"{place}[{index}]", (*path, index))

    def _read_item(self, kind: Kind, filled: Any, place: str, path: _Path, has_qr_code: bool) -> None:
        is_empty = kind.empty_type is not None and not getattr(filled, kind.items)
        self.items.append(
            domain.Item(
                kind.empty_type if is_empty else kind.type,
                path,
                self._parts(kind, filled, place),
                has_qr_code,
                self._url(filled, place) if kind is ARTICLE else "",
                self._ids(kind, filled, place) if kind.ids else (),
                self._md5sum(filled, place) if kind.has_md5sum else "",
            )
        )

    def _parts(self, kind: Kind, filled: Any, place: str) -> tuple[domain.Part, ...]:
        parts = []
        for field, part in kind.parts:
            value = getattr(filled, field)
            for text in (value,) if isinstance(value, str) else self._texts(value, f"{place}.{field}"):
                if text:
                    parts.append(domain.Part(part, text))
                    if part is not domain.PartKind.URL:
                        self.characters += len(text)
        return tuple(parts)

    def _texts(self, texts: Any, place: str) -> Any:
        if len(texts) <= domain.MOST_OTHER_TEXTS:
            return texts
        self._violate(place, f"at most {domain.MOST_OTHER_TEXTS} are allowed, not {len(texts)}")
        return ()

    def _url(self, filled: Any, place: str) -> str:
        url: str = filled.url
        if (size := len(url.encode())) > domain.MOST_URL_BYTES:
            self._violate(f"{place}.url", f"at most {domain.MOST_URL_BYTES} bytes are allowed, not {size}")
        return url

    def _ids(self, kind: Kind, filled: Any, place: str) -> tuple[str, ...]:
        known = [(field, id) for field in kind.ids if (id := getattr(filled, field))]
        for field, id in known:
            self._violations.extend(id_violations(f"{place}.{field}", id))
        return tuple(id for _, id in known)

    def _md5sum(self, filled: Any, place: str) -> str:
        md5sum: str = filled.md5sum
        if md5sum and not _MD5SUM.fullmatch(md5sum):
            self._violate(
                f"{place}.md5sum",
                f"{domain.MD5_DIGITS} hexadecimal digits are needed, not {md5sum[: domain.MD5_DIGITS + 1]!r}",
            )
        return md5sum.lower()

    def _violate(self, place: str, description: str) -> None:
        self._violations.append(Violation(place, description))
