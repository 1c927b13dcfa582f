"""The software bill of materials, as CycloneDX 1.6 in JSON; without time and serial number, so that it changes only with the lock.

The hashes of files are in the lock, which has more than one for each component.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from supply.lock import Pin


def sbom(pins: Sequence[Pin], licences: Mapping[tuple[str, str], str], version: str) -> str:
    """Returns the document.

    Args:
        pins: the lock file's.
        licences: by name and version.
        version: groupguard's own.
    """
    root = f"pkg:pypi/groupguard@{version}"
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": root,
                "name": "groupguard",
                "version": version,
                "purl": root,
                "licenses": [{"expression": "Apache-2.0"}],
            }
        },
        "components": [_component(pin, licences[pin.name, pin.version]) for pin in pins],
        "dependencies": [
            {"ref": root, "dependsOn": [_purl(pin) for pin in pins if "groupguard" in pin.needed_by]},
            *(
                {"ref": _purl(pin), "dependsOn": [_purl(it) for it in pins if pin.name in it.needed_by]}
                for pin in pins
            ),
        ],
    }
    return json.dumps(document, indent=2) + "\n"


def _purl(pin: Pin) -> str:
    return f"pkg:pypi/{pin.name}@{pin.version}"


def _component(pin: Pin, licence: str) -> dict[str, Any]:
    marker = [{"name": "python:marker", "value": pin.marker}] if pin.marker else []
    component = {
        "type": "library",
        "bom-ref": _purl(pin),
        "name": pin.name,
        "version": pin.version,
        "purl": _purl(pin),
        "licenses": [{"expression": licence}],
    }
    return {**component, "properties": marker} if marker else component
