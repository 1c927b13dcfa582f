"""What an author should know of a rule's keywords, on standard error."""

from collections.abc import Iterable

from groupguard.rule.v1.rule_pb2 import KeywordWarning
from groupguard_cli.failures import tell

_SAID = {
    KeywordWarning.KIND_INSIDE_WORDS: "{keyword} lies inside {words}; an allow phrase helps",
    KeywordWarning.KIND_LOOKS_LIKE_WORDS: "{keyword} also finds {words}, which it is once folded",
    KeywordWarning.KIND_SOUNDS_LIKE_WORDS: "{keyword} also finds {words}, which sounds the same",
}
_NEWER = "{keyword} also finds {words}"
"""Of a kind that only a newer server knows."""


def tell_warnings(warnings: Iterable[KeywordWarning]) -> None:
    """Prints warnings, one a line."""
    for warning in warnings:
        said = _SAID.get(warning.kind, _NEWER).format(keyword=warning.keyword, words="、".join(warning.words))
        tell(f"{warning.field}: {said}.")
