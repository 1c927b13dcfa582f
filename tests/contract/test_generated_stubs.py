"""The checked-in stubs are exactly what the protos and the pinned generator give, and they load without a warning."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CHECKED_IN = ROOT / "clients"


def generated_files(source_root: Path) -> dict[str, bytes]:
    """Maps the generated files below a source root, by relative path, to their content."""
    return {
        path.relative_to(source_root).as_posix(): path.read_bytes()
        for path in (source_root / "groupguard").rglob("*_pb2*.py*")
        if "__pycache__" not in path.parts
    }


def service_stubs() -> list[str]:
    """Lists the modules that hold a service's stub and servicer, by dotted name."""
    return sorted(
        path.removesuffix(".py").replace("/", ".")
        for path in generated_files(CHECKED_IN)
        if path.endswith("_pb2_grpc.py")
    )


def test_checked_in_stubs_are_what_make_protos_writes(tmp_path: Path) -> None:
    """No stub is stale, missing, edited by hand, or left over from a proto that is gone."""
    # A make that runs inside another must not wait for the outer one's job slots.
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))
    }
    subprocess.run(["make", "protos", f"STUBS={tmp_path}"], cwd=ROOT, env=environment, check=True)

    fresh, checked_in = generated_files(tmp_path), generated_files(CHECKED_IN)

    assert fresh, "the generator wrote nothing"
    assert sorted(checked_in) == sorted(fresh), "run make protos"
    assert [path for path in fresh if checked_in[path] != fresh[path]] == [], "run make protos"


def test_every_package_of_services_has_a_stub() -> None:
    """The list that the next test goes through is complete."""
    declaring = {
        path.relative_to(ROOT / "protos").with_suffix("").as_posix().replace("/", ".") + "_pb2_grpc"
        for path in (ROOT / "protos").rglob("*.proto")
        if any(line.startswith("service ") for line in path.read_text("utf-8").splitlines())
    }

    assert declaring
    assert set(service_stubs()) == declaring


@pytest.mark.parametrize("module", service_stubs())
def test_service_stub_imports_without_warnings(module: str) -> None:
    """Each stub loads first in a fresh interpreter, where a warning about versions or deprecations is an error."""
    subprocess.run([sys.executable, "-W", "error", "-c", f"import {module}"], cwd=CHECKED_IN, check=True)
