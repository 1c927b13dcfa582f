"""The Kubernetes manifests as tests read them: written or rendered, with what the programs make of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, cast

import pytest
import yaml

import blacklist_service.__main__
import filter_service.__main__
import rule_service.__main__
from blacklist_service.config import BlacklistSettings
from filter_service.config import FilterSettings
from rule_service.config import RuleSettings
from service_kit.settings import load
from support.services import ROOT

K8S = ROOT / "deploy" / "k8s"
BASE = K8S / "base"

SETTINGS: dict[str, Any] = {"rule": RuleSettings, "filter": FilterSettings, "blacklist": BlacklistSettings}
SERVICES = {
    "rule": rule_service.__main__.SERVICE,
    "filter": filter_service.__main__.SERVICE,
    "blacklist": blacklist_service.__main__.SERVICE,
}
SECRETS = {
    "groupguard-stores": {"durable-url": "redis://durable", "ephemeral-url": "redis://ephemeral"},
    "groupguard-tokens": {"tokens.json": '{"tokens": []}', "filter-token": "gg_secret"},
    "groupguard-tls": {"tls.crt": "a certificate", "tls.key": "its key", "ca.crt": "an authority"},
}
"""What the manifests may ask for: the Secrets that the README makes."""

OLDEST_KUBERNETES = "1.27"
"""The first with everything that the base uses in beta or better, and with gRPC probes for good."""


def read(path: Path) -> dict[str, Any]:
    """The one object of a file; more than one is an error."""
    return cast(dict[str, Any], yaml.safe_load(path.read_text("utf-8")))


@dataclass(frozen=True, slots=True)
class Component:
    """One service, as written in the base or as an overlay renders it."""

    name: str
    config_maps: Mapping[str, Mapping[str, str]]
    """Their data by name."""
    secrets: Mapping[str, Mapping[str, str]]
    """Likewise."""
    deployment: dict[str, Any]
    service: dict[str, Any]

    @classmethod
    def written(cls, name: str) -> Component:
        """Reads a folder of the base; the Secrets are those that the README makes."""
        folder = BASE / name
        generated = {
            generator["name"]: dict(literal.split("=", 1) for literal in generator["literals"])
            for generator in read(folder / "kustomization.yaml")["configMapGenerator"]
        }
        return cls(name, generated, SECRETS, read(folder / "deployment.yaml"), read(folder / "service.yaml"))

    @property
    def pod(self) -> dict[str, Any]:
        return cast(dict[str, Any], self.deployment["spec"]["template"]["spec"])

    @property
    def container(self) -> dict[str, Any]:
        (container,) = self.pod["containers"]
        return cast(dict[str, Any], container)

    @property
    def plain_environment(self) -> dict[str, str]:
        """Variables whose values are in the manifests."""
        found: dict[str, str] = {}
        for source in self.container["envFrom"]:
            found |= self.config_maps[source["configMapRef"]["name"]]
        return found | {item["name"]: item["value"] for item in self.container["env"] if "value" in item}

    @property
    def secret_environment(self) -> dict[str, str]:
        """Variables whose values are in a Secret."""
        references = {
            item["name"]: item["valueFrom"]["secretKeyRef"]
            for item in self.container["env"]
            if "value" not in item
        }
        return {name: self.secrets[it["name"]][it["key"]] for name, it in references.items()}

    @property
    def mounted(self) -> dict[str, str]:
        """Contents of mounted Secrets by path."""
        volumes = {volume["name"]: volume["secret"] for volume in self.pod["volumes"]}
        return {
            f"{mount['mountPath']}/{item['path']}": self.secrets[volumes[mount["name"]]["secretName"]][
                item["key"]
            ]
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


def declared(settings: Any) -> Iterator[Any]:
    """The metadata of all settings of a dataclass, those inside it included."""
    for field in fields(settings):
        if "variable" in field.metadata:
            yield field.metadata
        else:
            yield from declared(field.type)


def port_of(address: str) -> int:
    return int(address.rpartition(":")[2])


def rendered(folder: Path) -> list[dict[str, Any]]:
    """What `kubectl apply -k` would send; skips the test where kubectl is missing or too old."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed")
    told = json.loads(_kubectl("version", "--client", "-o", "json"))["clientVersion"]
    version = tuple(int(re.sub(r"\D", "", told[part])) for part in ("major", "minor"))
    if version < tuple(map(int, OLDEST_KUBERNETES.split("."))):
        pytest.skip(f"kubectl is {version[0]}.{version[1]}, older than {OLDEST_KUBERNETES}")
    return list(yaml.safe_load_all(_kubectl("kustomize", str(folder))))


def _kubectl(*arguments: str) -> str:
    return subprocess.run(
        ["kubectl", *arguments], check=True, capture_output=True, encoding="utf-8", timeout=30
    ).stdout
