"""The Kubernetes base: valid, safe to run and to roll out, and in step with the programs it starts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import typer

from groupguard_cli.main import app
from groupguard_client.connection import PORTS
from service_kit import health
from service_kit.settings import target
from support.manifests import (
    BASE,
    K8S,
    OLDEST_KUBERNETES,
    SECRETS,
    SERVICES,
    SETTINGS,
    Component,
    declared,
    port_of,
    read,
)
from support.services import ROOT

README = K8S / "README.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
WRITTEN_FILES = sorted(path for path in K8S.rglob("*.yaml") if path.name != "kustomization.yaml")
MONITOR = K8S / "components" / "servicemonitor"
"""Not in an overlay: its kind is not Kubernetes' own."""


@pytest.fixture(params=SETTINGS)
def component(request: pytest.FixtureRequest) -> Component:
    """Each component in turn."""
    return Component.written(request.param)


# ---------------------------------------------------------------------------------------------------------- valid


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
@pytest.mark.parametrize(
    "path",
    [path for path in WRITTEN_FILES if path.parent != MONITOR],
    ids=lambda path: str(path.relative_to(K8S)),
)
def test_file_holds_one_valid_object_of_the_kind_it_is_named_after(path: Path, version: str) -> None:
    """Strict: a misspelt field is an error, not ignored."""
    manifest = read(path)
    kubernetes_validate.validate(manifest, version, strict=True)
    assert manifest["kind"].lower() == path.stem.partition("-")[0]
    assert "namespace" not in manifest["metadata"]


def test_every_file_is_part_of_an_overlay() -> None:
    """A file that no kustomization names would be checked here and never applied."""

    def reached(folder: Path) -> Iterator[Path]:
        kustomization = read(folder / "kustomization.yaml")
        for name in [*kustomization.get("resources", ()), *kustomization.get("components", ())]:
            path = (folder / name).resolve()
            if path.is_dir():
                yield from reached(path)
            else:
                yield path

    applied = [*(K8S / "overlays").iterdir(), MONITOR]
    assert sorted({path for folder in applied for path in reached(folder)}) == WRITTEN_FILES


def test_every_service_has_all_that_it_is_run_with() -> None:
    """One file a kind."""
    kinds = [
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PodDisruptionBudget",
        "Service",
        "ServiceAccount",
    ]
    for name in SETTINGS:
        manifests = [read(path) for path in WRITTEN_FILES if path.parent == BASE / name]
        assert sorted(it["kind"] for it in manifests) == kinds
        assert {it["metadata"]["name"] for it in manifests} == {f"groupguard-{name}"}


def test_image_is_of_the_version_of_the_project() -> None:
    """Neither `latest` nor what somebody forgot to raise."""
    images = read(BASE / "kustomization.yaml")["images"]
    assert images == [{"name": "groupguard", "newTag": PROJECT["version"]}]


# ----------------------------------------------------------------------------------------------------------- safe


def test_secret_files_are_readable_by_the_group_alone(component: Component) -> None:
    """The files belong to root and to the group that the process has."""
    assert component.pod["securityContext"]["fsGroup"] == component.pod["securityContext"]["runAsGroup"]
    assert all(volume["secret"]["defaultMode"] == 0o440 for volume in component.pod["volumes"])
    assert all(mount["readOnly"] is True for mount in component.container["volumeMounts"])


def test_pod_gets_only_the_secrets_it_needs(component: Component) -> None:
    """The outbound token is for FilterService's eyes only."""
    assert set(component.mounted.values()) == (
        set(SECRETS["groupguard-tokens"].values())
        if component.name == "filter"
        else {SECRETS["groupguard-tokens"]["tokens.json"]}
    )


def test_rollout_loses_no_capacity(component: Component) -> None:
    """A new pod serves, and clients had time to learn of it, before an old one goes."""
    spec = component.deployment["spec"]
    startup = component.container["startupProbe"]
    assert "replicas" not in spec  # every `kubectl apply` would undo what the autoscaler chose
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert spec["minReadySeconds"] >= 30  # a DNS record's life, and gRPC's pause between two look-ups
    patience = startup["periodSeconds"] * startup["failureThreshold"]
    assert patience >= 300
    assert spec["progressDeadlineSeconds"] > patience + spec["minReadySeconds"]


def test_service_is_scaled_and_never_left_without_a_pod(component: Component) -> None:
    """Two pods at the least, one of which may go at a time; pods go more slowly than they come."""
    scaler = read(BASE / component.name / "horizontalpodautoscaler.yaml")["spec"]
    assert scaler["scaleTargetRef"]["name"] == component.deployment["metadata"]["name"]
    assert scaler["maxReplicas"] > scaler["minReplicas"] >= 2
    assert scaler["behavior"]["scaleDown"]["stabilizationWindowSeconds"] >= 300
    budget = read(BASE / component.name / "poddisruptionbudget.yaml")["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == component.deployment["spec"]["selector"]


def test_replicas_are_spread(component: Component) -> None:
    """Over nodes and zones where there are several, and nowhere in the way of a small cluster."""
    constraints = component.pod["topologySpreadConstraints"]
    keys = {it["topologyKey"]: it["whenUnsatisfiable"] for it in constraints}
    assert keys == dict.fromkeys(("kubernetes.io/hostname", "topology.kubernetes.io/zone"), "ScheduleAnyway")
    assert all(it["labelSelector"] == component.deployment["spec"]["selector"] for it in constraints)


def test_selectors_find_the_pods_of_this_component(component: Component) -> None:
    """And of no other: the component is in every selector."""
    labels = component.deployment["spec"]["template"]["metadata"]["labels"]
    assert labels["app.kubernetes.io/component"] == component.name
    assert component.deployment["spec"]["selector"] == {"matchLabels": labels}
    assert component.service["spec"]["selector"] == labels


def test_stop_is_waited_for(component: Component, tmp_path: Path) -> None:
    """Kubernetes kills no pod that still drains, neither by its patience nor by the liveness probe."""
    server = component.settings(tmp_path).server
    liveness = component.container["livenessProbe"]
    assert server.drain >= 5
    assert component.pod["terminationGracePeriodSeconds"] > server.drain + server.grace + 5
    assert liveness["periodSeconds"] * liveness["failureThreshold"] > server.drain + server.grace


# ------------------------------------------------------------------------------------------- in step with the code


def test_every_variable_is_a_setting_of_the_program(component: Component) -> None:
    """The program ignores what it does not know, so a misspelt variable would silently do nothing."""
    known = {metadata["variable"] for metadata in declared(SETTINGS[component.name])}
    assert component.plain_environment.keys() | component.secret_environment.keys() <= known
    assert not component.plain_environment.keys() & component.secret_environment.keys()


def test_every_required_setting_is_given(component: Component) -> None:
    """Without one the pod would end at once."""
    given = component.plain_environment.keys() | component.secret_environment.keys()
    assert {
        metadata["variable"] for metadata in declared(SETTINGS[component.name]) if metadata["default"] is None
    } <= given


def test_program_accepts_its_environment(component: Component, tmp_path: Path) -> None:
    """Every value can be read, every file named is mounted, and callers are asked for a token."""
    settings = component.settings(tmp_path)
    assert settings.server.access.tokens_file is not None
    assert settings.server.access.insecure is False


def test_ports_are_those_the_program_listens_on(component: Component, tmp_path: Path) -> None:
    """A headless Service translates no ports: all have to be the same."""
    server = component.settings(tmp_path).server
    ports = {port["name"]: port["containerPort"] for port in component.container["ports"]}
    assert ports == {
        "grpc": port_of(server.listen),
        "health": port_of(server.health_listen),
        "metrics": port_of(server.metrics_listen),
    }
    assert ports["grpc"] == PORTS[component.name]
    for address in (server.listen, server.health_listen, server.metrics_listen):
        assert address.rpartition(":")[0] in ("0.0.0.0", "[::]")
    assert component.service["metadata"]["name"] == f"groupguard-{component.name}"
    assert component.service["spec"]["clusterIP"] == "None"
    assert component.service["spec"]["ports"] == [
        {"name": name, "port": ports[name], "targetPort": name} for name in ("grpc", "metrics")
    ]


def test_the_monitor_chooses_the_metrics_of_this_component(component: Component) -> None:
    """By a Service's labels and the name of its port; its Services are what alerts call jobs."""
    monitor = read(MONITOR / "servicemonitor.yaml")
    assert (monitor["apiVersion"], monitor["kind"]) == ("monitoring.coreos.com/v1", "ServiceMonitor")
    assert (
        monitor["spec"]["selector"]["matchLabels"].items() <= component.service["metadata"]["labels"].items()
    )
    assert [it["port"] for it in monitor["spec"]["endpoints"]] == ["metrics"]


def test_probes_ask_for_names_that_the_program_knows(component: Component, tmp_path: Path) -> None:
    """Readiness follows the store, liveness must not: a restart mends no store."""
    probes = {
        kind: component.container[kind]["grpc"]
        for kind in ("startupProbe", "readinessProbe", "livenessProbe")
    }
    port = port_of(component.settings(tmp_path).server.health_listen)
    assert probes == {
        "startupProbe": {"port": port, "service": health.PROCESS},
        "readinessProbe": {"port": port, "service": SERVICES[component.name]},
        "livenessProbe": {"port": port, "service": health.PROCESS},
    }


def test_command_exists(component: Component) -> None:
    """The words lead through the command tree to the component's own command."""
    program, *words = component.container["command"]
    assert PROJECT["scripts"][program] == "groupguard_cli.main:app"
    command: Any = typer.main.get_command(app)
    for word in words:
        _, command, _ = command.resolve_command(command.make_context("groupguard", [word]), [word])
    assert not hasattr(command, "commands")
    assert command.name == component.name


def test_addresses_of_other_services_exist(component: Component) -> None:
    """Each is the DNS name and port of a headless Service of the base; the defaults are loopback's."""
    services = [read(path) for path in WRITTEN_FILES if path.name == "service.yaml"]
    targets = {
        f"dns:///{it['metadata']['name']}:{port['port']}"
        for it in services
        if it["spec"]["clusterIP"] == "None"
        for port in it["spec"]["ports"]
    }
    called = {
        metadata["variable"]: component.plain_environment[metadata["variable"]]
        for metadata in declared(SETTINGS[component.name])
        if metadata["read"] is target
    }
    assert set(called.values()) <= targets
    assert len(set(called.values())) == len(called)
    assert called.keys() == (
        {"GROUPGUARD_RULE_ADDRESS", "GROUPGUARD_BLACKLIST_ADDRESS"} if component.name == "filter" else set()
    )
    for variable, address in called.items():
        assert variable.split("_")[1].lower() in address
