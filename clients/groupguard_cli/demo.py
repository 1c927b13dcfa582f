"""`groupguard demo`: a day in four customer groups, on real services with a store of their own."""

import json
import os
import sys
import tempfile
import time
from importlib import resources
from pathlib import Path
from typing import Any

import grpc
import typer
from google.protobuf import json_format
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from groupguard.blacklist.v1.blacklist_service_pb2 import AddEntriesRequest
from groupguard.blacklist.v1.blacklist_service_pb2 import List as Blacklist
from groupguard.common.v1.blacklist_kind_pb2 import BLACKLIST_KIND_PERSONAL, BlacklistKind
from groupguard.filter.v1.filter_service_pb2 import BatchCheckMessagesRequest, CheckMessageRequest
from groupguard.filter.v1.message_pb2 import Message
from groupguard.filter.v1.verdict_pb2 import Decision, Reason, Verdict
from groupguard.rule.v1 import rule_pb2
from groupguard.rule.v1.group_pb2 import Group
from groupguard.rule.v1.rule_service_pb2 import (
    ConfigureGroupsRequest,
    CreateRuleRequest,
    UpdateRuleRequest,
    UpsertGroupsRequest,
)
from groupguard_cli.failures import describe
from groupguard_cli.messages import read_messages
from groupguard_cli.wording import found_words
from groupguard_client import Addresses, GroupGuard, text_message

_console = Console(width=None if sys.stdout.isatty() else 120)


def demo() -> None:
    """Start the three services with a store of their own, judge a day's messages, change a rule, blacklist somebody.

    Everything lives in a temporary folder and on free ports, and is gone afterwards.

    Examples:
        groupguard demo
    """
    from service_kit.embedded import EmbeddedStore, EmbeddedStoreError
    from service_kit.service_process import ServiceFailed
    from service_kit.suite import Suite

    for name in [name for name in os.environ if name.startswith("GROUPGUARD_")]:
        del os.environ[name]  # meant for servers of the user's own, and inherited by those started here
    with tempfile.TemporaryDirectory(prefix="groupguard-") as name:
        folder = Path(name)
        begun = time.perf_counter()
        try:
            with Suite(EmbeddedStore(folder / "store"), log_folder=folder) as suite:
                ports = {name: service.port for name, service in suite.services.items()}
                pids = {name: service.pid for name, service in suite.services.items()}
                where = ", ".join(f"{name} :{ports[name]} (pid {pids[name]})" for name in ports)
                _console.print(
                    f"Embedded Valkey and three services up in {time.perf_counter() - begun:.1f} s: {where}"
                )
                addresses = Addresses(**{name: f"127.0.0.1:{port}" for name, port in ports.items()})
                with GroupGuard(addresses, token="") as gg:
                    _Day(gg).run()
        except (EmbeddedStoreError, ServiceFailed) as error:
            logs = "".join(path.read_text("utf-8") for path in sorted(folder.glob("*.log")))
            _console.print(escape(f"{error}\n{logs}"), style="red", highlight=False, soft_wrap=True)
            raise typer.Exit(1) from None
        except grpc.RpcError as error:
            _console.print(describe(error), highlight=False)
            raise typer.Exit(1) from None
    _console.print("Everything stopped; nothing is left behind.")


class _Day:
    """What the demo shows, step by step."""

    def __init__(self, gg: GroupGuard) -> None:
        data = resources.files("groupguard_cli") / "demo_data"
        self._gg = gg
        self._corp: dict[str, Any] = json.loads((data / "corp.json").read_text("utf-8"))
        self._corp_id: str = self._corp["corp_id"]
        with resources.as_file(data / "messages.jsonl") as file:
            self._messages = [line.message for line in read_messages(file, "", "")]
        self._groups = {group["chat_id"]: group["display_name"] for group in self._corp["groups"]}
        self._rules: dict[str, rule_pb2.Rule] = {}

    def run(self) -> None:
        revision = self._set_up()
        self._judge_all(revision)
        self._change_rule()
        self._blacklist()

    def _set_up(self) -> str:
        """Registers the groups, creates the rules and binds them; returns the token of the last write."""
        groups = [json_format.ParseDict(group, Group()) for group in self._corp["groups"]]
        revision = self._gg.rules.UpsertGroups(
            UpsertGroupsRequest(corp_id=self._corp_id, groups=groups)
        ).rules_revision
        for description in self._corp["rules"]:
            request = CreateRuleRequest(corp_id=self._corp_id, rule=_rule(description))
            rule = self._gg.rules.CreateRule(request).rule
            self._rules[rule.rule_id] = rule
            revision = self._gg.rules.ConfigureGroups(
                ConfigureGroupsRequest(
                    corp_id=self._corp_id,
                    operation=ConfigureGroupsRequest.OPERATION_BIND,
                    rule_ids=[rule.rule_id],
                    chat_ids=description["groups"],
                )
            ).rules_revision
        _console.print(f"{len(groups)} groups, {len(self._rules)} rules, revision {revision}\n")
        return revision

    def _judge_all(self, revision: str) -> None:
        """Judges the day's messages in the order they were sent, as a chat archive would bring them."""
        table = Table(title="A day in four customer groups", title_justify="left")
        for column in ("sender", "group", "message", "verdict", "rule", "keyword"):
            table.add_column(column, overflow="fold")
        begun = time.perf_counter()
        for message in self._messages:
            self._row(table, message, self._check(message, revision))
        milliseconds = (time.perf_counter() - begun) / len(self._messages) * 1000
        _console.print(table)
        _console.print(f"{len(self._messages)} messages, one call each: {milliseconds:.1f} ms a message\n")

    def _check(self, message: Message, revision: str = "") -> Verdict:
        request = CheckMessageRequest(corp_id=self._corp_id, message=message, min_rules_revision=revision)
        return self._gg.filter.CheckMessage(request).verdict

    def _row(self, table: Table, message: Message, verdict: Verdict) -> None:
        hits = [*verdict.hits, *verdict.shadow_hits]
        table.add_row(
            message.sender.group_nickname,
            self._groups[message.chat_id],
            message.text.content,
            _verdict_text(verdict),
            "\n".join(dict.fromkeys(self._rules[hit.rule_id].display_name for hit in hits)),
            "\n".join(dict.fromkeys(map(found_words, hits))),
        )

    def _change_rule(self) -> None:
        """Adds a keyword to a rule and judges the same message before and after."""
        message = text_message("wrDemoNoodleHouse", "wmDemoNewcomer", "低价转让奶茶店，有意者联系")
        before = self._check(message)
        rule = next(rule for rule in self._rules.values() if rule.display_name == "广告引流")
        changed = rule_pb2.Rule(rule_id=rule.rule_id, etag=rule.etag, conditions=rule.conditions)
        changed.conditions.keywords.keywords.add(text="低价转让")
        begun = time.perf_counter()
        request = UpdateRuleRequest(corp_id=self._corp_id, rule=changed)
        revision = self._gg.rules.UpdateRule(request).rules_revision
        saved = time.perf_counter()
        after = self._check(message, revision)
        judged = time.perf_counter()
        _console.print("Rule [bold]广告引流[/bold] gets the keyword [bold]低价转让[/bold].")
        _console.print(f"  “{message.text.content}”: {_verdict_text(before)} → {_verdict_text(after)}")
        _console.print(
            f"  saved in {(saved - begun) * 1000:.1f} ms, the next verdict by the new rule "
            f"{(judged - saved) * 1000:.1f} ms later\n"
        )
        _require(before.reason == Reason.REASON_NO_HIT and after.decision == Decision.DECISION_WARN)

    def _blacklist(self) -> None:
        """Puts a customer on the personal list of a group's owner; the same words are no longer welcome there."""
        chat_id, customer = "wrDemoSummerClass", "wmDemoPest"
        message = text_message(chat_id, customer, "大家好，又来打扰了")
        elsewhere = text_message("wrDemoNoodleHouse", customer, "大家好，又来打扰了")
        before = self._check(message)
        owner = next(group["owner_userid"] for group in self._corp["groups"] if group["chat_id"] == chat_id)
        begun = time.perf_counter()
        added = self._gg.blacklist.AddEntries(
            AddEntriesRequest(
                corp_id=self._corp_id,
                list=Blacklist(kind=BLACKLIST_KIND_PERSONAL, owner_userid=owner),
                external_userids=[customer],
                reason="屡次打扰家长",
            )
        )
        verdicts = self._gg.filter.BatchCheckMessages(
            BatchCheckMessagesRequest(
                corp_id=self._corp_id,
                messages=[message, elsewhere],
                min_blacklist_revision=added.blacklist_revision,
            )
        ).results
        milliseconds = (time.perf_counter() - begun) * 1000
        after, other = verdicts[0].verdict, verdicts[1].verdict
        _console.print(f"路人甲 goes on the personal blacklist of {owner}.")
        _console.print(f"  in {self._groups[chat_id]}: {_verdict_text(before)} → {_verdict_text(after)}")
        _console.print(f"  in a group of another owner: {_verdict_text(other)}")
        _console.print(f"  listed and stopped within {milliseconds:.1f} ms\n")
        _require(before.decision == other.decision == Decision.DECISION_ALLOW)
        _require(after.reason == Reason.REASON_PERSONAL_BLACKLIST)


def _rule(description: dict[str, Any]) -> rule_pb2.Rule:
    rule = rule_pb2.Rule(
        owner=rule_pb2.Owner(kind=rule_pb2.OWNER_KIND_SUPER_ADMIN),
        display_name=description["display_name"],
        state=rule_pb2.RuleState.Value(description.get("state", "RULE_STATE_ENABLED")),
        action=rule_pb2.Action(
            kind=rule_pb2.ActionKind.Value(description["action"]),
            warnings_before_kick=description.get("warnings_before_kick", 0),
            warning_text=description.get("warning_text", ""),
            add_to_blacklist=BlacklistKind.Value(
                description.get("add_to_blacklist", "BLACKLIST_KIND_UNSPECIFIED")
            ),
        ),
    )
    for text in description["keywords"]:
        rule.conditions.keywords.keywords.add(text=text)
    return rule


def _verdict_text(verdict: Verdict) -> str:
    decision = Decision.Name(verdict.decision).removeprefix("DECISION_")
    reason = Reason.Name(verdict.reason).removeprefix("REASON_")
    shadow = " [dim](shadow hit)[/dim]" if verdict.shadow_hits else ""
    if decision == "ALLOW":
        return f"[green]ALLOW[/green]{shadow}"
    colour = "red" if decision == "KICK" else "yellow"
    return f"[{colour}]{decision}[/{colour}] [dim]{reason}[/dim]{shadow}"


def _require(held: bool) -> None:
    """Ends the demo with an error if it did not show what it claims to."""
    if not held:
        _console.print("[red]the demo did not end as it should; please report this[/red]")
        raise typer.Exit(1)
