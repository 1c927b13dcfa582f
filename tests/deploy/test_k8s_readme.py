"""The page that tells how to deploy: its commands run as they stand, as far as they go without a cluster."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest
import yaml

from service_kit.auth import Role, Tokens
from support.certificates import issue
from support.commands import GROUPGUARD, grpcurl_binary, run
from support.manifests import K8S, SECRETS
from support.services import ROOT, running

README = (K8S / "README.md").read_text("utf-8")
KUBECTL = """#!/bin/sh
# What needs no cluster is done by the real kubectl, what does is noted: its arguments are the test's to judge.
case "$*" in
    *"create secret"*) "$REAL_KUBECTL" "$@" --dry-run=client -o yaml >>"$SENT" ;;
    "apply -k "*) "$REAL_KUBECTL" kustomize "$3" >>"$SENT" ;;
    "apply -f "*) cat "$3" >>"$SENT" ;;
    *) echo "$*" >>"$ASKED"; exit 0 ;;
esac
echo --- >>"$SENT"
"""


def blocks(heading: str) -> list[str]:
    """The shell commands under a heading."""
    section = re.search(rf"^## {heading}$(.*?)(?=^## |\\Z)", README, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^```sh\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE)


def test_the_commands_make_the_secrets_and_apply_everything(tmp_path: Path) -> None:
    """In a fresh folder, one after the other; FilterService's token is known to the servers."""
    real = shutil.which("kubectl")
    if real is None or shutil.which("jq") is None:
        pytest.skip("kubectl or jq is not installed")
    shim = tmp_path / "bin" / "kubectl"
    shim.parent.mkdir()
    shim.write_text(KUBECTL, "utf-8")
    shim.chmod(0o755)
    (tmp_path / "deploy").symlink_to(ROOT / "deploy")
    stores = re.search(r"^```\n(durable-url=.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert stores
    (tmp_path / "stores.env").write_text(stores[1], "utf-8")
    issue(tmp_path)
    sent, asked = tmp_path / "sent", tmp_path / "asked"
    environment = {
        "PATH": f"{shim.parent}:{GROUPGUARD.parent}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "REAL_KUBECTL": real,
        "SENT": str(sent),
        "ASKED": str(asked),
    }
    script = "\n".join([f"cd '{tmp_path}'", *blocks("The Secrets"), *blocks("Apply")])

    done = run(["sh", "-eu", "-c", script], env=environment)

    assert done.returncode == 0, done.stderr
    objects = [it for it in yaml.safe_load_all(sent.read_text("utf-8")) if it]
    assert objects[0]["kind"] == "Namespace"
    made = {it["metadata"]["name"]: it for it in objects if it["kind"] == "Secret"}
    assert {name: set(it["data"]) for name, it in made.items()} == {
        name: set(it) for name, it in SECRETS.items()
    }
    assert {it["metadata"]["namespace"] for it in objects if it["kind"] != "Namespace"} == {"groupguard"}
    assert sum(it["kind"] == "Deployment" for it in objects) == 3
    assert asked.read_text("utf-8") == "-n groupguard rollout status deployment/groupguard-filter\n"
    token = (tmp_path / "filter-token").read_text("utf-8").strip()
    assert Tokens.read(tmp_path / "tokens.json").caller(f"Bearer {token}").roles_in("ww1") == {
        Role("service")
    }
    assert (tmp_path / "filter-token").stat().st_mode & 0o077 == 0


def test_every_folder_and_file_named_is_there() -> None:
    """In tables and links."""
    for name in re.findall(r"`((?:base|components|overlays)(?:/[\w.-]+)*)`", README):
        assert (K8S / name).exists(), name
    for name in re.findall(r"\]\(([^)]+)\)", README):
        assert (K8S / name).exists(), name


def test_the_overlay_shown_can_be_rendered(tmp_path: Path) -> None:
    """As a folder beside the overlays that there are."""
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    shown = re.search(r"^```yaml\n(apiVersion: kustomize.*?)^```$", README, re.DOTALL | re.MULTILINE)
    assert shown
    shutil.copytree(K8S, tmp_path / "k8s")
    own = tmp_path / "k8s" / "overlays" / "own"
    own.mkdir()
    (own / "kustomization.yaml").write_text(shown[1], "utf-8")
    done = run([kubectl, "kustomize", str(own)], env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    assert "image: registry.example/groupguard:0.1.0" in done.stdout
    assert 'GROUPGUARD_LOG_SAMPLE: "0.01"' in done.stdout
    [scaler] = [
        it
        for it in yaml.safe_load_all(done.stdout)
        if (it["kind"], it["metadata"]["name"]) == ("HorizontalPodAutoscaler", "groupguard-filter")
    ]
    assert scaler["spec"]["maxReplicas"] > scaler["spec"]["minReplicas"] == 3


def test_the_services_are_called_as_shown(tmp_path: Path, valkey_url: str) -> None:
    """Through a forwarded port and TLS, by a RuleService that has the certificate and the tokens of the page."""
    [commands] = blocks("Call")
    identity = issue(tmp_path, host="groupguard-rule")
    made = run(
        [str(GROUPGUARD), "token", "crm", "--role", "ww1=super_admin"], env={"PATH": os.environ["PATH"]}
    )
    (tmp_path / "crm-token").write_text(made.stdout, "utf-8")
    (tmp_path / "tokens.json").write_text(made.stderr, "utf-8")
    (tmp_path / "grpcurl").symlink_to(grpcurl_binary())
    (tmp_path / "kubectl").write_text("#!/bin/sh\n", "utf-8")
    (tmp_path / "kubectl").chmod(0o755)
    environment = {
        "GROUPGUARD_DURABLE_URL": valkey_url,
        "GROUPGUARD_TOKENS_FILE": str(tmp_path / "tokens.json"),
        **identity.server(),
    }
    with running("rule_service", environment) as service:
        port = service.ready["port"]
        script = f"cd '{tmp_path}'\n" + commands.replace("localhost:7301", f"localhost:{port}")
        done = run(["sh", "-eu", "-c", script], env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    assert done.returncode == 0, done.stderr
    assert "groupguard.rule.v1.RuleService" in done.stdout
    assert '"status": "SERVING"' in done.stdout
