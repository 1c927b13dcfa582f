"""What an announcement says of each sort of condition, merged over the rules that have it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from rule_service.domain.conditions import MessageType, MessageTypeCondition, RepeatScope
from rule_service.domain.rule import ActionKind, Blacklist, Rule

_TYPES = {
    MessageType.LINK: "网页链接",
    MessageType.MINI_PROGRAM: "小程序",
    MessageType.IMAGE: "图片",
    MessageType.VIDEO: "视频",
    MessageType.FILE: "文件",
    MessageType.CARD: "个人名片",
    MessageType.VOICE: "语音",
    MessageType.LOCATION: "位置",
    MessageType.EMOTION: "表情",
    MessageType.RED_PACKET: "红包",
    MessageType.CHAT_RECORD: "聊天记录",
    MessageType.CHANNELS_FEED: "视频号内容",
    MessageType.QR_CODE: "二维码",
}
_UNITS = ((3_600_000, "小时"), (60_000, "分钟"), (1_000, "秒"))
_MOST_BOUNDS = 3
"""Bounds of one sort to tell; nobody remembers more."""

Bound = tuple[int, int]
"""How often at most, within how many milliseconds."""


@dataclass(frozen=True, slots=True)
class Line:
    """What not to do, and what follows."""

    what: str
    instead: str
    """Says less than `what`, for where that may not be said."""
    follows: str

    @property
    def forms(self) -> list[str]:
        """What can be said, the best first."""
        return [f"{it}{end}" for it in (self.what, self.instead) for end in (f"，{self.follows}。", "。")]


def _keywords(rules: Sequence[Rule]) -> Iterator[Line]:
    if having := [rule for rule in rules if rule.conditions.keywords]:
        yield Line("请不要发送含有广告、辱骂等违规词语的消息", "请文明友善地交流", _follows(having))


def _nicknames(rules: Sequence[Rule]) -> Iterator[Line]:
    if having := [rule for rule in rules if rule.conditions.nickname_keywords]:
        yield Line("群昵称里请不要含有广告等违规词语", "请使用合适的群昵称", _follows(having))


def _message_types(rules: Sequence[Rule]) -> Iterator[Line]:
    having = [(rule, it) for rule in rules if (it := rule.conditions.message_types)]
    if having:
        conditions = [condition for _, condition in having]
        named = [
            f"{name}{_exception(kind, name, conditions)}"
            for kind, name in _TYPES.items()
            if any(kind in condition.types for condition in conditions)
        ]
        yield Line(
            f"请不要发送{'、'.join(named)}",
            "请不要发送与本群无关的内容",
            _follows(rule for rule, _ in having),
        )


def _exception(kind: MessageType, name: str, conditions: Iterable[MessageTypeCondition]) -> str:
    """Says that some are welcome; only if every rule lets some through, or else one of them would act."""
    lists = {MessageType.LINK: "web_whitelist", MessageType.MINI_PROGRAM: "mini_program_whitelist"}
    if kind in lists and all(getattr(it, lists[kind]) for it in conditions if kind in it.types):
        return f"（本群指定的{name}除外）"
    return ""


def _length(rules: Sequence[Rule]) -> Iterator[Line]:
    having = [(rule, it) for rule in rules if (it := rule.conditions.length)]
    characters = [it.max_characters for _, it in having if it.max_characters]
    lines = [it.max_lines for _, it in having if it.max_lines]
    bounds = [f"{min(characters)} 个字"] if characters else []
    bounds += [f"{min(lines)} 行"] if lines else []
    if bounds:
        yield Line(
            f"单条消息请不要超过 {'、'.join(bounds)}",
            "请不要发送过长的消息",
            _follows(it for it, _ in having),
        )


def _frequency(rules: Sequence[Rule]) -> Iterator[Line]:
    for everybody, who in ((True, "同一位成员"), (False, "部分成员")):
        having = [
            (rule, it)
            for rule in rules
            if (it := rule.conditions.frequency) and it.senders.is_everybody is everybody
        ]
        if having:
            told = [f"{_time(ms)}内发送消息请不要超过 {most} 条" for most, ms in _strictest(
                (it.max_messages, it.window_ms) for _, it in having
            )]  # fmt: skip
            yield Line(
                f"{who} {'，'.join(told)}", "请不要连续发送过多的消息", _follows(rule for rule, _ in having)
            )


def _repeats(rules: Sequence[Rule]) -> Iterator[Line]:
    for everybody, who in ((True, ""), (False, "部分成员")):
        for scope, where in ((RepeatScope.GROUP, "相同的内容"), (RepeatScope.CORP, "相同的内容在各个群里")):
            having = [
                (rule, it)
                for rule in rules
                if (it := rule.conditions.repeat)
                and it.scope is scope
                and it.senders.is_everybody is everybody
            ]
            if having:
                told = [f"{_time(ms)}内请不要发送超过 {most} 次" for most, ms in _strictest(
                    (it.max_times, it.window_ms) for _, it in having
                )]  # fmt: skip
                yield Line(
                    f"{who}{where} {'，'.join(told)}",
                    "请不要重复发送内容",
                    _follows(rule for rule, _ in having),
                )


def _muted(rules: Sequence[Rule]) -> Iterator[Line]:
    if having := [rule for rule in rules if rule.conditions.muted_senders]:
        yield Line("部分成员在本群暂时不能发言", "部分成员请保持安静", _follows(having))


LINES: Sequence[Callable[[Sequence[Rule]], Iterator[Line]]] = (
    _keywords,
    _nicknames,
    _message_types,
    _length,
    _frequency,
    _repeats,
    _muted,
)
"""Each says what the rules ask for in its matter, if they ask for anything."""


def _strictest(bounds: Iterable[Bound]) -> list[Bound]:
    """Returns the bounds that no other one implies, by time; of many those with the lowest rates."""
    kept: list[Bound] = []
    for most, window_ms in sorted(set(bounds), key=lambda bound: (-bound[1], bound[0])):
        if not kept or most < kept[-1][0]:  # who keeps to fewer within longer keeps to more within shorter
            kept.append((most, window_ms))
    lowest = sorted(kept, key=lambda bound: (bound[0] / bound[1], bound))[:_MOST_BOUNDS]
    return sorted(lowest, key=lambda bound: bound[1])


def _time(milliseconds: int) -> str:
    for size, name in _UNITS:
        if milliseconds % size == 0:
            return f"{milliseconds // size} {name}"
    return f"{milliseconds / 1_000} 秒"


def _follows(rules: Iterable[Rule]) -> str:
    actions = [rule.action for rule in rules]
    kinds = {action.kind for action in actions}
    ends = ["提醒"] if ActionKind.WARN in kinds else []
    ends += ["多次提醒后移出群聊"] if ActionKind.KICK_AFTER_WARNINGS in kinds else []
    if kinds & {ActionKind.KICK, ActionKind.WARN_AND_KICK}:
        warned = "提醒并" if kinds == {ActionKind.WARN_AND_KICK} else ""
        ends.append("直接移出群聊" if ends else f"{warned}移出群聊")
    listed = [action.add_to_blacklist is not Blacklist.NONE for action in actions]
    never = "，且不能再加入" if all(listed) else "，并可能不能再加入" if any(listed) else ""
    *others, last = ends
    graded = f"视情况被{'、'.join(others)}或" if others else "被"
    return f"违反者会{graded}{last}{never}"
