"""Which conditions are valid; every violation is named."""

import re
from collections.abc import Iterator

from rule_service.domain import limits
from rule_service.domain.conditions import (
    Conditions,
    FrequencyCondition,
    LengthCondition,
    MessageType,
    MessageTypeCondition,
    MutedSendersCondition,
    RepeatCondition,
    SenderSelector,
)
from rule_service.domain.keyword_validation import keyword_violations
from rule_service.domain.violations import (
    count_violations,
    ids_violations,
    repeat_violations,
)
from service_kit.errors import Violation
from service_kit.web import WebPage, parse_whitelist_entry

_MINI_PROGRAM = re.compile(r"wx[0-9a-f]{16}|gh_[0-9A-Za-z]{1,32}@app")
"""An appid or a username; WeCom documents both."""


def condition_violations(conditions: Conditions, path: str) -> Iterator[Violation]:
    """Yields everything that is wrong with a rule's conditions; `path` is their place in the request."""
    if conditions.is_empty:
        yield Violation(path, "at least one condition is needed; none is set")
    if conditions.keywords is not None:
        yield from keyword_violations(conditions.keywords, f"{path}.keywords")
    if conditions.nickname_keywords is not None:
        yield from keyword_violations(conditions.nickname_keywords, f"{path}.nickname_keywords")
    if conditions.message_types is not None:
        yield from _message_types(conditions.message_types, f"{path}.message_types")
    if conditions.length is not None:
        yield from _length(conditions.length, f"{path}.length")
    if conditions.frequency is not None:
        yield from _frequency(conditions.frequency, f"{path}.frequency")
    if conditions.repeat is not None:
        yield from _repeat(conditions.repeat, f"{path}.repeat")
    if conditions.muted_senders is not None:
        yield from _muted(conditions.muted_senders, f"{path}.muted_senders")


def _message_types(condition: MessageTypeCondition, path: str) -> Iterator[Violation]:
    yield from count_violations(f"{path}.types", len(condition.types), len(MessageType))
    yield from repeat_violations(f"{path}.types", condition.types)
    yield from _web_whitelist(condition, f"{path}.web_whitelist")
    yield from _mini_program_whitelist(condition, f"{path}.mini_program_whitelist")


def _web_whitelist(condition: MessageTypeCondition, field: str) -> Iterator[Violation]:
    entries = condition.web_whitelist
    if entries and MessageType.LINK not in condition.types:
        yield Violation(field, "only goes with the type LINK, which is not among the types")
    yield from count_violations(field, len(entries), limits.WEB_WHITELIST_PER_RULE, 0)
    pages: list[WebPage | None] = []
    for index, entry in enumerate(entries):
        try:
            pages.append(parse_whitelist_entry(entry))
        except ValueError as error:
            pages.append(None)
            yield Violation(f"{field}[{index}]", str(error))
    yield from repeat_violations(field, pages, note=" in another spelling")


def _mini_program_whitelist(condition: MessageTypeCondition, field: str) -> Iterator[Violation]:
    entries = condition.mini_program_whitelist
    if entries and MessageType.MINI_PROGRAM not in condition.types:
        yield Violation(field, "only goes with the type MINI_PROGRAM, which is not among the types")
    yield from count_violations(field, len(entries), limits.MINI_PROGRAM_WHITELIST_PER_RULE, 0)
    for index, entry in enumerate(entries):
        if not _MINI_PROGRAM.fullmatch(entry):
            yield Violation(
                f"{field}[{index}]",
                f"an appid (wx and 16 of 0-9a-f) or a username (gh_…@app) is needed, not {entry[:64]!r}",
            )
    yield from repeat_violations(field, entries)


def _length(condition: LengthCondition, path: str) -> Iterator[Violation]:
    if not condition.max_characters and not condition.max_lines:
        yield Violation(path, "max_characters or max_lines is needed; both are 0")
    for name, number, (least, most) in (
        ("max_characters", condition.max_characters, limits.MESSAGE_CHARACTERS),
        ("max_lines", condition.max_lines, limits.MESSAGE_LINES),
    ):
        if number:
            yield from count_violations(f"{path}.{name}", number, most, least)


def _frequency(condition: FrequencyCondition, path: str) -> Iterator[Violation]:
    least, most = limits.TIMES
    yield from count_violations(f"{path}.max_messages", condition.max_messages, most, least)
    yield from _window(condition.window_ms, f"{path}.window")
    yield from _senders(condition.senders, f"{path}.senders")


def _repeat(condition: RepeatCondition, path: str) -> Iterator[Violation]:
    least, most = limits.TIMES
    yield from count_violations(f"{path}.max_times", condition.max_times, most, least)
    yield from _window(condition.window_ms, f"{path}.window")
    yield from _senders(condition.senders, f"{path}.senders")


def _window(milliseconds: int, field: str) -> Iterator[Violation]:
    least, most = limits.WINDOW_MS
    if not least <= milliseconds <= most:
        yield Violation(
            field, f"{least / 1000:g} s to {most / 1000:g} s are allowed, not {milliseconds / 1000} s"
        )


def _muted(condition: MutedSendersCondition, path: str) -> Iterator[Violation]:
    if condition.senders.is_everybody:
        yield Violation(f"{path}.senders", "somebody must be selected: it would silence everybody")
    yield from _senders(condition.senders, f"{path}.senders")


def _senders(selector: SenderSelector, path: str) -> Iterator[Violation]:
    yield from repeat_violations(f"{path}.identities", selector.identities)
    yield from ids_violations(f"{path}.tag_ids", selector.tag_ids, limits.TAGS_PER_SELECTOR, 0)
    yield from ids_violations(
        f"{path}.external_userids", selector.external_userids, limits.CUSTOMERS_PER_SELECTOR, 0
    )
