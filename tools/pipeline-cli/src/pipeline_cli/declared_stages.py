"""The stages of this checkout, as the orchestrator exports them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXPORTED = Path("services/orchestrator/pipeline.json")
ORCHESTRATOR = "orchestrator"
STORE = "store"


@dataclass(frozen=True)
class DeclaredStage:
    """A stage: its name, its service, and the request to that service."""

    name: str
    service: str
    request: str
    output_bytes: int


def stages(repository: Path) -> list[DeclaredStage]:
    """Read the stages, in their order."""
    return [
        DeclaredStage(stage["name"], stage["service"], stage["request"], stage["output_bytes"])
        for stage in exported(repository)["stages"]
    ]


def services(repository: Path) -> list[str]:
    """Return the services: those of the stages, and the orchestrator."""
    return [*dict.fromkeys(stage.service for stage in stages(repository)), ORCHESTRATOR]


def exported(repository: Path) -> dict[str, Any]:
    """Read everything that the orchestrator exports."""
    read: dict[str, Any] = json.loads((repository / EXPORTED).read_text(encoding="utf-8"))
    return read
