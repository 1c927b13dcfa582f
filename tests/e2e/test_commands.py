"""The `groupguard` command as a newcomer meets it."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import grpc
import pytest
from typer.testing import CliRunner

from groupguard.rule.v1.rule_service_pb2 import ListRulesRequest
from groupguard_cli import main
from groupguard_cli import token as token_command
from groupguard_client import Addresses, GroupGuard, failure
from service_kit import auth
from service_kit.embedded import EmbeddedStore
from service_kit.suite import Suite
from support.commands import GROUPGUARD, groupguard, run, started
from support.corp import Corp
from support.held_ports import held_block
from support.metrics import scrape
from support.processes import is_alive, wait_gone, wait_until
from support.services import ROOT, running
from support.valkey import LOOPBACK

DEFAULT_PORTS = (7301, 7302, 7303)
HEALTH_PORTS = (7311, 7312, 7313)


@pytest.fixture
def plain(folder: Path) -> dict[str, str]:
    """An environment with a home of its own, and no setting but one that saves time."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "GROUPGUARD_DRAIN_SECONDS": "0",  # no balancer is there to look elsewhere
    }


@pytest.fixture
def taken() -> Iterator[None]:
    """Somebody listens on every default port, for as long as the test lasts.

    Shared with other test runs on this machine: theirs may end earlier and must not leave a port free here. Our servers share none.
    """
    with ExitStack() as held:
        for port in (*DEFAULT_PORTS, *HEALTH_PORTS):
            listener = held.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            with suppress(OSError):  # a program of the user's does
                listener.bind((LOOPBACK, port))
                listener.listen()
        yield


def children(pid: int) -> list[int]:
    """Processes that a process started, and those that they started."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            for child in map(int, task.read_text().split()):
                found += [child, *children(child)]
    return found


def connect(ports: dict[str, int]) -> GroupGuard:
    """A client of what `serve all` started."""
    return GroupGuard(Addresses(**{name: f"{LOOPBACK}:{port}" for name, port in ports.items()}), token="")


@pytest.mark.parametrize(
    "command",
    [
        (),
        ("serve",),
        ("serve", "all"),
        ("serve", "rule"),
        ("serve", "filter"),
        ("serve", "blacklist"),
        ("demo",),
        ("check",),
        ("token",),
        ("rules",),
        *(("rules", command) for command in ("list", "show", "create", "update", "delete")),
        *(("rules", command) for command in ("enable", "disable", "shadow", "bind", "unbind", "groups")),
        *(("rules", command) for command in ("history", "restore", "problems", "template")),
        ("groups",),
        *(
            ("groups", command)
            for command in ("list", "put", "dismiss", "rules", "set-rules", "notice", "released")
        ),
        ("exempt",),
        *(("exempt", command) for command in ("add", "remove", "list")),
        ("corp",),
        *(("corp", command) for command in ("settings", "set", "export", "import")),
    ],
)
def test_every_command_explains_itself(command: tuple[str, ...]) -> None:
    """`--help` works everywhere and starts nothing."""
    done = CliRunner().invoke(main.app, [*command, "--help"], prog_name="groupguard")
    assert done.exit_code == 0
    assert f"Usage: groupguard {' '.join(command)}".rstrip() in done.stdout
    assert done.stderr == ""


def test_the_installed_command_explains_itself(plain: dict[str, str]) -> None:
    """The executable is there and names every command."""
    done = groupguard("--help", env=plain)
    assert done.returncode == 0
    assert done.stderr == ""
    for command in ("serve", "demo", "rules", "groups", "exempt", "corp", "check", "token"):
        assert re.search(rf"^\W+{command}\W", done.stdout, re.MULTILINE)


def test_the_list_of_commands_loads_none_of_them(plain: dict[str, str]) -> None:
    """So `groupguard --help` starts fast; and a command loads what it needs, not what others do."""
    script = (
        "import sys; from typer.testing import CliRunner; from groupguard_cli import main;"
        "done = CliRunner().invoke(main.app, sys.argv[1:]); assert done.exit_code == 0, done.output;"
        "print(*sorted({name.partition('.')[0] for name in sys.modules} & {'grpc', 'google', 'groupguard', 'redis'}))"
    )

    def loaded(*arguments: str) -> str:
        return run([sys.executable, "-c", script, *arguments], env=plain).stdout.strip()

    assert loaded("--help") == ""
    assert loaded("token", "crm", "--role", "ww1=viewer") == ""
    assert loaded("rules", "--help") == "google groupguard grpc"


def measureless(text: str) -> str:
    """The text without what is different every time, and without the terminal's line breaks."""
    return " ".join(re.sub(r"\d+-[0-9a-f]{16}|[\d.]+", "N", text).split())


@pytest.mark.usefixtures("taken")
def test_the_demo_shows_what_the_readme_says_twice_in_a_row(plain: dict[str, str]) -> None:
    """It needs no free default port, no proxy and no setting of the user's; the second run is like the first."""
    busy = {
        **plain,
        "http_proxy": "http://127.0.0.1:9",
        "GROUPGUARD_TOKENS_FILE": "/nowhere",
        "GROUPGUARD_LISTEN": "127.0.0.1:7301",
        "GROUPGUARD_HEALTH_LISTEN": "127.0.0.1:7311",
        "GROUPGUARD_FILTER_ADDRESS": "127.0.0.1:1",
    }
    promised = re.search(r"\$ make demo\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    assert promised
    lines = [line for line in promised[1].splitlines() if line != "…"]
    cells = {cell.strip() for line in lines if "│" in line for cell in line.split("│")}
    promises = {measureless(line) for line in lines if "│" not in line} | {
        cell for cell in cells if not cell.endswith("…")
    }
    for _ in range(2):
        done = groupguard("demo", env=busy)
        assert done.returncode == 0, done.stdout
        shown = measureless(done.stdout)
        assert {part for part in promises if part not in shown and part not in done.stdout} == set()
        assert done.stderr == ""
        pids = [int(pid) for pid in re.findall(r"pid\s+(\d+)", done.stdout)]
        assert len(pids) == 3
        assert not any(is_alive(pid) for pid in pids)


def test_serve_all_serves_until_interrupted_and_keeps_everything(plain: dict[str, str], folder: Path) -> None:
    """A path with a space, free ports, Ctrl-C, a second start: the rule made before is still there and acts."""
    data = folder / "my data"
    arguments = ("serve", "all", "--free-ports", "--data-dir", data)
    with started(folder, *arguments, env=plain) as first:
        first.wait_serving()
        with connect(first.ports) as gg:
            corp = Corp(gg)
            corp.rule("刷单")
            assert corp.say("刷单").hit_count == 1
        below = children(first.popen.pid)
        assert len(below) == 5
        assert first.end(signal.SIGINT) == 0
        assert all(wait_gone(pid, 5) for pid in below)
        assert str(data) in first.stderr
    with started(folder, *arguments, env=plain) as again:
        again.wait_serving()
        with connect(again.ports) as gg:
            assert Corp(gg, corp.id).say("刷单").hit_count == 1
        assert again.end(signal.SIGTERM) == 0


def test_serve_all_gives_each_service_its_own_port_for_metrics_and_health(
    plain: dict[str, str], folder: Path
) -> None:
    """One after the other from the port that is named, in the order of their usual gRPC ports."""
    with held_block(3) as metrics, held_block(3) as health:
        environment = {
            **plain,
            "GROUPGUARD_METRICS_LISTEN": f"{LOOPBACK}:{metrics}",
            "GROUPGUARD_HEALTH_LISTEN": f"{LOOPBACK}:{health}",
        }
        arguments = ("serve", "all", "--free-ports", "--data-dir", folder / "data")
        with started(folder, *arguments, env=environment) as running:
            running.wait_serving()
            for number, own in enumerate(("rule_watchers", "verdicts_total", "filters_published_total")):
                assert f"groupguard_{own}" in scrape(metrics + number)
                socket.create_connection((LOOPBACK, health + number), 5).close()


def test_logs_are_for_people_on_a_terminal(plain: dict[str, str], folder: Path) -> None:
    """And for programs elsewhere."""
    arguments = ("serve", "rule", "--redis-url", "redis://127.0.0.1:1", "--listen", f"{LOOPBACK}:0")
    with started(folder, *arguments, env=plain) as elsewhere:
        assert wait_until(lambda: "\n" in elsewhere.stderr, 30)
        assert elsewhere.stderr.startswith("{")
    above, below = pty.openpty()
    with subprocess.Popen([GROUPGUARD, *arguments], env=plain, stdout=below, stderr=below) as process:
        os.close(below)
        shown = b""
        while b"\n" not in shown:
            shown += os.read(above, 4_096)
        process.kill()
    os.close(above)
    assert b"waiting for the durable store" in shown
    assert not shown.startswith(b"{")


def test_a_second_serve_all_on_the_same_folder_is_refused(plain: dict[str, str], folder: Path) -> None:
    """It says which folder, who has it, and what to do; the first one goes on."""
    with started(folder, "serve", "all", "--free-ports", "--data-dir", folder / "data", env=plain) as first:
        first.wait_serving()
        second = groupguard("serve", "all", "--free-ports", "--data-dir", folder / "data", env=plain)
        assert second.returncode == 1
        assert second.stdout == ""
        assert f"the data folder {folder / 'data'} is in use by process {first.popen.pid}" in second.stderr
        assert "GROUPGUARD_DATA_DIR" in second.stderr
        assert "Traceback" not in second.stderr
        with connect(first.ports) as gg:
            gg.rules.ListRules(ListRulesRequest(corp_id="ww1"))


@pytest.mark.usefixtures("taken")
def test_a_taken_port_is_named_and_nothing_is_left_running(plain: dict[str, str], folder: Path) -> None:
    """`serve all` without --free-ports says which port it can't have; its store and services are gone."""
    with started(folder, "serve", "all", "--data-dir", folder / "data", env=plain) as refused:
        seen: set[int] = set()

        def ended() -> bool:
            seen.update(children(refused.popen.pid))
            return refused.popen.poll() is not None

        assert wait_until(ended, 30)
        assert refused.popen.returncode == 1
        assert "7301" in refused.stderr
        assert "--free-ports" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert refused.stdout == ""
        assert seen, "nothing was ever started"
        assert all(wait_gone(pid, 5) for pid in seen)


def test_a_service_that_dies_is_started_again_on_its_port(plain: dict[str, str], folder: Path) -> None:
    """`serve all` mends itself, and says so."""
    with started(folder, "serve", "all", "--free-ports", "--data-dir", folder / "data", env=plain) as running:
        running.wait_serving()
        with connect(running.ports) as gg:
            corp = Corp(gg)
            corp.rule("刷单")
            assert corp.say("刷单").hit_count == 1
            for pid in children(running.popen.pid):
                if b"filter_service" in Path(f"/proc/{pid}/cmdline").read_bytes():
                    os.kill(pid, signal.SIGKILL)
            assert wait_until(lambda: "filter had died" in running.stderr, 10)
            assert wait_until(lambda: judged(corp), 15)


def judged(corp: Corp) -> bool:
    """Whether FilterService is there again and judges by the rule."""
    try:
        return corp.say("刷单").hit_count == 1
    except grpc.RpcError:
        return False


def test_wrong_settings_are_all_named_at_once(plain: dict[str, str]) -> None:
    """A single service needs a store; what else is wrong is told in the same breath, and the exit code is 2."""
    done = groupguard("serve", "rule", env={**plain, "GROUPGUARD_DRAIN_SECONDS": "soon"})
    assert done.returncode == 2
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["GROUPGUARD_DRAIN_SECONDS", "GROUPGUARD_DURABLE_URL"]

    done = groupguard("serve", "filter", "--listen", "nowhere", env=plain)
    assert done.returncode == 2
    told = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in told] == ["GROUPGUARD_LISTEN", "GROUPGUARD_EPHEMERAL_URL"]


def test_a_service_does_not_listen_beyond_loopback_without_tokens(
    plain: dict[str, str], suite: Suite, suite_store: EmbeddedStore
) -> None:
    """The refusal says both ways out."""
    done = groupguard(
        "serve", "rule", "--redis-url", suite_store.durable_url, "--listen", "0.0.0.0:0", env=plain
    )
    assert done.returncode == 2
    assert "GROUPGUARD_TOKENS_FILE" in done.stderr
    assert "GROUPGUARD_INSECURE" in done.stderr


def test_a_made_token_opens_a_server_that_has_its_entry(
    plain: dict[str, str], suite: Suite, suite_store: EmbeddedStore, tmp_path: Path
) -> None:
    """What goes to standard error is the tokens file as it stands; it holds no token."""
    made = groupguard("token", "crm", "--role", "ww1=viewer", "--role", "ww1=member:zhang", env=plain)
    assert made.returncode == 0
    token = made.stdout.strip()
    assert token not in made.stderr
    assert json.loads(made.stderr)["tokens"][0]["roles"] == {"ww1": ["viewer", "member:zhang"]}
    file = tmp_path / "tokens.json"
    file.write_text(made.stderr, "utf-8")
    environment = {
        "GROUPGUARD_DURABLE_URL": suite_store.durable_url,
        "GROUPGUARD_TOKENS_FILE": str(file),
    }
    with running("rule_service", environment) as server:
        where = Addresses(rule=server.target)
        with GroupGuard(where, token=token) as known, GroupGuard(where, token="gg_other") as unknown:
            known.rules.ListRules(ListRulesRequest(corp_id="ww1"))
            with pytest.raises(grpc.RpcError) as refused:
                known.rules.ListRules(ListRulesRequest(corp_id="ww2"))
            assert failure(refused.value).reason == "PERMISSION_DENIED"
            with pytest.raises(grpc.RpcError) as refused:
                unknown.rules.ListRules(ListRulesRequest(corp_id="ww1"))
            assert failure(refused.value).reason == "UNAUTHENTICATED"


@pytest.mark.parametrize("role", ["viewer", "=viewer", "ww1=", "ww1=king", "ww1=member", "ww1=viewer:x"])
def test_a_role_that_no_server_would_take_is_refused(role: str) -> None:
    """A mistake shows when the token is made, not when the server starts."""
    done = CliRunner().invoke(main.app, ["token", "crm", "--role", role])
    assert done.exit_code == 2
    assert done.stdout == ""
    assert "--role" in done.stderr


def test_every_role_that_servers_know_can_be_given() -> None:
    """The command and the servers agree on the roles there are."""
    assert set(token_command.ROLES) == auth.PLAIN_ROLES
    assert set(token_command.OWNER_ROLES) == auth.OWNING_ROLES
