"""Cases by number: rules, bindings, and what happens then, in words of which none hides in another.

A case has, on average of 20,000: 3.0 rules, 6.3 bindings of a rule to a group, 3.6 batches with 15.2 messages in all,
0.6 events of members, and between them 0.9 edits of a rule and 0.9 other changes (of bindings, exemptions, blacklists,
strikes). 1.9 of the messages repeat an earlier one.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from support.oracle.facts import MINUTE, EventFacts, Limit, MessageFacts, RuleFacts, SenderFacts, Who

PER_CORP = 50
"""Cases that share a corp: each has groups, people, rules and words of its own there, and none is touched by another's."""
_MARKS = (
    "甲乙丙丁戊庚辛壬癸子丑寅卯辰午未申酉戌亥乾地玄黄宇宙洪荒盈昃列张寒往秋收冬藏律吕调阳云腾致雨露霜金玉"
)
"""What the words of the cases of a corp differ by."""
_CHATS = {"wrA{}": "zhang{}", "wrB{}": "zhang{}", "wrC{}": "li{}"}
_STRANGE = "wrNobody"
"""A group that nobody registered."""
_PEOPLE = ("wm1{}", "wm2{}", "wm3{}")
_KEYWORDS = ("刷单{}", "代购{}", "兼职{}", "加群{}")
_PHRASES = ("找代购{}员", "刷单{}机")
_NICKNAMES = ("发票{}", "贷款{}")
_NAMES = ("", "小王", "小李", "办发票{}", "贷款{}的")
_FILLERS = ("今天好", "明天见", "请问", "谢谢您", "多少钱")
_HOSTS = ("ok.com", "evil.com", "shop.cn")
_IDENTITIES = ("WECHAT_CUSTOMER", "EXTERNAL_WECOM_MEMBER")
_TAGS = ("tagA", "tagB")
_MD5 = ("0123456789abcdef0123456789abcdef", "fedcba9876543210fedcba9876543210")


@dataclass(frozen=True)
class Batch:
    """Messages judged in one call, at one replica."""

    messages: tuple[MessageFacts, ...]
    replica: int
    single: bool
    """By CheckMessage each, and not in a batch."""


@dataclass(frozen=True)
class Event:
    """Somebody joins or renames."""

    event: EventFacts
    replica: int


@dataclass(frozen=True)
class Edit:
    """A rule changes."""

    place: int
    rule: RuleFacts


@dataclass(frozen=True)
class Bind:
    """A rule is bound to a group, or no longer."""

    place: int
    chat: str
    on: bool


@dataclass(frozen=True)
class Exempt:
    """Somebody is exempt from now on."""

    person: str


@dataclass(frozen=True)
class Blacklisted:
    """Somebody is put on a list, or taken off."""

    owner: str
    person: str
    on: bool


@dataclass(frozen=True)
class Cleared:
    """Somebody's strikes are cleared."""

    chat: str
    person: str


Step = Batch | Event | Edit | Bind | Exempt | Blacklisted | Cleared


@dataclass
class Case:
    """What is there, and what happens."""

    chats: dict[str, str]
    """Owners by group."""
    rules: list[RuleFacts]
    bindings: list[tuple[int, str]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)


def case(number: int, now: int, replicas: int) -> Case:
    """Makes a case; the same number makes the same."""
    return _Maker(random.Random(number), number % PER_CORP, now, replicas).case()


class _Maker:
    def __init__(self, dice: random.Random, place: int, now: int, replicas: int) -> None:
        self._dice = dice
        self._now = now
        self._replicas = replicas
        self._chats = {chat.format(place): owner.format(place) for chat, owner in _CHATS.items()}
        self._owners = sorted({"", *self._chats.values()})
        self._people = _marked(_PEOPLE, place)
        mark = _MARKS[place]
        self._keywords, self._phrases = _marked(_KEYWORDS, mark), _marked(_PHRASES, mark)
        self._nicknames, self._names = _marked(_NICKNAMES, mark), (None, *_marked(_NAMES, mark))
        self._sent: list[MessageFacts] = []
        self._events: list[EventFacts] = []
        self._count = 0

    def case(self) -> Case:
        dice = self._dice
        made = Case(self._chats, [self._rule() for _ in range(dice.randint(1, 5))])
        made.bindings = [
            (place, chat) for place in range(len(made.rules)) for chat in made.chats if dice.random() < 0.7
        ]
        made.steps = list(self._steps(made))
        return made

    def _steps(self, made: Case) -> Iterator[Step]:
        rules = list(made.rules)
        for _ in range(self._dice.randint(3, 9)):
            what = self._dice.random()
            if what < 0.6:
                yield self._batch()
            elif what < 0.7:
                yield Event(self._event(), self._replica())
            elif what < 0.85:
                place = self._dice.randrange(len(rules))
                rules[place] = self._edited(rules[place])
                yield Edit(place, rules[place])
            elif what < 0.92:
                yield Bind(self._dice.randrange(len(rules)), self._chat(), self._dice.random() < 0.5)
            elif what < 0.94:
                yield Exempt(self._dice.choice(self._people))
            elif what < 0.97:
                owner = self._dice.choice(self._owners)
                yield Blacklisted(owner, self._dice.choice(self._people), self._dice.random() < 0.6)
            else:
                yield Cleared(self._chat(), self._dice.choice(self._people))

    def _batch(self) -> Batch:
        count = self._dice.choice([1, 1, 2, 5, 12])
        return Batch(tuple(self._message() for _ in range(count)), self._replica(), self._dice.random() < 0.3)

    def _message(self) -> MessageFacts:
        dice = self._dice
        if self._sent and dice.random() < 0.15:
            return dice.choice(self._sent)
        self._count += 1
        kind = dice.choices(["text", "link", "image"], [7, 1, 2])[0]
        message = MessageFacts(
            f"m{self._count}" if dice.random() < 0.9 else "",
            self._chat() if dice.random() < 0.97 else _STRANGE,
            self._sender(),
            self._when(),
            kind,
            "" if kind == "image" else self._text(),
            dice.choice(_HOSTS) if kind == "link" else "",
            dice.choice((*_MD5, "")) if kind == "image" else "",
        )
        self._sent.append(message)
        return message

    def _event(self) -> EventFacts:
        dice = self._dice
        if self._events and dice.random() < 0.3:
            return dice.choice(self._events)
        self._count += 1
        event = EventFacts(
            f"e{self._count}" if dice.random() < 0.8 else "",
            self._chat(),
            self._sender(),
            self._when(),
            dice.random() < 0.5,
        )
        self._events.append(event)
        return event

    def _text(self) -> str:
        dice = self._dice
        words = dice.choices((*_FILLERS, *self._keywords, *self._phrases), k=dice.choice([1, 1, 2, 3, 9]))
        marks = dice.choices(["，", "！", "\n"], [4, 2, 1], k=len(words))
        return "".join(f"{word}{mark}" for word, mark in zip(words, marks, strict=True))[:-1]

    def _when(self) -> int:
        dice = self._dice
        if dice.random() < 0.03:
            return self._now - 60 * MINUTE
        return self._now - dice.randint(0, 40) * 1000

    def _sender(self) -> SenderFacts:
        dice = self._dice
        if dice.random() < 0.04:
            return SenderFacts("", dice.choice(["STAFF", "ROBOT"]))
        return SenderFacts(
            dice.choice(self._people),
            "CUSTOMER",
            dice.choice(self._names),
            dice.choice(self._names),
            dice.choice([None, *_IDENTITIES]),
            dice.choice([None, frozenset(), frozenset({"tagA"}), frozenset({"tagA", "tagC"})]),
        )

    def _rule(self) -> RuleFacts:
        dice = self._dice
        action = dice.choice(["WARN", "KICK", "WARN_AND_KICK", "KICK_AFTER_WARNINGS", "KICK_AFTER_WARNINGS"])
        rule = RuleFacts(
            dice.choices(["ENABLED", "SHADOW", "DISABLED"], [6, 3, 1])[0],
            action,
            warnings=dice.choice([1, 2, 3]) if action == "KICK_AFTER_WARNINGS" else 0,
            text="" if action == "KICK" else dice.choice(["请勿打扰。", "{nickname}，请注意！"]),
            blacklist=dice.choices(["", "PERSONAL", "ENTERPRISE"], [8, 1, 1])[0],
        )
        while _is_empty(rule):
            rule = replace(
                rule,
                keywords=self._some(self._keywords, 0.35),
                allowed=self._some(self._phrases, 0.5),
                nickname_keywords=self._some(self._nicknames, 0.2),
                types=self._some(("LINK", "IMAGE"), 0.15),
                max_characters=dice.choice([0, 0, 0, 10, 25]),
                max_lines=dice.choice([0, 0, 0, 2]),
                frequency=self._limit() if dice.random() < 0.4 else None,
                repeat=self._limit(corp_wide=dice.random() < 0.5) if dice.random() < 0.3 else None,
                muted=self._who() if dice.random() < 0.1 else None,
            )
        rule = replace(rule, hosts=self._some(_HOSTS, 0.5) if "LINK" in rule.types else ())
        return rule if rule.keywords else replace(rule, allowed=())

    def _edited(self, rule: RuleFacts) -> RuleFacts:
        """Changes a limit, a window, a state or the words, and never all at once."""
        dice = self._dice
        what = dice.random()
        if what < 0.3:
            return replace(rule, state=dice.choice(["ENABLED", "SHADOW", "DISABLED"]))
        if what < 0.6 and rule.frequency:
            return replace(rule, frequency=self._limit())
        if what < 0.75 and rule.repeat:
            return replace(rule, repeat=self._limit(corp_wide=dice.random() < 0.5))
        if rule.warnings and what < 0.9:
            return replace(rule, warnings=dice.choice([1, 2, 3]))
        return self._rule()

    def _limit(self, *, corp_wide: bool = False) -> Limit:
        dice = self._dice
        who = self._who() if dice.random() < 0.3 else Who()
        return Limit(dice.choice([1, 2, 3, 5]), dice.choice([1, 2, 5, 10, 30]) * 1000, who, corp_wide)

    def _who(self) -> Who:
        while True:
            who = Who(
                frozenset(self._some(_IDENTITIES, 0.3)),
                frozenset(self._some(_TAGS, 0.3)),
                frozenset(self._some(self._people, 0.3)),
            )
            if who != Who():
                return who

    def _some(self, of: tuple[str, ...], share: float) -> tuple[str, ...]:
        return tuple(it for it in of if self._dice.random() < share)

    def _chat(self) -> str:
        return self._dice.choice(list(self._chats))

    def _replica(self) -> int:
        return self._dice.randrange(self._replicas)


def _marked(words: tuple[str, ...], mark: object) -> tuple[str, ...]:
    return tuple(word.format(mark) for word in words)


def _is_empty(rule: RuleFacts) -> bool:
    return not (
        rule.keywords
        or rule.nickname_keywords
        or rule.types
        or rule.max_characters
        or rule.max_lines
        or rule.frequency
        or rule.repeat
        or rule.muted
    )
