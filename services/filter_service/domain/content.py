"""What makes two messages say the same."""

from hashlib import blake2b

from filter_service.domain.message import Item, MessageType, PartKind
from service_kit.matching import MatchMode, fold

_DIGEST_BYTES = 12
"""A sender repeats a few hundred messages within an hour: two of them collide once in 10^24 hours."""
_MEDIA = frozenset(
    {MessageType.IMAGE, MessageType.VIDEO, MessageType.VOICE, MessageType.EMOTION, MessageType.FILE}
)


def content_of(items: tuple[Item, ...]) -> str | None:
    """Returns the same for messages that say the same, in hexadecimal digits; None if it is not known.

    Texts are the same if they fold to the same, media if they have the same MD5. A medium of which the caller tells
    neither leaves it unknown, and so does a message in which there is nothing to compare.
    """
    told = [_identity(item) for item in items]
    if any(it is None for it in told) or not any(told):
        return None
    what = "\x1e".join(f"{item.type}\x1f{it}" for item, it in zip(items, told, strict=True))
    return blake2b(what.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()


def _identity(item: Item) -> str | None:
    if item.md5sum:
        return item.md5sum
    texts = [part.text if part.kind is PartKind.URL else _folded(part.text) for part in item.parts]
    said = "\x1f".join([*texts, item.url, *item.app_ids])
    has_anything = bool(item.parts or item.url or item.app_ids)
    return said if has_anything else None if item.type in _MEDIA else ""


def _folded(text: str) -> str:
    """Folds a text; one that is all signs, of which nothing would be left, only as to case and width."""
    return fold(text, MatchMode.FOLDED) or fold(text, MatchMode.EXACT)
