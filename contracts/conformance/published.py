"""The published schemas, of the versions that a service supports."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any, Final

from packaging.requirements import Requirement
from packaging.version import Version

Json = dict[str, Any]

CONTRACTS: Final = Path(__file__).resolve().parents[1]
SCHEMAS: Final = CONTRACTS / "schemas"
DISTRIBUTION: Final = "durable-pipeline-contracts"


def supported(pyproject: Path) -> list[str]:
    """The lowest and the newest published version in the range that a service declares; once if they are the same."""
    project = tomllib.loads(pyproject.read_text("utf-8"))["project"]
    (declared,) = (one for one in map(Requirement, project["dependencies"]) if one.name == DISTRIBUTION)
    versions = sorted(map(Version, (folder.name for folder in SCHEMAS.iterdir())))
    admitted = [str(version) for version in versions if version in declared.specifier]
    return list(dict.fromkeys((admitted[0], admitted[-1])))


def schema(version: str, name: str) -> Json:
    """Read a schema, such as `storage-request`."""
    read: Json = json.loads((SCHEMAS / version / f"{name}.json").read_text("utf-8"))
    return read


def minor(version: str) -> str:
    """Write a version as exchanges have it: `1.1.0` is `1.1`."""
    return ".".join(version.split(".")[:2])


def as_read_by(version: str, name: str, sender: str) -> Json:
    """Give the schema by which a reader of a version takes what a sender wrote, whose version is as in exchanges.

    A key that the schema does not name breaks the contract, unless the sender has a newer minor version.
    """
    read = schema(version, name)
    newer = Version(sender) > Version(minor(version))
    return _open(read) if newer else read


def _open(node: Any) -> Any:
    if isinstance(node, dict):
        closed = node.get("additionalProperties") is False
        return {key: _open(value) for key, value in node.items() if not (closed and key == "additionalProperties")}
    return [_open(one) for one in node] if isinstance(node, list) else node
