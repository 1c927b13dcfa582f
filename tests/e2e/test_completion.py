"""Completion by the shell: of commands, of commands below them, and of options."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.commands import GROUPGUARD, run

CLIENT = {"google", "groupguard", "grpc"}
SERVICES = {"rule_service", "filter_service", "blacklist_service", "service_kit", "redis"}


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """An environment with a home of its own, and the command on the path."""
    return {
        "PATH": f"{GROUPGUARD.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
    }


def test_bash_completes_once_it_is_told_to(home: dict[str, str]) -> None:
    """`--install-completion` writes what the next shell reads; that shell's own completion function answers."""
    installed = run(["bash", "-c", "groupguard --install-completion; exit $?"], env=home)
    assert installed.returncode == 0, installed.stderr
    script = (
        'source ~/.bashrc; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1));'
        '$(complete -p groupguard | sed "s/.*-F \\([^ ]*\\).*/\\1/") groupguard; echo "${COMPREPLY[@]}"'
    )

    def completed(*words: str) -> list[str]:
        done = run(["bash", "-c", script, "bash", "groupguard", *words], env=home)
        assert done.stderr == ""
        return done.stdout.split()

    assert completed("ru") == ["rules"]
    assert completed("rules", "un") == ["unbind"]
    assert completed("rules", "create", "--al") == ["--allow-phrase"]
    assert completed("rules", "template", "re") == ["retail", "restaurant"]


def installed_in(shell: str, home: dict[str, str]) -> None:
    """Has the shell complete from its next start on; skips the test where there is no such shell."""
    if shutil.which(shell) is None:
        pytest.skip(f"{shell} is not installed")
    done = run([shell, "-c", "groupguard --install-completion; exit $status"], env=home)
    if shell == "zsh":
        assert (Path(home["HOME"]) / ".zfunc" / "_groupguard").exists(), done.stderr
    assert done.returncode == 0, done.stderr


def test_fish_completes_once_it_is_told_to(home: dict[str, str]) -> None:
    """What fish itself would offer."""
    installed_in("fish", home)

    def offered(line: str) -> list[str]:
        done = run(["fish", "-c", f"complete -C '{line}'"], env=home)
        assert done.stderr == ""
        return [it.partition("\t")[0] for it in done.stdout.splitlines()]

    assert offered("groupguard ru") == ["rules"]
    assert offered("groupguard rules create --al") == ["--allow-phrase"]
    assert sorted(offered("groupguard rules template re")) == ["restaurant", "retail"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("groupguard rules create --al\t", "--allow-phrase"),
        ("groupguard rules template re\t", "restaurant"),
    ],
)
def test_zsh_completes_at_the_first_tab_once_it_is_told_to(
    typed: str, shown: str, home: dict[str, str]
) -> None:
    """In a terminal, of a session that just began."""
    installed_in("zsh", home)
    above, below = pty.openpty()
    terminal = {**home, "TERM": "xterm", "PS1": "ready> "}
    with subprocess.Popen(["zsh", "-i"], env=terminal, stdin=below, stdout=below, stderr=below) as zsh:
        os.close(below)

        def read_until(word: str) -> None:
            """Waits until the terminal shows it, without signs that only move and colour."""
            seen = ""
            while word not in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|.\x08", "", seen):
                assert select.select([above], [], [], 60)[0], seen
                seen += os.read(above, 65_536).decode("utf-8", "replace")

        try:
            read_until("ready> ")
            os.write(above, typed.encode())
            read_until(shown)
        finally:
            zsh.kill()
    os.close(above)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_a_script_and_answers(shell: str, home: dict[str, str]) -> None:
    """Each asks in variables of its own."""
    script = run(["groupguard"], env={**home, "_GROUPGUARD_COMPLETE": f"source_{shell}"}).stdout
    assert f"_GROUPGUARD_COMPLETE=complete_{shell}" in script
    asked = {
        "_GROUPGUARD_COMPLETE": f"complete_{shell}",
        "COMP_WORDS": "groupguard serve a",
        "COMP_CWORD": "2",
        "_TYPER_COMPLETE_ARGS": "groupguard serve a",
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    answer = run(["groupguard"], env={**home, **asked}).stdout
    assert "all" in answer
    assert "rule" not in answer.split()


@pytest.mark.parametrize(
    ("words", "loaded"),
    [("ru", set()), ("token crm --ro", set()), ("serve al", CLIENT), ("rules create --ke", CLIENT)],
)
def test_completing_loads_no_service(words: str, loaded: set[str], home: dict[str, str]) -> None:
    """Commands are completed without loading any; what is below one loads that one, as its help does."""
    script = (
        "import atexit, sys;"
        "atexit.register(lambda: print(*{name.partition('.')[0] for name in sys.modules}, file=sys.stderr));"
        "from groupguard_cli import main; main.app(prog_name='groupguard')"
    )
    asked = {
        "_GROUPGUARD_COMPLETE": "complete_bash",
        "COMP_WORDS": f"groupguard {words}",
        "COMP_CWORD": str(len(words.split())),
    }
    done = run([sys.executable, "-c", script], env={**home, **asked})
    assert done.stdout.strip()
    assert set(done.stderr.split()) & (CLIENT | SERVICES) == loaded
