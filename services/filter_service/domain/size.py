"""How large a snapshot is, and about how much memory it takes.

The weights are what CPython 3.11 to 3.13 take on 64 bits for the objects behind each thing, with their share of the
dictionaries that hold them; tests compare the sum with what a process really grows by.
"""

from dataclasses import dataclass

from filter_service.domain.plans import Chunks
from filter_service.domain.rule import Rule
from filter_service.domain.snapshot import Snapshot

_CORP = 5_000
"""A corp with nothing in it: its indexes, its place among all corps."""
_RULE = 580
_WORD = 250
"""A keyword or an allow phrase as its rule spells it."""
_PATTERN = 430
"""A pattern with its posting, and its place in an index."""
_CHARACTER = 25
"""Of a pattern, with its share of an automaton and of the filter of pairs."""
_TYPES = 700
"""A condition on sorts of message, without the entries of its whitelists."""
_GROUP = 230
_BOUND = 400
"""What a rule's bindings take besides their bits."""
_CHUNK = 90
_EXEMPT = 170


@dataclass(frozen=True, slots=True)
class Size:
    """How large a snapshot is."""

    rules: int = 0
    groups: int = 0
    patterns: int = 0
    memory: int = _CORP
    """Bytes, estimated."""


def size_of(snapshot: Snapshot) -> Size:
    """Measures a snapshot; it takes as long as it has patterns and bindings."""
    patterns = sum(index.size for index in (*snapshot.indexes.values(), *snapshot.nickname_indexes.values()))
    memory = (
        _CORP
        + sum(map(_of_rule, snapshot.rules.values()))
        + _GROUP * len(snapshot.groups)
        + sum(map(_of_bindings, snapshot.bindings.values()))
        + _EXEMPT * sum(map(len, snapshot.exemptions.lists.values()))
    )
    return Size(len(snapshot.rules), len(snapshot.groups), patterns, memory)


def _of_rule(rule: Rule) -> int:
    words = (rule.keywords, rule.allow_phrases, rule.nickname_keywords, rule.nickname_allow_phrases)
    memory = _RULE + _WORD * sum(map(len, words)) + 2 * len(rule.action.warning_text)
    for _, pattern, _ in (*rule.patterns, *rule.nickname_patterns):
        memory += _PATTERN + _CHARACTER * len(pattern)
    if (types := rule.message_types) is not None:
        memory += _TYPES + types.web_whitelist.size + types.mini_program_whitelist.size
    return memory


def _of_bindings(chunks: Chunks) -> int:
    return _BOUND + sum(_CHUNK + len(bits) for bits in chunks.values())
