"""The Kubernetes base: valid, safe to run and to roll out, and in step with the programs it starts."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import kubernetes_validate
import pytest
import typer
import yaml
from typer.testing import CliRunner

import blacklist_service.__main__
import filter_service.__main__
import rule_service.__main__
from blacklist_service.config import BlacklistSettings
from filter_service.config import FilterSettings
from groupguard_cli.main import app
from groupguard_client.connection import PORTS
from rule_service.config import RuleSettings
from service_kit import health
from service_kit.auth import Role, Tokens
from service_kit.settings import load, target

ROOT = Path(__file__).parents[2]
BASE = ROOT / "deploy" / "k8s" / "base"
README = BASE.parent / "README.md"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

SETTINGS: dict[str, Any] = {"rule": RuleSettings, "filter": FilterSettings, "blacklist": BlacklistSettings}
SERVICES = {
    "rule": rule_service.__main__.SERVICE,
    "filter": filter_service.__main__.SERVICE,
    "blacklist": blacklist_service.__main__.SERVICE,
}
SECRETS = {
    "groupguard-stores": {"durable-url": "redis://durable", "ephemeral-url": "redis://ephemeral"},
    "groupguard-tokens": {"tokens.json": '{"tokens": []}', "filter-token": "gg_secret"},
}
"""What the manifests may ask for: the Secrets that the README makes."""

OLDEST_KUBERNETES = "1.27"
"""The first with everything that the base uses in beta or better, and with gRPC probes for good."""
WRITTEN_FILES = sorted(path for path in BASE.rglob("*.yaml") if path.name != "kustomization.yaml")


def read(path: Path) -> dict[str, Any]:
    """The one object of a file; more than one is an error."""
    return cast(dict[str, Any], yaml.safe_load(path.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Component:
    """One service's folder."""

    name: str
    kustomization: dict[str, Any]
    deployment: dict[str, Any]
    service: dict[str, Any]

    @property
    def pod(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.deployment["spec"]["template"]["spec"])

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.pod["containers"]
        return cast(dict[str, Any], container)

    @property
    def plain_environment(self) -> dict[str, str]:
        """Variables whose values are in the base."""
        generated = {
            generator["name"]: dict(literal.split("=", 1) for literal in generator["literals"])
            for generator in self.kustomization["configMapGenerator"]
        }
        found: dict[str, str] = {}
        for source in self.container["envFrom"]:
            found |= generated[source["configMapRef"]["name"]]
        return found | {item["name"]: item["value"] for item in self.container["env"] if "value" in item}

    @property
    def secret_environment(self) -> dict[str, str]:
        """Variables whose values are in a Secret."""
        references = {
            item["name"]: item["valueFrom"]["secretKeyRef"]
            for item in self.container["env"]
            if "value" not in item
        }
        return {name: SECRETS[it["name"]][it["key"]] for name, it in references.items()}

    @property
    def mounted(self) -> dict[str, str]:
        """Contents of mounted Secrets by path."""
        volumes = {volume["name"]: volume["secret"] for volume in self.pod["volumes"]}
        return {
            f"{mount['mountPath']}/{item['path']}": SECRETS[volumes[mount["name"]]["secretName"]][item["key"]]
            for mount in self.container["volumeMounts"]
            for item in volumes[mount["name"]]["items"]
        }

    def settings(self, folder: Path) -> Any:
        """What the program makes of its environment, with the mounted files below `folder`."""
        for path, content in self.mounted.items():
            file = folder / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(content, "utf-8")
        plain = {
            name: f"{folder}{value}" if value.startswith("/") else value
            for name, value in self.plain_environment.items()
        }
        return load(SETTINGS[self.name], plain | self.secret_environment)


@pytest.fixture(params=SETTINGS)
def component(request: pytest.FixtureRequest) -> Component:
    """Each component in turn."""
    names = ("kustomization", "deployment", "service")
    return Component(request.param, *(read(BASE / request.param / f"{name}.yaml") for name in names))


def declared(settings: Any) -> Iterator[Any]:
    """The metadata of all settings of a dataclass, those inside it included."""
    for field in fields(settings):
        if "variable" in field.metadata:
            yield field.metadata
        else:
            yield from declared(field.type)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


# ---------------------------------------------------------------------------------------------------------- valid


@pytest.mark.parametrize("version", [OLDEST_KUBERNETES, kubernetes_validate.latest_version()])
@pytest.mark.parametrize("path", WRITTEN_FILES, ids=lambda path: str(path.relative_to(BASE)))
def test_file_holds_one_valid_object_of_the_kind_it_is_named_after(path: Path, version: str) -> None:
    """Strict: a misspelt field is an error, not ignored."""
    manifest = read(path)
    kubernetes_validate.validate(manifest, version, strict=True)
    assert manifest["kind"].lower() == path.stem
    assert "namespace" not in manifest["metadata"]


def test_every_file_is_part_of_the_base() -> None:
    """A file that no kustomization names would be checked here and never applied."""

    def reached(folder: Path) -> Iterator[Path]:
        for name in read(folder / "kustomization.yaml")["resources"]:
            if (folder / name).is_dir():
                yield from reached(folder / name)
            else:
                yield folder / name

    assert sorted(reached(BASE)) == WRITTEN_FILES
    assert {path.parent.name for path in WRITTEN_FILES} == set(SETTINGS)


def test_image_is_of_the_version_of_the_project() -> None:
    """Neither `latest` nor what somebody forgot to raise."""
    images = read(BASE / "kustomization.yaml")["images"]
    assert images == [{"name": "groupguard", "newTag": PROJECT["version"]}]


def test_kubectl_renders_the_base() -> None:
    """What `kubectl apply -k` sends is what the other tests looked at, tied together."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    told = json.loads(_kubectl("version", "--client", "-o", "json"))["clientVersion"]
    version = tuple(int(re.sub(r"\D", "", told[part])) for part in ("major", "minor"))
    if version < tuple(map(int, OLDEST_KUBERNETES.split("."))):
        pytest.skip(f"kubectl is {version[0]}.{version[1]}, older than {OLDEST_KUBERNETES}")

    rendered = list(yaml.safe_load_all(_kubectl("kustomize", str(BASE))))

    for manifest in rendered:
        kubernetes_validate.validate(manifest, kubernetes_validate.latest_version(), strict=True)
        assert "namespace" not in manifest["metadata"]
    by_kind = {
        kind: {it["metadata"]["name"]: it for it in rendered if it["kind"] == kind}
        for kind in ("ConfigMap", "Deployment", "Service")
    }
    assert sum(map(len, by_kind.values())) == len(rendered)
    names = {f"groupguard-{name}" for name in SETTINGS}
    assert set(by_kind["Service"]) == set(by_kind["Deployment"]) == names
    for name, deployment in by_kind["Deployment"].items():
        (container,) = deployment["spec"]["template"]["spec"]["containers"]
        (source,) = container["envFrom"]
        assert container["image"] == f"groupguard:{PROJECT['version']}"
        assert source["configMapRef"]["name"].startswith(f"{name}-")
        assert source["configMapRef"]["name"] in by_kind["ConfigMap"]


def _kubectl(*arguments: str) -> str:
    return subprocess.run(
        ["kubectl", *arguments], check=True, capture_output=True, encoding="utf-8", timeout=30
    ).stdout


# ----------------------------------------------------------------------------------------------------------- safe


def test_pod_is_restricted(component: Component) -> None:
    """At least what the Pod Security Standard `restricted` asks for."""
    pod, container = component.pod, component.container
    assert not pod.keys() & {"hostNetwork", "hostPID", "hostIPC", "initContainers"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not any("hostPort" in port for port in container["ports"])
    for part in ("requests", "limits"):
        assert container["resources"][part].keys() == {"cpu", "memory"}


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
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert spec["minReadySeconds"] >= 30  # a DNS record's life, and gRPC's pause between two look-ups
    patience = startup["periodSeconds"] * startup["failureThreshold"]
    assert patience >= 300
    assert spec["progressDeadlineSeconds"] > patience + spec["minReadySeconds"]


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
    assert settings.server.tokens_file is not None
    assert settings.server.insecure is False


def test_ports_are_those_the_program_listens_on(component: Component, tmp_path: Path) -> None:
    """A headless Service translates no ports: all have to be the same."""
    server = component.settings(tmp_path).server
    ports = {port["name"]: port["containerPort"] for port in component.container["ports"]}
    assert ports == {"grpc": port_of(server.listen), "health": port_of(server.health_listen)}
    assert ports["grpc"] == PORTS[component.name]
    for address in (server.listen, server.health_listen):
        assert address.rpartition(":")[0] in ("0.0.0.0", "[::]")
    assert component.service["metadata"]["name"] == f"groupguard-{component.name}"
    assert component.service["spec"]["clusterIP"] == "None"
    assert component.service["spec"]["ports"] == [
        {"name": "grpc", "port": ports["grpc"], "targetPort": "grpc"}
    ]


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


# ------------------------------------------------------------------------------------------------------- the Secrets


def test_readme_makes_the_secrets_that_are_asked_for() -> None:
    """By name and by key."""
    text = README.read_text("utf-8")
    assert set(re.findall(r"create secret generic (\S+)", text)) == set(SECRETS)
    assert set(re.findall(r"--from-file=([\w.-]+)", text)) == set(SECRETS["groupguard-tokens"])
    assert set(re.findall(r"^([\w-]+-url)=", text, re.MULTILINE)) == set(SECRETS["groupguard-stores"])


def test_made_token_lets_filter_service_in(tmp_path: Path) -> None:
    """The command line that the README gives makes an entry that a server reads and that knows the token."""
    line = re.search(r"^groupguard (token filter .+?) *>", README.read_text("utf-8"), re.MULTILINE)
    assert line is not None
    made = CliRunner().invoke(app, line[1].replace("'", "").split(), env={"FORCE_COLOR": None})
    file = tmp_path / "tokens.json"
    file.write_text(made.stderr, "utf-8")

    caller = Tokens.read(file).caller(f"Bearer {made.stdout.strip()}")

    assert caller.roles_in("ww1") == {Role("service")}
