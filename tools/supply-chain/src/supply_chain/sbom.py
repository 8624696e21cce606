"""Write a bill of materials for each service from its lock, as CycloneDX JSON.

    python -m supply_chain.sbom dist services/*

Two runs on the same sources give the same bytes. Addresses of registers are left out: a package is identified by name,
version and hashes, wherever it came from.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from supply_chain import OWN

VERSION = SchemaVersion.V1_6


def main(arguments: list[str]) -> int:
    """Write `<folder>/<service>.cdx.json` for each service."""
    folder, *services = map(Path, arguments)
    folder.mkdir(parents=True, exist_ok=True)
    for service in services:
        written = folder / f"{service.name}.cdx.json"
        bill = bill_of(service)
        written.write_text(json.dumps(bill, indent=2) + "\n", encoding="utf-8")
        print(f"{written}: {len(bill['components'])} components")
    return 0


def bill_of(service: Path) -> dict[str, Any]:
    """Describe a service; raises ValueError if the description breaks the schema of CycloneDX."""
    options = ["--output-reproducible", "--no-validate", "--output-format=JSON"]
    options += [f"--spec-version={VERSION.to_version()}"]
    sources = ["--pyproject", str(service / "pyproject.toml"), str(service / "requirements.lock")]
    command = [sys.executable, "-W", "ignore", "-m", "cyclonedx_py", "requirements", *options, *sources]
    made = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - words of this file
    bill: dict[str, Any] = json.loads(made.stdout)
    metadata = bill["metadata"]
    for tool in metadata["tools"]["components"]:
        tool.pop("externalReferences", None)
    bill["components"] = [_without_address(component) for component in bill["components"]]
    # The lock does not record why a package is required; by the specification, what the graph omits is unknown.
    direct = _direct(service)
    refs = sorted(component["bom-ref"] for component in bill["components"] if component["name"] in direct)
    bill["dependencies"] = [{"ref": metadata["component"]["bom-ref"], "dependsOn": refs}]
    if errors := JsonStrictValidator(VERSION).validate_str(json.dumps(bill)):
        raise ValueError(f"{service}: {errors}")
    return bill


def _direct(service: Path) -> set[str]:
    project = tomllib.loads((service / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {re.split(r"[^\w.-]", requirement, maxsplit=1)[0] for requirement in project["dependencies"]}


def _without_address(component: dict[str, Any]) -> dict[str, Any]:
    """Keep the identity of a component; cyclonedx-py names it by line and adds its addresses."""
    hashes = [one for reference in component["externalReferences"] for one in reference.get("hashes", [])]
    kept = {
        "type": component["type"],
        "bom-ref": f"{component['name']}@{component['version']}",
        "name": component["name"],
        "version": component["version"],
        "purl": component["purl"],
        # The hashes of every distribution that the lock admits; the target determines which one is installed.
        "properties": [{"name": "durable-pipeline:sha256", "value": one["content"]} for one in hashes],
    }
    if component["name"].startswith(OWN):
        del kept["purl"]  # it is on no index, and must not be looked for there
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
