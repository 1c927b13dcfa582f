"""The image: its steps as the Dockerfile gives them, read from it, and run without a container engine where that is asked for."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import venv
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from support.commands import run
from support.manifests import K8S, SETTINGS, Component
from support.processes import wait_until
from support.services import ROOT
from support.valkey import LOOPBACK

DOCKERFILE = ROOT / "deploy" / "Dockerfile"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
INSTALLS = os.environ.get("GROUPGUARD_TEST_IMAGE") == "1"
"""Whether to install everything that the image holds, which takes a minute: `make test-image`."""


@dataclass(slots=True)
class Stage:
    """What one FROM begins."""

    image: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def of(self, instruction: str) -> list[str]:
        """The arguments of all steps of a sort."""
        return [arguments for name, arguments in self.steps if name == instruction]


def stages() -> list[Stage]:
    """Reads the Dockerfile."""
    text = re.sub(r"^\s*#.*\n", "", DOCKERFILE.read_text("utf-8"), flags=re.MULTILINE)
    found: list[Stage] = []
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip():
            continue
        instruction, arguments = line.split(maxsplit=1)
        if instruction == "FROM":
            image, _, name = arguments.partition(" AS ")
            found.append(Stage(image, name))
        else:
            found[-1].steps.append((instruction, arguments))
    return found


BUILD, IMAGE = stages()


def test_the_image_runs_as_the_user_of_the_manifests() -> None:
    """And the program that they start is on its path."""
    [user] = IMAGE.of("USER")
    [created] = IMAGE.of("RUN")
    for name in SETTINGS:
        component = Component.written(name)
        identity = component.pod["securityContext"]
        assert user == f"{identity['runAsUser']}:{identity['runAsGroup']}"
        assert f"--uid {identity['runAsUser']} " in created
        assert f"groupadd --gid {identity['runAsGroup']} " in created
        assert component.container["command"][0] == "groupguard"
    [path] = [it for it in IMAGE.of("ENV") if it.startswith("PATH=")]
    [(source, target)] = [tuple(it.split()[1:]) for it in IMAGE.of("COPY")]
    assert source == target  # scripts in a virtual environment know its folder
    assert path.startswith(f"PATH={target}/bin:")


def test_the_image_takes_nothing_but_what_the_first_stage_installed() -> None:
    """Same Python in both, named by a version that this project is tested with; never as root."""
    assert BUILD.image == IMAGE.image
    assert IMAGE.of("COPY") == [f"--from={BUILD.name} /opt/groupguard /opt/groupguard"]
    version = re.match(r"python:(\d+\.\d+)-slim", IMAGE.image)
    assert version
    assert PROJECT["requires-python"] == ">=3.11"
    assert (3, 11) <= tuple(map(int, version[1].split("."))) <= (3, 13)


def test_only_what_is_locked_is_installed() -> None:
    """The lock's files by their hashes, and then the two wheels without looking for anything else."""
    installs = [it for it in BUILD.of("RUN") if "pip install" in it]
    assert [
        "--require-hashes -r deploy/requirements.txt" in it or "--no-deps --no-index" in it for it in installs
    ] == [
        True,
        True,
    ]


def test_the_command_that_builds_it_names_this_version() -> None:
    """As the Dockerfile itself and the page about Kubernetes give it."""
    command = f"docker build -f deploy/Dockerfile -t groupguard:{PROJECT['version']} ."
    assert f"{command}\n" in DOCKERFILE.read_text("utf-8")
    assert f"{command}\n" in (K8S / "README.md").read_text("utf-8")


def test_everything_copied_is_in_the_context() -> None:
    """The context leaves everything out that is not named, tokens and virtual environments above all."""
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in ignored
    kept = {line.removeprefix("!") for line in ignored if line.startswith("!")}
    copied = {source for it in BUILD.of("COPY") for source in it.split()[:-1]}
    assert copied == kept
    assert all((ROOT / name).exists() for name in copied)


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the first stage's steps were taken, with a new virtual environment in place of its base image."""
    if not INSTALLS:
        pytest.skip("takes a minute: make test-image")
    root = tmp_path_factory.mktemp("image")
    venv.create(root / "base", with_pip=True)
    folder = root
    environment = {"PATH": f"{root}/base/bin:/usr/bin:/bin", "HOME": os.environ.get("HOME", "/")}

    def inside(text: str) -> str:
        return re.sub(r"(?<=\s)/(?=src|opt)", f"{root}/", f" {text}").strip()

    for instruction, arguments in BUILD.steps:
        if instruction == "WORKDIR":
            folder = Path(inside(arguments))
            folder.mkdir(parents=True)
        elif instruction == "COPY":
            *sources, target = arguments.split()
            for source in sources:
                _copy(ROOT / source, folder / target / (Path(source).name if target.endswith("/") else ""))
        else:
            assert instruction == "RUN"
            done = subprocess.run(
                ["sh", "-eu", "-c", inside(arguments)],
                cwd=folder,
                env=environment,
                check=False,
                capture_output=True,
            )
            assert done.returncode == 0, done.stderr.decode()
    shutil.rmtree(folder)  # the second stage has no sources
    return root


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
    else:
        shutil.copy(source, target)


@pytest.mark.parametrize("name", SETTINGS)
def test_each_service_runs_from_the_image(
    image: Path, name: str, valkey_url: str, ephemeral_url: str, tmp_path: Path
) -> None:
    """By the manifest's own command, with nothing on the path but what the image holds, in an empty folder."""
    environment = {
        "PATH": f"{image}/opt/groupguard/bin",
        "PYTHONDONTWRITEBYTECODE": "1",
        "GROUPGUARD_LISTEN": f"{LOOPBACK}:0",
        "GROUPGUARD_DURABLE_URL": valkey_url,
        "GROUPGUARD_EPHEMERAL_URL": ephemeral_url,
    }
    command = Component.written(name).container["command"]
    program = image / "opt" / "groupguard" / "bin" / command[0]
    out = tmp_path / "out"
    with (
        out.open("wb") as to_out,
        subprocess.Popen(
            [str(program), *command[1:]], env=environment, cwd=tmp_path, stdout=to_out
        ) as process,
    ):
        try:
            wait_until(lambda: b"ready " in out.read_bytes() or process.poll() is not None, 30)
            assert b"ready " in out.read_bytes()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
        finally:
            process.kill()


def test_the_image_holds_no_installer_and_no_development_tool(image: Path) -> None:
    """What is not there can't be used against it."""
    script = (
        "import importlib.util as u; print([m for m in ('pip', 'pytest', 'mypy', 'ruff') if u.find_spec(m)])"
    )
    python = image / "opt" / "groupguard" / "bin" / "python"
    assert run([str(python), "-I", "-c", script], env={}).stdout == "[]\n"
    assert sys.prefix != str(image)
