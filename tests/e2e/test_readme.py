"""What the README says is so: its code runs, its table is the code's."""

from __future__ import annotations

import ast
import re
import sys
from collections import defaultdict
from dataclasses import fields
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from blacklist_service.config import BlacklistSettings
from filter_service.config import FilterSettings
from groupguard.filter.v1.verdict_pb2 import DECISION_WARN
from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_cli import main
from groupguard_client import Addresses, GroupGuard
from groupguard_client.connection import PORTS
from rule_service.config import RuleSettings
from support.commands import GROUPGUARD, grpcurl_binary, run
from support.corp import Corp
from support.pages import blocks
from support.services import ROOT

PAGE = ROOT / "README.md"
README = PAGE.read_text("utf-8")
SERVICES = {"rule": RuleSettings, "filter": FilterSettings, "blacklist": BlacklistSettings}


def block(heading: str, language: str) -> str:
    """The first block of code of a language under a heading."""
    return next(it.code for it in blocks(PAGE) if (it.heading, it.language) == (heading, language))


def settings() -> dict[str, tuple[str, str, str]]:
    """Default, services and help of every variable, from the dataclasses that read them."""
    defaults: dict[str, dict[str, None]] = defaultdict(dict)
    services: dict[str, list[str]] = defaultdict(list)
    helps: dict[str, dict[str, None]] = defaultdict(dict)

    def read(kind: Any, service: str) -> None:
        for item in fields(kind):
            if "variable" not in item.metadata:
                read(item.type, service)
                continue
            variable, default = item.metadata["variable"], item.metadata["default"]
            defaults[variable]["required" if default is None else f"`{default}`"] = None
            services[variable].append(service)
            helps[variable][item.metadata["help"]] = None

    for service, kind in SERVICES.items():
        read(kind, service)
    return {
        variable: (
            "; ".join(default),
            "all" if len(services[variable]) == len(SERVICES) else ", ".join(services[variable]),
            "; ".join(helps[variable]),
        )
        for variable, default in defaults.items()
    }


def test_the_first_rule_takes_five_lines_and_warns(environment: dict[str, str], corp: Corp) -> None:
    """The block, run by Python, prints the verdict that the README shows; only the corp is this test's own."""
    code = block("A first rule in five lines of Python", "python")
    lines = [node for node in ast.parse(code).body if not isinstance(node, ast.Import | ast.ImportFrom)]
    assert len(lines) == 5
    assert {node.lineno for node in lines} == {node.end_lineno for node in lines}

    done = run([sys.executable, "-W", "error", "-c", code.replace("ww1", corp.id)], env=environment)

    assert done.returncode == 0, done.stderr
    shown = re.search(r"```\n(verdict \{.*?)```", README, re.DOTALL)
    assert shown
    assert without_ids(done.stdout) == without_ids(shown[1])
    assert corp.say("加微信", chat="wrShop").decision == DECISION_WARN


def without_ids(text: str) -> str:
    """The text without what is different every time; non-ASCII may be escaped."""
    text = re.sub(r"\\(\d{3})", lambda octal: chr(int(octal[1], 8)), text)
    if not any(ord(character) > 255 for character in text):
        text = text.encode("latin-1").decode("utf-8")
    return re.sub(r'(rule_id|revision): ("[^"]*"|\d+)', r"\1: …", text).strip()


def test_the_same_works_with_grpcurl(
    addresses: Addresses, environment: dict[str, str], tmp_path: Path
) -> None:
    """The block as it stands, run by a shell; only the ports are this suite's."""
    script = block("The same with grpcurl", "sh")
    for name, port in PORTS.items():
        script = script.replace(f"127.0.0.1:{port}", getattr(addresses, name))
    (tmp_path / "grpcurl").symlink_to(grpcurl_binary())
    environment["PATH"] = f"{tmp_path}:{environment['PATH']}"

    done = run(["sh", "-eu", "-c", script], env=environment)

    assert done.returncode == 0, done.stderr
    assert '"decision": "DECISION_WARN"' in done.stdout
    assert '"warning_text": "本群请勿发广告"' in done.stdout


def test_a_corps_rules_are_kept_from_the_command_line(
    environment: dict[str, str], gg: GroupGuard, tmp_path: Path
) -> None:
    """The block as it stands, run by a shell in an empty folder."""
    environment["PATH"] = f"{GROUPGUARD.parent}:{environment['PATH']}"
    script = block("A corp's rules from the command line", "sh")

    done = run(["sh", "-eu", "-c", f"cd '{tmp_path}'\n{script}"], env=environment)

    assert done.returncode == 0, done.stderr
    [rule] = gg.rules.ListRules(ListRulesRequest(corp_id="ww3")).rules
    assert [keyword.text for keyword in rule.conditions.keywords.keywords] == ["加微信", "低价转让"]
    assert "seen in three groups" in done.stdout
    assert "in 2 groups" in done.stderr
    assert rule.group_count == 0


def test_blacklists_are_kept_from_the_command_line(environment: dict[str, str], tmp_path: Path) -> None:
    """The block as it stands, run by a shell in an empty folder."""
    environment["PATH"] = f"{GROUPGUARD.parent}:{environment['PATH']}"
    script = block("Blacklists from the command line", "sh")

    done = run(["sh", "-eu", "-c", f"cd '{tmp_path}'\n{script}"], env=environment)

    assert done.returncode == 0, done.stderr
    assert "2 of 2 customers taken: 2 new" in done.stderr
    assert "wmA\tenterprise\t刷单\timport spring" in done.stdout
    assert "Off the lists: 2." in done.stderr


def test_a_rule_is_tried_before_it_is_saved(environment: dict[str, str], tmp_path: Path) -> None:
    """The block as it stands, run by a shell in an empty folder, prints what is shown below it."""
    environment["PATH"] = f"{GROUPGUARD.parent}:{environment['PATH']}"
    script = block("Try a rule before it bites", "sh")

    done = run(["sh", "-eu", "-c", f"cd '{tmp_path}'\n{script}"], env=environment)

    assert done.returncode == 0, done.stderr
    assert done.stdout == block("Try a rule before it bites", "text")


def test_decisions_are_logged_from_then_on(environment: dict[str, str]) -> None:
    """The block as it stands, run by a shell."""
    environment["PATH"] = f"{GROUPGUARD.parent}:{environment['PATH']}"

    done = run(["sh", "-eu", "-c", block("What rules did", "sh")], env=environment)

    assert done.returncode == 0, done.stderr
    assert "decision_log.masking\tkeywords_only" in done.stdout


def test_a_customer_is_forgotten(environment: dict[str, str]) -> None:
    """The block as it stands, run by a shell."""
    environment["PATH"] = f"{GROUPGUARD.parent}:{environment['PATH']}"

    done = run(["sh", "-eu", "-c", block("Forgetting a customer", "sh")], env=environment)

    assert done.returncode == 0, done.stderr
    assert "There is this of wmA: 0 in all." in done.stderr
    assert "Erased: 0 in all." in done.stderr
    assert "logged decisions\t0" in done.stdout


def test_the_table_of_settings_is_the_codes() -> None:
    """Variable, default, services and meaning of every setting, in the order of the code, and no other."""
    table = re.search(r"<!-- settings: .*?\n\|---.*?\n(.*?)<!-- end of settings -->", README, re.DOTALL)
    assert table
    expected = [
        f"| `{variable}` | {default} | {services} | {text} |"
        for variable, (default, services, text) in settings().items()
    ]
    assert table[1].splitlines() == expected


def test_the_table_of_the_clients_variables_is_true() -> None:
    """Every variable in it is read, and the defaults are those of the client."""
    rows = dict(
        re.findall(r"^\| `(GROUPGUARD_\w+_ADDRESS)` \| `([\d.:]+)` \| gRPC target", README, re.MULTILINE)
    )
    defaults = Addresses()
    assert rows == {
        "GROUPGUARD_RULE_ADDRESS": defaults.rule,
        "GROUPGUARD_FILTER_ADDRESS": defaults.filter,
        "GROUPGUARD_BLACKLIST_ADDRESS": defaults.blacklist,
    }
    assert Addresses.from_environment(dict.fromkeys(rows, "host:1")) == Addresses(
        "host:1", "host:1", "host:1"
    )


def test_every_command_and_option_named_exists() -> None:
    """What the README calls is there, with the options it gives."""
    helps: dict[str, str] = {}

    def help_of(name: str) -> str:
        if name not in helps:
            done = CliRunner().invoke(main.app, [*name.split(), "--help"], env={"COLUMNS": "200"})
            assert done.exit_code == 0, name
            helps[name] = done.stdout
        return helps[name]

    groups = "serve|rules|groups|exempt|blacklist|corp"
    for called in re.findall(
        rf"groupguard ((?:(?:{groups}) [a-z-]+|demo|check|forget|test-rule|token)[^`|\n]*)", README
    ):
        name = re.match(rf"(?:{groups}) [a-z-]+|[a-z-]+", called)
        assert name
        for option in re.findall(r"--[a-z-]+", called):
            assert option in help_of(name[0])
    for group, commands in re.findall(r"^\| `groupguard (\w+) …` \| (.*) \|$", README, re.MULTILINE):
        for command in re.findall(r"`([a-z-]+)", commands):
            help_of(f"{group} {command}")
    for option in ("--free-ports", "--data-dir", "--redis-url", "--ephemeral-url"):
        assert option in README
        assert option in help_of("serve all")
    assert "--json" in help_of("check")
    assert "--listen" in help_of("serve rule")


def test_every_path_of_the_tree_is_there() -> None:
    """What the README describes is in the repository."""
    tree = block("The tree", "")
    assert tree.strip()
    for line in tree.splitlines():
        assert (ROOT / line.split()[0]).is_dir()
    for target in re.findall(r"\]\((?!https:)([^)]+)\)", README):
        assert (ROOT / target).exists(), target
