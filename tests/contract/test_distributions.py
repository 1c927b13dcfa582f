"""What the two wheels hold, and that the client's works where nothing of the servers is installed."""

import email.message
import email.parser
import re
import subprocess
import sys
import sysconfig
import venv
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
CLIENT_DEPENDENCIES = {"googleapis-common-protos", "grpcio", "protobuf"}


class Wheel:
    """A built wheel, opened for reading."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._archive = zipfile.ZipFile(path)
        names = self._archive.namelist()
        self.files = {name for name in names if ".dist-info/" not in name}
        self._about = {name.partition(".dist-info/")[2]: name for name in names if ".dist-info/" in name}

    @property
    def metadata(self) -> email.message.Message:
        return email.parser.BytesParser().parsebytes(self._archive.read(self._about["METADATA"]))

    @property
    def requirements(self) -> dict[str, Requirement]:
        """What an installation without extras brings, by distribution."""
        parsed = map(Requirement, self.metadata.get_all("Requires-Dist", []))
        return {each.name: each for each in parsed if each.marker is None or "extra" not in str(each.marker)}

    @property
    def entry_points(self) -> str:
        return self._archive.read(self._about["entry_points.txt"]).decode()

    @property
    def licence(self) -> bytes:
        return self._archive.read(self._about["licenses/LICENSE"])

    def unpack(self, folder: Path) -> None:
        self._archive.extractall(folder)


def build(source: Path, folder: Path) -> Wheel:
    """Builds a wheel with the backend at hand, without the network."""
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check", "--no-index"]
    command += ["--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(source)]
    subprocess.run(command, check=True)
    (path,) = folder.glob("*.whl")
    return Wheel(path)


@pytest.fixture(scope="module")
def server_wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return build(ROOT, tmp_path_factory.mktemp("server"))


@pytest.fixture(scope="module")
def client_wheel(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return build(ROOT / "clients", tmp_path_factory.mktemp("client"))


def sources(*folders: str, suffix: str) -> set[str]:
    """Lists source files as a wheel names them: relative to the source root, which is the first part of the path."""
    return {
        path.relative_to(ROOT / folder.split("/")[0]).as_posix()
        for folder in folders
        for path in (ROOT / folder).rglob(f"*{suffix}")
    }


def test_the_wheels_share_no_file(client_wheel: Wheel, server_wheel: Wheel) -> None:
    """Uninstalling one must not take files of the other."""
    assert client_wheel.files & server_wheel.files == set()


def test_the_server_wheel_holds_every_source_and_script(server_wheel: Wheel) -> None:
    """Services, what they share and the command line; the Lua scripts that they load at run time, too."""
    folders = ("services", "clients/groupguard_cli")
    code, scripts = sources(*folders, suffix=".py"), sources(*folders, suffix=".lua")

    assert scripts
    assert code | scripts <= server_wheel.files
    assert {name.split("/")[0] for name in server_wheel.files} == {
        "blacklist_service",
        "filter_service",
        "groupguard_cli",
        "rule_service",
        "service_kit",
    }


def test_the_server_wheel_holds_the_character_tables(server_wheel: Wheel) -> None:
    """The tables of matching, and beside them what they are made of and under which licences."""
    folder = "service_kit/matching/tables/"
    tables = sources("services", suffix=".tsv") | sources("services", suffix=".txt")

    assert {f"{folder}folded.tsv", f"{folder}emoticons.txt"} <= tables
    assert tables | {f"{folder}SOURCES.md"} <= server_wheel.files


def test_the_server_wheel_installs_the_command(server_wheel: Wheel) -> None:
    assert "groupguard = groupguard_cli.main:app" in server_wheel.entry_points


def test_the_client_wheel_holds_typed_stubs_and_the_client(client_wheel: Wheel) -> None:
    """Every stub and its types, marked as typed; and no server's file."""
    stubs = sources("clients/groupguard", suffix=".py") | sources("clients/groupguard", suffix=".pyi")

    assert stubs
    assert stubs | sources("clients/groupguard_client", suffix=".py") <= client_wheel.files
    assert {"groupguard/py.typed", "groupguard_client/py.typed"} <= client_wheel.files
    assert {name.split("/")[0] for name in client_wheel.files} == {"groupguard", "groupguard_client"}
    assert "groupguard/__init__.py" not in client_wheel.files, "groupguard is a namespace package"


def test_the_client_needs_three_distributions(client_wheel: Wheel) -> None:
    assert set(client_wheel.requirements) == CLIENT_DEPENDENCIES


def test_the_server_needs_this_very_client_and_its_ranges(client_wheel: Wheel, server_wheel: Wheel) -> None:
    """Both are released together, and a range that both name is the same in both."""
    shared = client_wheel.requirements.keys() & server_wheel.requirements.keys()

    assert server_wheel.metadata["Version"] == client_wheel.metadata["Version"]
    assert (
        str(server_wheel.requirements["groupguard-client"].specifier)
        == f"=={client_wheel.metadata['Version']}"
    )
    assert {name: server_wheel.requirements[name].specifier for name in shared} == {
        name: client_wheel.requirements[name].specifier for name in shared
    }


def test_both_wheels_carry_the_licence(client_wheel: Wheel, server_wheel: Wheel) -> None:
    assert client_wheel.licence == server_wheel.licence == (ROOT / "LICENSE").read_bytes()


def with_their_dependencies(names: set[str]) -> set[str]:
    """Adds to distributions what they themselves need here, by normalised name."""
    found: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        found.add(name)
        for text in metadata.requires(name) or ():
            requirement = Requirement(text)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.add(re.sub(r"[-_.]+", "-", requirement.name).lower())
        waiting -= found
    return found


@pytest.fixture
def client_alone(client_wheel: Wheel, tmp_path: Path) -> Path:
    """A virtual environment with the client's wheel, its dependencies and nothing else; gives its interpreter.

    The dependencies are links to the files installed here, so nothing is downloaded.
    """
    home = tmp_path / "alone"
    venv.create(home, symlinks=True)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)}))
    client_wheel.unpack(packages)
    for name in with_their_dependencies(CLIENT_DEPENDENCIES):
        for file in metadata.distribution(name).files or ():
            if ".." in file.parts or "__pycache__" in file.parts:
                continue
            (packages / file).parent.mkdir(parents=True, exist_ok=True)
            (packages / file).symlink_to(file.locate())
    return home / "bin" / "python"


def test_the_client_works_without_the_servers(client_alone: Path) -> None:
    """All its modules and all stubs load where only the three dependencies exist: any other import would fail."""
    modules = [
        name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        for name in sorted(sources("clients/groupguard", "clients/groupguard_client", suffix=".py"))
    ]
    # -I keeps this checkout and the caller's environment variables out.
    command = [str(client_alone), "-I", "-W", "error", "-c", "import " + ", ".join(modules)]
    subprocess.run(command, check=True)

    absent = (
        "import importlib.util as u; print([m for m in ('redis', 'service_kit', 'typer') if u.find_spec(m)])"
    )
    answer = subprocess.run(
        [str(client_alone), "-I", "-c", absent], check=True, capture_output=True, text=True
    )
    assert answer.stdout.strip() == "[]", "the environment was meant to be empty"
