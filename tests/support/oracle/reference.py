"""The reference: everything is kept, everything is looked at, every time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from support.oracle.facts import (
    MINUTE,
    EventFacts,
    Expected,
    Hit,
    Limit,
    MessageFacts,
    RuleFacts,
    SenderFacts,
    Who,
)

_DAY = 24 * 60 * MINUTE
_KICKS = ("KICK", "WARN_AND_KICK")
_NICKNAME = "{nickname}"
_UNSAID = str.maketrans(dict.fromkeys("，！\n", ""))
"""Signs between words, by which texts that say the same may differ."""


@dataclass
class _Memory:
    outcome: Expected
    listing: tuple[str, str, str] | None
    """Which list to put whom on, and whose."""


class Reference:
    """One corp."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.rules: dict[str, RuleFacts] = {}
        self.bound: set[tuple[str, str]] = set()
        self.owners: dict[str, str] = {}
        self.exempt: set[str] = set()
        self.listed: set[tuple[str, str]] = set()
        """(owner or nobody, customer)."""
        self._sent: list[tuple[str, str, int]] = []
        self._said: list[tuple[str, str, Any, int]] = []
        self._said_in_corp: list[tuple[str, Any, int]] = []
        self._strikes: list[tuple[bool, str, str, str, int]] = []
        self._done: set[tuple[str, tuple[str, str, str]]] = set()
        self._memory: dict[tuple[str, str, str], _Memory] = {}

    def judge_batch(self, messages: list[MessageFacts]) -> list[Expected]:
        """Looks at the blacklists once, before any of the messages is judged, and puts people there afterwards."""
        listed = [self._list_of(message.chat, message.sender) for message in messages]
        outcomes = [self._judge(message, on) for message, on in zip(messages, listed, strict=True)]
        for message, (_, listing) in zip(messages, outcomes, strict=True):
            self._list(message.id, listing)
        return [outcome for outcome, _ in outcomes]

    def judge_event(self, event: EventFacts) -> Expected:
        outcome, listing = self._judge(event, self._list_of(event.chat, event.sender))
        self._list(event.id, listing)
        if event.joins and outcome.decision == "KICK":
            return replace(outcome, decision="REFUSE")
        return outcome

    def clear_strikes(self, chat: str, sender: str) -> int:
        gone = [it for it in self._strikes if it[2:4] == (chat, sender)]
        self._strikes = [it for it in self._strikes if it not in gone]
        return len(gone)

    def _list(self, id: str, listing: tuple[str, str, str] | None) -> None:
        """Puts somebody on a list; a repeated message does so once, whoever takes the customer off meanwhile."""
        if listing and (not id or (id, listing) not in self._done):
            self._done.add((id, listing))
            self.listed.add(listing[1:])

    def _list_of(self, chat: str, sender: SenderFacts) -> str:
        if ("", sender.id) in self.listed:
            return "ENTERPRISE"
        owner = self.owners.get(chat)
        return "PERSONAL" if owner and (owner, sender.id) in self.listed else ""

    def _judge(
        self, what: MessageFacts | EventFacts, listed: str
    ) -> tuple[Expected, tuple[str, str, str] | None]:
        sender = what.sender
        if sender.kind != "CUSTOMER":
            return Expected("ALLOW", sender.kind), None
        kind = "message" if isinstance(what, MessageFacts) else "event"
        key = (kind, sender.id, what.id)
        if listed:
            if what.id and key in self._memory:
                return self._recalled(key)
            self._forgive(what.chat, sender.id)
            outcome = Expected("KICK", f"{listed}_BLACKLIST", kick=True)
            return self._remember(what.id, key, outcome, None)
        if sender.id in self.exempt:
            return Expected("ALLOW", "EXEMPT"), None
        if what.chat not in self.owners:
            return Expected("ALLOW", "UNREGISTERED_GROUP"), None
        bound = {
            rule_id: rule
            for rule_id, rule in sorted(self.rules.items())
            if (rule_id, what.chat) in self.bound and rule.state != "DISABLED"
        }
        found = _Found(self.now, what, bound)
        if not found.hits and not found.frequency and not found.repeat:
            return Expected("ALLOW", "NO_HIT", skipped=frozenset(found.skipped)), None
        if what.id and key in self._memory:
            return self._recalled(key)
        return self._remember(what.id, key, *self._decide(what, bound, found))

    def _recalled(self, key: tuple[str, str, str]) -> tuple[Expected, tuple[str, str, str] | None]:
        known = self._memory[key]
        return replace(known.outcome, repeated=True, skipped=frozenset(), allowances=()), known.listing

    def _remember(
        self, id: str, key: tuple[str, str, str], outcome: Expected, listing: tuple[str, str, str] | None
    ) -> tuple[Expected, tuple[str, str, str] | None]:
        if id:
            outcome.remembered = True
            self._memory[key] = _Memory(outcome, listing)
        return outcome, listing

    def _decide(
        self, what: MessageFacts | EventFacts, bound: dict[str, RuleFacts], found: _Found
    ) -> tuple[Expected, tuple[str, str, str] | None]:
        chat, sender, ms = what.chat, what.sender, what.ms
        hits = set(found.hits)
        allowances = []
        for condition, rules in (("FREQUENCY", found.frequency), ("REPEAT", found.repeat)):
            if condition == "FREQUENCY" and rules:
                self._sent.append((chat, sender.id, ms))
            if condition == "REPEAT" and any(not limit.corp_wide for limit in rules.values()):
                self._said.append((chat, sender.id, found.content, ms))
            if condition == "REPEAT" and any(limit.corp_wide for limit in rules.values()):
                self._said_in_corp.append((sender.id, found.content, ms))
            for rule_id, limit in rules.items():
                times = self._times(condition, limit, chat, sender.id, found.content)
                count = sum(1 for at in times if ms - limit.window < at <= ms)
                if count > limit.most:
                    hits.add((rule_id, condition, (count, limit.most)))
                if bound[rule_id].state == "ENABLED":
                    allowances.append((max(0, limit.most - count), rule_id, condition))
        strikes = {}
        for rule_id in sorted({rule_id for rule_id, _, _ in hits}):
            if bound[rule_id].action == "KICK_AFTER_WARNINGS":
                strikes[rule_id] = self._strike(bound[rule_id], rule_id, what)
        out = {rule_id for rule_id, count in strikes.items() if count > bound[rule_id].warnings}
        enforced = {
            it[0]: bound[it[0]]
            for it in sorted(hits, key=lambda it: it[0])
            if bound[it[0]].state == "ENABLED"
        }
        kicking = {id for id, rule in enforced.items() if rule.action in _KICKS or id in out}
        if kicking:
            self._forgive(chat, sender.id)
        skipped = set(found.skipped)
        if not what.id and (found.frequency or found.repeat or strikes):
            skipped.add(("RETRY", "FACT_ABSENT", ()))
        listing = self._listing(chat, sender.id, enforced, out)
        outcome = Expected(
            "KICK" if kicking else "WARN" if enforced else "ALLOW",
            "RULE_HIT" if enforced else "NO_HIT",
            bool(kicking),
            self._warning(sender, enforced, kicking),
            listing[0] if listing else "",
            frozenset(it for it in hits if it[0] in enforced),
            frozenset(it for it in hits if it[0] not in enforced),
            frozenset(skipped),
            tuple((id, condition, left) for left, id, condition in sorted(allowances)),
            strikes,
        )
        return outcome, listing

    def _times(self, condition: str, limit: Limit, chat: str, sender: str, content: Any) -> list[int]:
        if condition == "FREQUENCY":
            return [at for where, who, at in self._sent if (where, who) == (chat, sender)]
        if limit.corp_wide:
            return [at for who, what, at in self._said_in_corp if (who, what) == (sender, content)]
        return [at for where, who, what, at in self._said if (where, who, what) == (chat, sender, content)]

    def _strike(self, rule: RuleFacts, rule_id: str, what: MessageFacts | EventFacts) -> int:
        shadow = rule.state == "SHADOW"
        mine = (shadow, rule_id, what.chat, what.sender.id)
        self._strikes.append((*mine, what.ms))
        count = sum(1 for it in self._strikes if it[:4] == mine and what.ms - _DAY < it[4] <= what.ms)
        if count > rule.warnings or not shadow:
            gone = (True, *mine[1:])
            self._strikes = [it for it in self._strikes if it[:4] != gone]
        return count

    def _forgive(self, chat: str, sender: str) -> None:
        self._strikes = [it for it in self._strikes if it[2:4] != (chat, sender)]

    def _listing(
        self, chat: str, sender: str, enforced: dict[str, RuleFacts], out: set[str]
    ) -> tuple[str, str, str] | None:
        asked = {
            rule.blacklist
            for rule_id, rule in enforced.items()
            if rule.action != "KICK_AFTER_WARNINGS" or rule_id in out
        }
        if "ENTERPRISE" in asked:
            return "ENTERPRISE", "", sender
        return ("PERSONAL", self.owners[chat], sender) if "PERSONAL" in asked else None

    def _warning(
        self, sender: SenderFacts, enforced: dict[str, RuleFacts], kicking: set[str]
    ) -> tuple[str, str]:
        best, strongest = ("", ""), 0
        for rule_id, rule in enforced.items():
            strength = 3 if rule.action == "WARN_AND_KICK" else 2 if rule_id in kicking else 1
            if rule.text and strength > strongest:
                best, strongest = (self._rendered(rule.text, sender), rule_id), strength
        return best

    def _rendered(self, text: str, sender: SenderFacts) -> str:
        name = sender.nickname or sender.name or ""
        shown = text.replace(_NICKNAME, name)
        alive = [rule for rule in self.rules.values() if rule.state != "DISABLED"]
        bad = any(word in shown for rule in alive for word in rule.keywords) or any(
            word in name for rule in alive for word in rule.nickname_keywords
        )
        return text.replace(_NICKNAME, "该成员") if bad or not name else shown


class _Found:
    """What the bound rules find in a message, or against whoever joins."""

    def __init__(self, now: int, what: MessageFacts | EventFacts, bound: dict[str, RuleFacts]) -> None:
        self.hits: set[Hit] = set()
        self.frequency: dict[str, Limit] = {}
        self.repeat: dict[str, Limit] = {}
        self.skipped: set[tuple[str, str, tuple[str, ...]]] = set()
        self.content: Any = None
        absent: set[str] = set()
        for rule_id, rule in bound.items():
            if isinstance(what, MessageFacts):
                self.hits |= {(rule_id, *hit) for hit in _in_message(rule, what)}
            names = _in_names(rule, what.sender)
            self.hits |= {(rule_id, *hit) for hit in names}
            if rule.nickname_keywords and not names and None in (what.sender.nickname, what.sender.name):
                absent.add(rule_id)
            if rule.muted is not None and self._selected(rule_id, rule.muted, what.sender, absent):
                self.hits.add((rule_id, "MUTED_SENDERS", None))
            if isinstance(what, MessageFacts):
                if rule.frequency and self._selected(rule_id, rule.frequency.who, what.sender, absent):
                    self.frequency[rule_id] = rule.frequency
                if rule.repeat and self._selected(rule_id, rule.repeat.who, what.sender, absent):
                    self.repeat[rule_id] = rule.repeat
        self._skip("CONDITIONS", "FACT_ABSENT", absent)
        if what.ms < now - 10 * MINUTE:
            self._skip("FREQUENCY", "TOO_LATE", self.frequency)
            self._skip("REPEAT", "TOO_LATE", self.repeat)
            self.frequency, self.repeat = {}, {}
        if isinstance(what, MessageFacts) and self.repeat:
            self.content = _content(what)
            if self.content is None:
                self._skip("REPEAT", "FACT_ABSENT", self.repeat)
                self.repeat = {}

    def _skip(self, check: str, reason: str, rules: Any) -> None:
        if rules:
            self.skipped.add((check, reason, tuple(sorted(rules))))

    def _selected(self, rule_id: str, who: Who, sender: SenderFacts, absent: set[str]) -> bool:
        if who == Who() or sender.id in who.people or sender.identity in who.identities:
            return True
        if who.tags & (sender.tags or frozenset()):
            return True
        if (who.identities and sender.identity is None) or (who.tags and sender.tags is None):
            absent.add(rule_id)
        return False


def _in_message(rule: RuleFacts, message: MessageFacts) -> list[tuple[str, Any]]:
    hits: list[tuple[str, Any]] = []
    welcome = message.kind == "link" and "LINK" in rule.types and message.host in rule.hosts
    if not welcome:
        spans = [span for phrase in rule.allowed for span in _places(phrase, message.text)]
        for word in rule.keywords:
            for start, end in _places(word, message.text):
                if not any(first <= start and end <= last for first, last in spans):
                    hits.append(("KEYWORDS", (start, end)))
    if message.kind.upper() in rule.types and not welcome:
        hits.append(("MESSAGE_TYPES", message.kind.upper()))
    if message.kind == "text":
        characters, lines = len(message.text), message.text.count("\n") + 1
        if rule.max_characters and characters > rule.max_characters:
            hits.append(("LENGTH", (characters, rule.max_characters)))
        if rule.max_lines and lines > rule.max_lines:
            hits.append(("LENGTH", (lines, rule.max_lines)))
    return hits


def _in_names(rule: RuleFacts, sender: SenderFacts) -> list[tuple[str, Any]]:
    return [
        ("NICKNAME_KEYWORDS", (which, *place))
        for which, name in (("GROUP_NICKNAME", sender.nickname), ("SENDER_NAME", sender.name))
        for word in rule.nickname_keywords
        for place in _places(word, name or "")
    ]


def _places(word: str, text: str) -> list[tuple[int, int]]:
    return [
        (start, start + len(word)) for start in range(len(text)) if text[start : start + len(word)] == word
    ]


def _content(message: MessageFacts) -> Any:
    if message.kind == "image":
        return message.md5 or None
    return message.kind, message.text.translate(_UNSAID), message.host
