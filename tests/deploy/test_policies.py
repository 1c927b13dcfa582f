"""The manifests keep the policies of a linter, where it is installed: `make lint-policy` does that."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from support.commands import run
from support.services import ROOT

CHECKOV = ROOT / ".venv-policy" / "bin" / "checkov"

pytestmark = pytest.mark.skipif(not CHECKOV.exists(), reason="make lint-policy installs checkov")
_LINT = [str(CHECKOV), "--config-file", str(ROOT / "deploy" / "checkov.yaml"), "--directory"]


def test_manifests_keep_the_policies() -> None:
    done = run([*_LINT, str(ROOT / "deploy" / "k8s")], env={})
    assert done.returncode == 0, done.stdout
    assert "Failed checks: 0" in done.stdout


def test_a_privileged_pod_is_seen(tmp_path: Path) -> None:
    """What the test above finds nothing of would be found."""
    shutil.copytree(ROOT / "deploy" / "k8s" / "base", tmp_path / "base")
    file = tmp_path / "base" / "rule" / "deployment.yaml"
    text = file.read_text("utf-8")
    assert "allowPrivilegeEscalation: false" in text
    file.write_text(
        text.replace("allowPrivilegeEscalation: false", "allowPrivilegeEscalation: true"), "utf-8"
    )
    done = run([*_LINT, str(tmp_path / "base")], env={})
    assert done.returncode == 1
    assert "CKV_K8S_20" in done.stdout
