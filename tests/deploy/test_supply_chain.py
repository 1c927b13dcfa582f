"""What a deployment installs: exact versions with hashes, in step with the project, under licences that suit it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from supply import LICENCES, LOCK, SBOM
from supply.licences import read_licences
from supply.lock import Pin, read_lock
from supply.sbom import sbom
from support.commands import run

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
PROJECTS = [
    tomllib.loads((ROOT / path / "pyproject.toml").read_text("utf-8"))["project"] for path in (".", "clients")
]
OURS = {project["name"] for project in PROJECTS}
PINS = read_lock(DEPLOY / LOCK)

SUITABLE = {
    *(
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MIT-0",
        "PSF-2.0",
        "Zlib",
    ),
    "MPL-2.0",  # its files stay under it; what uses them does not
}
"""Licences that a work under Apache-2.0 may be delivered together with."""


def delivered(project: dict[str, Any]) -> list[str]:
    """What a project needs in a deployment, tracing included."""
    return [*project["dependencies"], *project.get("optional-dependencies", {}).get("tracing", ())]


def pins_here(name: str) -> list[Pin]:
    """Pins of a distribution that are for this platform and Python."""
    of_name = [pin for pin in PINS if pin.name == canonicalize_name(name)]
    return [pin for pin in of_name if not pin.marker or Marker(pin.marker).evaluate()]


@pytest.mark.parametrize("pin", PINS, ids=lambda pin: f"{pin.name}-{pin.version}")
def test_a_pin_is_one_version_with_the_hashes_of_its_files(pin: Pin) -> None:
    assert pin.hashes
    assert len(set(pin.hashes)) == len(pin.hashes)
    assert not re.search(r"[*<>~!]", pin.version)
    assert pin.needed_by


def test_the_lock_has_every_dependency_in_a_version_that_the_project_allows() -> None:
    for project in PROJECTS:
        for dependency in map(Requirement, delivered(project)):
            if dependency.name in OURS or (dependency.marker and not dependency.marker.evaluate()):
                continue
            assert [
                pin for pin in pins_here(dependency.name) if dependency.specifier.contains(pin.version)
            ], dependency


def test_the_lock_has_what_its_own_distributions_need_and_nothing_else() -> None:
    """As far as they are installed here in the locked version."""
    needed = {canonicalize_name(Requirement(it).name) for project in PROJECTS for it in delivered(project)}
    for pin in PINS:
        try:
            here = metadata.distribution(pin.name)
        except metadata.PackageNotFoundError:
            continue
        if here.version != pin.version or pin not in pins_here(pin.name):
            continue
        for requirement in map(Requirement, here.requires or []):
            if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
                continue
            assert [it for it in pins_here(requirement.name) if requirement.specifier.contains(it.version)], (
                f"{pin.name} needs {requirement}"
            )
    orphans = (
        {pin.name for pin in PINS}
        - needed
        - {pin.name for pin in PINS if set(pin.needed_by) - {"groupguard"}}
    )
    assert not orphans


def test_every_licence_is_listed_and_suits() -> None:
    listed = read_licences(DEPLOY / LICENCES)
    assert list(listed) == [(pin.name, pin.version) for pin in PINS]
    for distribution, expression in listed.items():
        for choice in expression.split(" OR "):
            if set(choice.split(" AND ")) <= SUITABLE:
                break
        else:
            pytest.fail(f"{distribution}: {expression}")


def test_the_sbom_is_what_the_lock_makes_it() -> None:
    """`make lock` writes it."""
    written = (DEPLOY / SBOM).read_text("utf-8")
    assert written == sbom(PINS, read_licences(DEPLOY / LICENCES), PROJECTS[0]["version"])
    document = json.loads(written)
    references = {component["bom-ref"] for component in document["components"]}
    assert len(references) == len(PINS)
    for dependency in document["dependencies"]:
        assert set(dependency["dependsOn"]) <= references


@pytest.fixture
def by_pypi() -> dict[str, str]:
    """The environment for what asks PyPI; skips the test unless that is wanted."""
    if os.environ.get("GROUPGUARD_TEST_PYPI") != "1":
        pytest.skip("asks PyPI: make test-lock")
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def test_what_is_locked_is_locked_again_the_same(by_pypi: dict[str, str]) -> None:
    """`make lock` alone takes nothing newer."""
    written = {path: path.read_bytes() for path in (DEPLOY / LOCK, DEPLOY / LICENCES, DEPLOY / SBOM)}
    try:
        done = run(["make", "-C", str(ROOT), "lock"], env=by_pypi, patience=300)
        assert done.returncode == 0, done.stderr
        assert {path: path.read_bytes() for path in written} == written
    finally:
        for path, content in written.items():
            path.write_bytes(content)


def test_what_is_locked_is_audited_or_it_is_said_that_it_was_not(by_pypi: dict[str, str]) -> None:
    """A mirror without the interface that `make audit` asks must not look like a clean bill."""
    done = run(["make", "-C", str(ROOT), "audit"], env=by_pypi, patience=300)
    if done.returncode != 0:
        assert "could not be audited" in done.stderr
