"""The published schemas of the versions that a service may meet."""

from __future__ import annotations

import json
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

from packaging.version import Version

Json = dict[str, Any]

CONTRACTS: Final = Path(__file__).resolve().parents[4] / "contracts"
SCHEMAS: Final = CONTRACTS / "schemas"
DISTRIBUTION: Final = "durable-pipeline-contracts"


def peers(installed: str = "") -> list[str]:
    """Return the lowest and the newest published version of the installed major, the range of possible peers."""
    major = Version(installed or version(DISTRIBUTION)).major
    published = sorted(map(Version, (folder.name for folder in SCHEMAS.iterdir())))
    same = [str(one) for one in published if one.major == major]
    return list(dict.fromkeys((same[0], same[-1])))


def schema(of: str, name: str) -> Json:
    """Read a schema, such as `storage-request`."""
    read: Json = json.loads((SCHEMAS / of / f"{name}.json").read_text("utf-8"))
    return read


def minor(of: str) -> str:
    """Format a version as in exchanges: `1.1.0` becomes `1.1`."""
    return ".".join(of.split(".")[:2])


def as_read_by(reader: str, name: str, sender: str) -> Json:
    """Return the schema by which a reader accepts data of a sender, whose version is as in exchanges.

    A key that the schema does not name breaks the contract, unless the sender has a newer minor version.
    """
    read = schema(reader, name)
    newer = Version(sender) > Version(minor(reader))
    return _open(read) if newer else read


def _open(node: Any) -> Any:
    if isinstance(node, dict):
        closed = node.get("additionalProperties") is False
        return {key: _open(value) for key, value in node.items() if not (closed and key == "additionalProperties")}
    return [_open(one) for one in node] if isinstance(node, list) else node
