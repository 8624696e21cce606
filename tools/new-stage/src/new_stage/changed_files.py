"""The files that a new stage changes, and putting them back."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORCHESTRATOR = "services/orchestrator"
STAGES = f"{ORCHESTRATOR}/src/orchestrator/stages.py"
ORCHESTRATOR_TEMPLATE = f"{ORCHESTRATOR}/template.yaml"
ORCHESTRATOR_PROJECT = f"{ORCHESTRATOR}/pyproject.toml"
EXPORTED = f"{ORCHESTRATOR}/pipeline.json"
GOLDEN = f"{ORCHESTRATOR}/tests/golden"
ROOT_TEMPLATE = "infra/template.yaml"
MONITORING = "infra/monitoring/template.yaml"
METRICS = "infra/monitoring/metrics.yaml"
ASYNCAPI = "contracts/asyncapi.yaml"
LIMITS_PAGE = "docs/architecture.md"

CHANGED = (
    *(STAGES, ORCHESTRATOR_TEMPLATE, ORCHESTRATOR_PROJECT, EXPORTED),
    *(ROOT_TEMPLATE, MONITORING, METRICS, ASYNCAPI, LIMITS_PAGE),
)


@contextmanager
def undone_on_error(root: Path, service: Path) -> Iterator[None]:
    """On any error, an interruption too, put all files back and remove the new service."""
    histories = root / GOLDEN
    before = {path: path.read_bytes() for path in (*(root / name for name in CHANGED), *histories.glob("*.json"))}
    try:
        yield
    except BaseException:
        shutil.rmtree(service, ignore_errors=True)
        for path in set(histories.glob("*.json")) - before.keys():
            path.unlink()
        for path, content in before.items():
            path.write_bytes(content)
        raise
