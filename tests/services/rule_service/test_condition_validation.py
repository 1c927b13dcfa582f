"""Which conditions are valid: every limit at its value and one above."""

from __future__ import annotations

import pytest

from rule_service.domain.condition_validation import condition_violations
from rule_service.domain.conditions import (
    Conditions,
    FrequencyCondition,
    Keyword,
    KeywordCondition,
    LengthCondition,
    MessageType,
    MessageTypeCondition,
    MutedSendersCondition,
    RepeatCondition,
    SenderIdentity,
    SenderSelector,
)

WORD = (Keyword("代购"),)
LINK, MINI = MessageType.LINK, MessageType.MINI_PROGRAM
WECHAT = SenderIdentity.WECHAT_CUSTOMER
EVERYBODY = SenderSelector()
SOMEBODY = SenderSelector(identities=(WECHAT,))


def keywords(*phrases: str) -> Conditions:
    return Conditions(keywords=KeywordCondition(WORD, phrases))


def web(*entries: str) -> Conditions:
    return Conditions(message_types=MessageTypeCondition((LINK,), entries))


def mini(*entries: str) -> Conditions:
    return Conditions(message_types=MessageTypeCondition((MINI,), (), entries))


def often(most: int, window_ms: int = 10_000, senders: SenderSelector = EVERYBODY) -> Conditions:
    return Conditions(frequency=FrequencyCondition(most, window_ms, senders))


def again(most: int, window_ms: int = 10_000) -> Conditions:
    return Conditions(repeat=RepeatCondition(most, window_ms))


def muted(tag_ids: tuple[str, ...] = (), external_userids: tuple[str, ...] = ()) -> Conditions:
    return Conditions(muted_senders=MutedSendersCondition(SenderSelector((), tag_ids, external_userids)))


def numbered(prefix: str, count: int) -> tuple[str, ...]:
    return tuple(f"{prefix}{number}" for number in range(count))


VALID: dict[str, Conditions] = {
    "100 allow phrases": keywords(*numbered("路口", 100)),
    "allow phrase of 64": keywords("字" * 64),
    "nickname alone": Conditions(nickname_keywords=KeywordCondition(WORD)),
    "every type": Conditions(message_types=MessageTypeCondition(tuple(MessageType))),
    "1000 pages": web(*(f"shop{number}.example.com" for number in range(1000))),
    "page with path and port": web("https://shop.example.com:8443/spring/"),
    "1000 mini programs": mini(*(f"wx{number:016x}" for number in range(1000))),
    "mini program by username": mini("gh_0123456789ab@app"),
    "length bounds": Conditions(length=LengthCondition(10_000, 1_000)),
    "least length": Conditions(length=LengthCondition(1, 0)),
    "lines alone": Conditions(length=LengthCondition(0, 80)),
    "1 in 1 s": often(1, 1_000),
    "1000 in 1 h": often(1_000, 3_600_000),
    "1 repeat in 1 s": again(1, 1_000),
    "1000 repeats in 1 h": again(1_000, 3_600_000),
    "100 tags": muted(tag_ids=numbered("et", 100)),
    "1000 customers": muted(external_userids=numbered("wm", 1000)),
    "an identity": Conditions(muted_senders=MutedSendersCondition(SOMEBODY)),
    "all at once": Conditions(
        keywords=KeywordCondition(WORD),
        nickname_keywords=KeywordCondition(WORD),
        message_types=MessageTypeCondition((LINK, MINI), ("ok.example.com",), ("wx0123456789abcdef",)),
        length=LengthCondition(800, 80),
        frequency=FrequencyCondition(10, 10_000, SOMEBODY),
        repeat=RepeatCondition(2, 60_000),
        muted_senders=MutedSendersCondition(SOMEBODY),
    ),
}

INVALID: dict[str, tuple[Conditions, str, str]] = {
    "nothing": (Conditions(), "", "at least one condition is needed; none is set"),
    "101 allow phrases": (
        keywords(*numbered("路口", 101)),
        ".keywords.allow_phrases",
        "0 to 100 are allowed, not 101",
    ),
    "blank allow phrase": (
        keywords(" "),
        ".keywords.allow_phrases[0]",
        "1 to 64 characters are needed, not only what nobody sees",
    ),
    "allow phrase of 65": (
        keywords("字" * 65),
        ".keywords.allow_phrases[0]",
        "at most 64 characters are allowed, not 65",
    ),
    "allow phrase twice": (
        keywords("VX路", "x", "ｖｘ路"),
        ".keywords.allow_phrases[2]",
        "the same as allow_phrases[0] after folding",
    ),
    "nickname without keyword": (
        Conditions(nickname_keywords=KeywordCondition(())),
        ".nickname_keywords.keywords",
        "1 to 100 are allowed, not 0",
    ),
    "no type": (
        Conditions(message_types=MessageTypeCondition(())),
        ".message_types.types",
        "1 to 13 are allowed, not 0",
    ),
    "a type twice": (
        Conditions(message_types=MessageTypeCondition((LINK, LINK))),
        ".message_types.types[1]",
        "the same as types[0]",
    ),
    "1001 pages": (
        web(*(f"shop{number}.example.com" for number in range(1001))),
        ".message_types.web_whitelist",
        "0 to 1000 are allowed, not 1001",
    ),
    "no page": (
        web("ok.com", "nonsense"),
        ".message_types.web_whitelist[1]",
        "'nonsense' is no host, as ok.com is one",
    ),
    "a page in two spellings": (
        web("ok.com/a", "HTTPS://OK.com:443/b/../a/"),
        ".message_types.web_whitelist[1]",
        "the same as web_whitelist[0] in another spelling",
    ),
    "pages without links": (
        Conditions(message_types=MessageTypeCondition((MINI,), ("ok.com",))),
        ".message_types.web_whitelist",
        "only goes with the type LINK, which is not among the types",
    ),
    "1001 mini programs": (
        mini(*(f"wx{number:016x}" for number in range(1001))),
        ".message_types.mini_program_whitelist",
        "0 to 1000 are allowed, not 1001",
    ),
    "no mini program": (
        mini("wx0123456789ABCDEF"),
        ".message_types.mini_program_whitelist[0]",
        "an appid (wx and 16 of 0-9a-f) or a username (gh_…@app) is needed, not 'wx0123456789ABCDEF'",
    ),
    "a mini program twice": (
        mini("gh_a1@app", "gh_a1@app"),
        ".message_types.mini_program_whitelist[1]",
        "the same as mini_program_whitelist[0]",
    ),
    "mini programs without their type": (
        Conditions(message_types=MessageTypeCondition((LINK,), (), ("gh_a1@app",))),
        ".message_types.mini_program_whitelist",
        "only goes with the type MINI_PROGRAM, which is not among the types",
    ),
    "no length": (
        Conditions(length=LengthCondition()),
        ".length",
        "max_characters or max_lines is needed; both are 0",
    ),
    "too many characters": (
        Conditions(length=LengthCondition(10_001)),
        ".length.max_characters",
        "1 to 10000 are allowed, not 10001",
    ),
    "negative lines": (
        Conditions(length=LengthCondition(800, -1)),
        ".length.max_lines",
        "1 to 1000 are allowed, not -1",
    ),
    "never": (often(0), ".frequency.max_messages", "1 to 1000 are allowed, not 0"),
    "too often": (often(1_001), ".frequency.max_messages", "1 to 1000 are allowed, not 1001"),
    "too short": (often(1, 999), ".frequency.window", "1 s to 3600 s are allowed, not 0.999 s"),
    "too long": (often(1, 3_600_001), ".frequency.window", "1 s to 3600 s are allowed, not 3600.001 s"),
    "never again": (again(0), ".repeat.max_times", "1 to 1000 are allowed, not 0"),
    "again too long": (again(1, 3_600_001), ".repeat.window", "1 s to 3600 s are allowed, not 3600.001 s"),
    "everybody silenced": (
        muted(),
        ".muted_senders.senders",
        "somebody must be selected: it would silence everybody",
    ),
    "101 tags": (
        muted(tag_ids=numbered("et", 101)),
        ".muted_senders.senders.tag_ids",
        "0 to 100 are allowed, not 101",
    ),
    "1001 customers": (
        muted(external_userids=numbered("wm", 1001)),
        ".muted_senders.senders.external_userids",
        "0 to 1000 are allowed, not 1001",
    ),
    "a tag of 65 bytes": (
        muted(tag_ids=("t" * 65,)),
        ".muted_senders.senders.tag_ids[0]",
        "1 to 64 bytes are needed, not 65",
    ),
    "an identity twice": (
        often(1, senders=SenderSelector(identities=(WECHAT, WECHAT))),
        ".frequency.senders.identities[1]",
        "the same as identities[0]",
    ),
}


@pytest.mark.parametrize("conditions", VALID.values(), ids=VALID)
def test_conditions_within_their_limits_are_valid(conditions: Conditions) -> None:
    assert list(condition_violations(conditions, "it")) == []


@pytest.mark.parametrize(("conditions", "field", "description"), INVALID.values(), ids=INVALID)
def test_conditions_beyond_a_limit_are_refused_with_field_and_reason(
    conditions: Conditions, field: str, description: str
) -> None:
    found = [(it.field, it.description) for it in condition_violations(conditions, "it")]
    assert found == [(f"it{field}", description)]


def test_everything_that_is_wrong_is_named_at_once() -> None:
    """One answer for a form full of mistakes."""
    wrong = Conditions(
        keywords=KeywordCondition((Keyword(""),), ("",)),
        message_types=MessageTypeCondition((), ("com",), ("x",)),
        length=LengthCondition(),
        frequency=FrequencyCondition(0, 0),
    )
    fields = [it.field for it in condition_violations(wrong, "it")]
    assert fields == [
        "it.keywords.keywords[0].text",
        "it.keywords.allow_phrases[0]",
        "it.message_types.types",
        "it.message_types.web_whitelist",
        "it.message_types.web_whitelist[0]",
        "it.message_types.mini_program_whitelist",
        "it.message_types.mini_program_whitelist[0]",
        "it.length",
        "it.frequency.max_messages",
        "it.frequency.window",
    ]
