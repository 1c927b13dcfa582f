"""Every command that the documentation prints is executed by a test: here, or by the one that is named here.

What takes a container engine, a cluster or PyPI is executed as far as it goes without, by the tests that are named.
"""

from __future__ import annotations

import ast
import os
import re
import shlex
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from groupguard_cli import main
from groupguard_client import GroupGuard
from support.checkout import checkout
from support.commands import Caller, run
from support.corp import CHAT, Corp
from support.pages import blocks, inline, pages, steps
from support.services import ROOT

PROGRAMS = (
    r"make|groupguard|pip|python[\d.]*|\.venv/bin/\S+|kubectl|kustomize|docker|podman|helm|grpcurl|promtool|valkey-\w+|redis-\w+|"
    r"git|curl|wget|openssl|npm|apt|apt-get|buf|uv|pytest|ruff|mypy|jq|sh|bash|ssh|systemctl"
)
COMMAND = re.compile(rf"(?:[A-Z_]+=\S+ )*(?:{PROGRAMS}) \S")
"""Code in a sentence that is a command: a program's name alone is none."""

BLOCKS = {
    ("README.md", "Two commands", ""): ".ci/run",
    ("README.md", "A first rule in five lines of Python", "sh"): (
        "tests/e2e/test_readme_servers.py::test_make_demo_makes_what_serves"
    ),
    ("README.md", "A first rule in five lines of Python", "python"): (
        "tests/e2e/test_readme.py::test_the_first_rule_takes_five_lines_and_warns"
    ),
    ("README.md", "The same with grpcurl", "sh"): (
        "tests/e2e/test_readme.py::test_the_same_works_with_grpcurl"
    ),
    ("README.md", "A corp's rules from the command line", "sh"): (
        "tests/e2e/test_readme.py::test_a_corps_rules_are_kept_from_the_command_line"
    ),
    ("README.md", "Blacklists from the command line", "sh"): (
        "tests/e2e/test_readme.py::test_blacklists_are_kept_from_the_command_line"
    ),
    ("README.md", "Try a rule before it bites", "sh"): (
        "tests/e2e/test_readme.py::test_a_rule_is_tried_before_it_is_saved"
    ),
    ("README.md", "What rules did", "sh"): (
        "tests/e2e/test_readme.py::test_decisions_are_logged_from_then_on"
    ),
    ("README.md", "Forgetting a customer", "sh"): "tests/e2e/test_readme.py::test_a_customer_is_forgotten",
    ("README.md", "Another Redis", "sh"): "tests/e2e/test_readme_servers.py::test_another_redis_is_used",
    ("README.md", "Tokens", "sh"): (
        "tests/e2e/test_readme_servers.py::test_a_made_token_opens_the_server_that_knows_it",
        "tests/e2e/test_readme_servers.py::test_an_issuers_tokens_open_the_server_that_has_its_keys",
    ),
    ("README.md", "TLS", "sh"): "tests/e2e/test_readme_servers.py::test_commands_and_grpcurl_speak_tls",
    ("deploy/k8s/README.md", "groupguard on Kubernetes", "sh"): (
        "tests/deploy/test_dockerfile.py::test_the_command_that_builds_it_names_this_version",
        "tests/deploy/test_dockerfile.py::test_each_service_runs_from_the_image",
    ),
    ("deploy/k8s/README.md", "The Secrets", "sh"): (
        "tests/deploy/test_k8s_readme.py::test_the_commands_make_the_secrets_and_apply_everything"
    ),
    ("deploy/k8s/README.md", "Apply", "sh"): (
        "tests/deploy/test_k8s_readme.py::test_the_commands_make_the_secrets_and_apply_everything"
    ),
    ("deploy/k8s/README.md", "Call", "sh"): (
        "tests/deploy/test_k8s_readme.py::test_the_services_are_called_as_shown"
    ),
}
"""Who executes the blocks of a page that is not run from top to bottom, as those of docs/ are."""

RUN_BY = {
    "make demo": ".ci/run",
    "make test": ".ci/run",
    "make lint": "Makefile",
    "make kills": (
        "tests/faults/test_kills_at_random.py::test_kills_at_random_lose_nothing_and_falsify_nothing"
    ),
    "make docs": "tests/contract/test_api_reference.py::test_the_page_is_what_make_docs_writes",
    "make tables": (
        "tests/services/service_kit/test_generated_tables.py::test_checked_in_tables_are_what_make_tables_writes"
    ),
    "make scaling": (
        "tests/contract/test_scaling.py::test_the_page_shows_what_is_simulated_by_the_newest_results"
    ),
    "make lock": "tests/deploy/test_supply_chain.py::test_what_is_locked_is_locked_again_the_same",
    "make audit": "tests/deploy/test_supply_chain.py::test_what_is_locked_is_audited_or_it_is_said_that_it_was_not",
    "pip install ./clients": "tests/contract/test_distributions.py::test_the_client_works_without_the_servers",
    "pip install './clients' '.[tracing]'": "tests/deploy/test_dockerfile.py::test_each_service_runs_from_the_image",
    "pip install --require-hashes": "tests/deploy/test_dockerfile.py::test_only_what_is_locked_is_installed",
    "groupguard --install-completion": "tests/e2e/test_completion.py::test_bash_completes_once_it_is_told_to",
    "groupguard demo": "tests/e2e/test_commands.py::test_the_demo_shows_what_the_readme_says_twice_in_a_row",
    "groupguard serve all": "tests/e2e/test_readme_servers.py::test_make_demo_makes_what_serves",
    ".venv/bin/groupguard serve all": "tests/e2e/test_readme_servers.py::test_make_demo_makes_what_serves",
    "groupguard serve rule": (
        "tests/e2e/test_commands.py::test_a_service_does_not_listen_beyond_loopback_without_tokens"
    ),
    "groupguard hits watch": "tests/e2e/test_records_commands.py::test_hits_are_watched_from_a_cursor",
    "groupguard forget CUSTOMER --corp CORP": "tests/e2e/test_readme.py::test_a_customer_is_forgotten",
}
"""Who executes the commands in sentences that are not executed below."""

IN_A_CHECKOUT = {
    "make help": "make help",
    "make oracle": "make oracle CASES=1",
    "PYTHONPATH=tests .venv/bin/python -m bench.scaling --help": "PYTHONPATH=tests .venv/bin/python -m bench.scaling --help",
    # They measure for minutes to hours and write tests/bench/RESULTS.md, which shows that they do.
    "make bench": "make bench BENCH_ARGS=--help",
    "make bench BENCH_ARGS=false_hits": "make bench BENCH_ARGS='false_hits --help'",
}
"""What is executed in a checkout, and in which form if as it stands would take too long."""


def commands() -> dict[str, list[str]]:
    """Every command in a sentence, a table or a transcript, with the names of the pages that print it."""
    found: dict[str, list[str]] = {}
    for page in pages():
        code = [it.code for it in blocks(page) if not it.language]
        typed = [line for text in code for line in re.findall(r"^\$ (.*)$", text, re.MULTILINE)]
        for command in [*(it for it in inline(page) if COMMAND.match(it)), *typed]:
            found.setdefault(command, []).append(page.name)
    return found


PRINTED = commands()
OUR_OWN = [it for it in PRINTED if it.startswith("groupguard ") and it not in RUN_BY]


def runner(name: str, command: str) -> str:
    """What executes a command by its name: the source of a test, or a file that runs it."""
    file, _, test = name.partition("::")
    source = (ROOT / file).read_text("utf-8")
    if not test:
        return source
    functions = ast.walk(ast.parse(source))
    found = [
        it for it in functions if isinstance(it, ast.FunctionDef | ast.AsyncFunctionDef) and it.name == test
    ]
    assert found, f"{command}: there is no {name}"
    return ast.get_source_segment(source, found[0]) or ""


def test_every_block_of_commands_is_run_by_a_test() -> None:
    """Pages of docs/ from top to bottom (test_docs.py), README.zh-CN.md because its blocks are the README's, others by name."""
    seen: dict[tuple[str, str, str], str] = {}
    for page in pages():
        name = page.relative_to(ROOT).as_posix()
        if name == "README.zh-CN.md":
            continue
        for block in blocks(page):
            assert block.language in {"", "sh", "python", "text", "yaml"}, f"{name}: {block}"
            transcript = not block.language and block.code.startswith("$ ")
            if not transcript and block.language not in {"sh", "python"}:
                continue
            if name.startswith("docs/"):
                assert any(block.code in step.commands for step in steps(page)), f"{name}: {block}"
                continue
            key = (name, block.heading, block.language)
            assert key in BLOCKS, f"no test is named that runs {key}"
            seen.setdefault(key, block.code)
    assert seen.keys() == BLOCKS.keys()
    for key, names in BLOCKS.items():
        sources = [runner(test, str(key)) for test in ([names] if isinstance(names, str) else names)]
        begins = " ".join(seen[key].removeprefix("$ ").split()[:2])
        assert any(key[1] in it or begins in it for it in sources), f"{names} does not run {key}"


def test_every_command_in_a_sentence_is_run() -> None:
    """By the tests below, by the one that is named, or by what runs all tests; and no name is left of one that is not printed."""
    assert len(PRINTED) > 40
    here = {*OUR_OWN, *IN_A_CHECKOUT}
    unknown = {it: where for it, where in PRINTED.items() if it not in here and it not in RUN_BY}
    assert not unknown, "no test is named that runs them"
    assert {*RUN_BY, *IN_A_CHECKOUT} <= PRINTED.keys()
    for command, test in RUN_BY.items():
        source = runner(test, command)
        assert "::" in test or re.search(
            rf"^(test: .*\b)?{command.split()[-1] if test == 'Makefile' else command}\b", source, re.MULTILINE
        ), f"{test} does not run {command}"


@pytest.mark.parametrize("command", IN_A_CHECKOUT.values())
def test_commands_of_a_checkout_run(command: str, tmp_path: Path) -> None:
    """By a shell in one where everything is installed."""
    checkout(tmp_path)
    done = run(["sh", "-euc", command], env={"PATH": os.environ["PATH"]}, cwd=tmp_path, patience=240)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.match(r"  make help |usage: |[\d:]+  \d+ cases, \d+ verdicts, 0 disagreements", done.stdout)


@pytest.mark.parametrize("command", OUR_OWN)
def test_our_own_commands_run(command: str, call: Caller, gg: GroupGuard, corp: Corp, tmp_path: Path) -> None:
    """On a corp that has a rule; a group of commands, or a name whose arguments the sentence leaves out, explains itself."""
    (tmp_path / "messages.jsonl").write_text('{"text": "加微信", "external_userid": "wmA"}\n', "utf-8")
    (tmp_path / "groups.csv").write_text("chat_id,owner_userid\nwrOther,zhangmin\n", "utf-8")
    rule = corp.rule("加微信").rule_id
    (tmp_path / "rule.json").write_text(call("rules", "show", rule, "--json").stdout, "utf-8")
    written = command.replace("CORP=ROLE", "ww1=viewer").replace("[FILE.jsonl]", "FILE.jsonl")
    meant = {
        "RULE": rule,
        "CORP": corp.id,
        "CHAT": CHAT,
        "NAME": "crm",
        "FILE": str(tmp_path / "groups.csv"),
        "FILE.jsonl": str(tmp_path / "messages.jsonl"),
        **{name: str(tmp_path / name) for name in ("rule.json", "messages.jsonl")},
    }
    words = [meant.get(word, word) for word in shlex.split(written)[1:]]
    if "COMMAND" in words:
        words = ["rules" if word == "COMMAND" else word for word in words]
    elif words[-1] == "…" or not complete(words):
        words = [*(word for word in words if word != "…"), "--help"]
    elif words[0] in {"test-rule", "backtest"} and "--rule" not in words:
        words += ["--rule", meant["rule.json"]]
    done = call(*words)
    assert done.exit_code == 0, f"{words}: {done.output}"


def complete(words: list[str]) -> bool:
    """Whether words name a command and all arguments that it can't do without."""
    command = typer.main.get_command(main.app)
    context = command.make_context("groupguard", [], resilient_parsing=True)
    while isinstance(command, TyperGroup):
        if not words:
            return False
        name, below, words = command.resolve_command(context, words)
        assert below is not None, name
        command = below
    return bool(words) or not any(it.required for it in command.params)
