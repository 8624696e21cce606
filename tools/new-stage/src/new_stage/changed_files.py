"""The files that a new stage changes, and restoring them."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
FUZZ_PROJECT = "tests/fuzz/pyproject.toml"
LIMITS_PAGE = "docs/architecture.md"

CHANGED = (
    *(STAGES, ORCHESTRATOR_TEMPLATE, ORCHESTRATOR_PROJECT, EXPORTED),
    *(ROOT_TEMPLATE, MONITORING, METRICS, ASYNCAPI, LIMITS_PAGE, FUZZ_PROJECT),
)


@contextmanager
def undone_on_error(files: Iterable[Path], *folders: Path) -> Iterator[None]:
    """On any error or interruption, restore the files, and the exact contents of the folders."""
    new = [folder for folder in folders if not folder.exists()]
    before = {path: path.read_bytes() for path in {*files, *_files(folders)}}
    try:
        yield
    except BaseException:
        for path in _files(folders) - before.keys():
            path.unlink()
        for folder in new:
            shutil.rmtree(folder, ignore_errors=True)
        for path, content in before.items():
            path.write_bytes(content)
        raise


def _files(folders: Iterable[Path]) -> set[Path]:
    return {path for folder in folders for path in folder.rglob("*") if path.is_file()}
