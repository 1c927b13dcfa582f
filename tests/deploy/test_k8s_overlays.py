"""What the overlays send to a cluster: whole, restricted, with no other way through the network than those that are needed."""

from __future__ import annotations

import base64
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import redis
import yaml

from groupguard_client import Tls
from groupguard_client.connection import PORTS
from service_kit.embedded.binary import valkey_binary
from service_kit.tls import server_credentials
from support.certificates import issue
from support.manifests import (
    BASE,
    K8S,
    OLDEST_KUBERNETES,
    SECRETS,
    SETTINGS,
    Component,
    declared,
    rendered,
)
from support.processes import wait_until

NAMESPACES = {"dev": "groupguard-dev", "production": "groupguard"}
CALLER = {"groupguard-caller": "true"}
PROMETHEUS = {"app.kubernetes.io/name": "prometheus"}
STRANGER = {"app.kubernetes.io/name": "somebody"}
VALKEY = {"app.kubernetes.io/name": "groupguard-valkey"}


@dataclass(frozen=True, slots=True)
class Overlay:
    """All objects of an overlay."""

    name: str
    objects: list[dict[str, Any]]

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """The objects of a kind, by name."""
        return {it["metadata"]["name"]: it for it in self.objects if it["kind"] == kind}

    @property
    def workloads(self) -> list[dict[str, Any]]:
        return [*self.of("Deployment").values(), *self.of("StatefulSet").values()]

    @property
    def secrets(self) -> dict[str, dict[str, str]]:
        """Those that the overlay makes, and those that the README makes which it does not."""
        made = {
            name: {key: base64.b64decode(value).decode() for key, value in it["data"].items()}
            for name, it in self.of("Secret").items()
        }
        stores_made = any(name.startswith("groupguard-stores-") for name in made)
        return made | {
            name: it for name, it in SECRETS.items() if not (stores_made and name == "groupguard-stores")
        }

    def component(self, name: str) -> Component:
        """One of the services."""
        maps = {name: it["data"] for name, it in self.of("ConfigMap").items()}
        full = f"groupguard-{name}"
        return Component(name, maps, self.secrets, self.of("Deployment")[full], self.of("Service")[full])


@pytest.fixture(scope="module", params=NAMESPACES)
def overlay(request: pytest.FixtureRequest) -> Overlay:
    """Each overlay in turn."""
    return Overlay(request.param, rendered(K8S / "overlays" / request.param))


def test_every_object_is_valid_and_in_the_namespace(overlay: Overlay) -> None:
    """Strictly, for the oldest and the newest Kubernetes; the namespace is made and restricted."""
    for manifest in overlay.objects:
        for version in (OLDEST_KUBERNETES, kubernetes_validate.latest_version()):
            kubernetes_validate.validate(manifest, version, strict=True)
        if manifest["kind"] != "Namespace":
            assert manifest["metadata"]["namespace"] == NAMESPACES[overlay.name]
    [(name, namespace)] = overlay.of("Namespace").items()
    assert name == NAMESPACES[overlay.name]
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


def test_the_base_can_be_rendered_by_itself() -> None:
    """For overlays of one's own, in another namespace."""
    assert not any("namespace" in manifest["metadata"] for manifest in rendered(BASE))


def test_an_overlay_can_add_the_monitor(tmp_path: Path) -> None:
    """It is made in the overlay's namespace, where the Services are that it chooses."""
    shutil.copytree(K8S, tmp_path / "k8s")
    own = tmp_path / "k8s" / "overlays" / "own"
    own.mkdir()
    kustomization = {
        "namespace": "groupguard",
        "resources": ["../../base"],
        "components": ["../../components/servicemonitor"],
    }
    (own / "kustomization.yaml").write_text(yaml.safe_dump(kustomization), "utf-8")
    overlay = Overlay("own", rendered(own))
    [monitor] = overlay.of("ServiceMonitor").values()
    assert monitor["metadata"]["namespace"] == "groupguard"
    assert set(overlay.of("Service")) == {f"groupguard-{name}" for name in SETTINGS}


def test_whatever_is_named_exists(overlay: Overlay) -> None:
    """Accounts, settings, Secrets, targets of scalers, Services of stateful sets."""
    for workload in overlay.workloads:
        pod = workload["spec"]["template"]["spec"]
        assert pod["serviceAccountName"] in overlay.of("ServiceAccount")
        for container in pod["containers"]:
            for source in container.get("envFrom", ()):
                assert source["configMapRef"]["name"] in overlay.of("ConfigMap")
            for item in container.get("env", ()):
                reference = item["valueFrom"]["secretKeyRef"]
                assert reference["key"] in overlay.secrets[reference["name"]]
        for volume in pod.get("volumes", ()):
            keys = {item["key"] for item in volume["secret"]["items"]}
            assert keys <= overlay.secrets[volume["secret"]["secretName"]].keys()
    for scaler in overlay.of("HorizontalPodAutoscaler").values():
        assert scaler["spec"]["scaleTargetRef"]["name"] in overlay.of("Deployment")
    for stateful in overlay.of("StatefulSet").values():
        assert stateful["spec"]["serviceName"] in overlay.of("Service")


@pytest.mark.parametrize("name", SETTINGS)
def test_programs_accept_their_environment(overlay: Overlay, name: str, tmp_path: Path) -> None:
    """What an overlay adds or changes is a setting that exists, with a value that can be read."""
    component = overlay.component(name)
    known = {metadata["variable"] for metadata in declared(SETTINGS[name])}
    assert component.plain_environment.keys() | component.secret_environment.keys() <= known
    settings = component.settings(tmp_path)
    assert settings.server.access.tokens_file is not None
    assert settings.server.access.insecure is False


@pytest.mark.parametrize("name", SETTINGS)
def test_production_speaks_tls_with_the_secrets_files(name: str, tmp_path: Path) -> None:
    """With a real certificate in them the server has its credentials, and FilterService trusts its authority."""
    production = Overlay("production", rendered(K8S / "overlays" / "production")).component(name)
    settings = production.settings(tmp_path)
    issue(tmp_path / "run" / "secrets" / "groupguard-tls", host=f"groupguard-{name}")
    assert server_credentials(settings.server.tls) is not None
    if name == "filter":
        assert Tls.read(settings.ca_file, settings.client_cert_file, settings.client_key_file).authorities
    development = Overlay("dev", rendered(K8S / "overlays" / "dev")).component(name)
    assert server_credentials(development.settings(tmp_path).server.tls) is None


def test_pods_are_restricted(overlay: Overlay) -> None:
    """At least what the Pod Security Standard `restricted` asks for, the store's pod included."""
    for workload in overlay.workloads:
        pod = workload["spec"]["template"]["spec"]
        assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}
        assert pod["automountServiceAccountToken"] is False
        assert pod["enableServiceLinks"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["runAsUser"] > 0
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in pod["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }
            assert not any("hostPort" in port for port in container["ports"])
            for part in ("requests", "limits"):
                assert container["resources"][part].keys() == {"cpu", "memory"}
            _, separator, tag = container["image"].rpartition(":")
            assert separator
            assert tag != "latest"
    for account in overlay.of("ServiceAccount").values():
        assert account["automountServiceAccountToken"] is False


# ----------------------------------------------------------------------------------------------------------- network


def chosen(selector: Mapping[str, Any], labels: Mapping[str, str]) -> bool:
    return all(labels.get(key) == value for key, value in selector.get("matchLabels", {}).items())


def sides(overlay: Overlay, labels: Mapping[str, str], side: str) -> list[list[dict[str, Any]]]:
    """The rules of every policy that restricts a pod on a side; none at all if it is not restricted."""
    return [
        it["spec"].get(side.lower(), [])
        for it in overlay.of("NetworkPolicy").values()
        if side in it["spec"]["policyTypes"] and chosen(it["spec"]["podSelector"], labels)
    ]


def passes(
    rules: list[list[dict[str, Any]]], key: str, peer: Mapping[str, str], port: int, foreign: bool
) -> bool:
    """Whether one of the rules lets traffic with a peer pass; a foreign one lives in another namespace."""
    return any(
        any(it["port"] == port for it in rule["ports"])
        and any(
            "podSelector" in it
            and (not foreign or "namespaceSelector" in it)
            and chosen(it["podSelector"], peer)
            for it in rule[key]
        )
        for policy in rules
        for rule in policy
    )


def reaches(
    overlay: Overlay,
    source: Mapping[str, str],
    target: Mapping[str, str],
    port: int,
    *,
    foreign: bool = False,
) -> bool:
    out, into = sides(overlay, source, "Egress"), sides(overlay, target, "Ingress")
    leaves = foreign or not out or passes(out, "to", target, port, foreign=False)
    return leaves and (not into or passes(into, "from", source, port, foreign))


def test_only_the_needed_edges_are_open(overlay: Overlay) -> None:
    """Callers to services, Prometheus to metrics, FilterService to the others, all to the store; no more."""
    pods = {
        name: {"app.kubernetes.io/name": "groupguard", "app.kubernetes.io/component": name}
        for name in SETTINGS
    }
    for name, labels in pods.items():
        for port in PORTS.values():
            assert reaches(overlay, CALLER, labels, port, foreign=True) is (port == PORTS[name])
            assert not reaches(overlay, STRANGER, labels, port, foreign=True)
            assert not reaches(overlay, PROMETHEUS, labels, port, foreign=True)
        metrics = overlay.component(name).container["ports"][-1]["containerPort"]
        assert reaches(overlay, PROMETHEUS, labels, metrics, foreign=True)
        assert not any(reaches(overlay, it, labels, metrics, foreign=True) for it in (CALLER, STRANGER))
        for other, target in pods.items():
            needed = name == "filter" and other != "filter"
            assert reaches(overlay, labels, target, PORTS[other]) is needed
        assert reaches(overlay, labels, VALKEY, 6379) is (overlay.name == "dev")
        assert sides(overlay, labels, "Ingress")
        assert sides(overlay, labels, "Egress")
    if overlay.name == "dev":
        assert not reaches(overlay, CALLER, VALKEY, 6379, foreign=True)
        assert not reaches(overlay, VALKEY, pods["rule"], PORTS["rule"])


def test_stores_outside_are_reached_at_addresses_alone() -> None:
    """Not at the whole world's."""
    policy = Overlay("production", rendered(K8S / "overlays" / "production")).of("NetworkPolicy")[
        "groupguard-stores"
    ]
    [rule] = policy["spec"]["egress"]
    assert [it["port"] for it in rule["ports"]] == [6379]
    assert all(not it["ipBlock"]["cidr"].endswith("/0") for it in rule["to"])


# ------------------------------------------------------------------------------------------------------------- store


def test_the_development_store_starts_with_these_arguments_and_evicts_nothing(folder: Path) -> None:
    """A real Valkey takes them; only folder and port are the test's."""
    [store] = Overlay("dev", rendered(K8S / "overlays" / "dev")).of("StatefulSet").values()
    [container] = store["spec"]["template"]["spec"]["containers"]
    assert container["command"] == ["valkey-server"]
    mounts = [mount["mountPath"] for mount in container["volumeMounts"]]
    arguments = container["args"]
    assert arguments[arguments.index("--dir") + 1] in mounts
    here = [str(folder) if argument in mounts else argument for argument in arguments]
    socket = folder / "s.sock"
    command = [str(valkey_binary()), *here, "--port", "0", "--unixsocket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            wait_until(socket.exists, 10)
            with redis.Redis(unix_socket_path=str(socket), decode_responses=True) as client:
                told = {
                    name: client.config_get(name)[name]
                    for name in ("appendonly", "maxmemory-policy", "appendfsync")
                }
                assert told == {
                    "appendonly": "yes",
                    "maxmemory-policy": "noeviction",
                    "appendfsync": "always",
                }
                assert int(client.config_get("maxmemory")["maxmemory"]) > 0
        finally:
            server.terminate()
