"""The file that tells dex-local-runner which functions a durable function may invoke."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from local_aws.deploy.deployment import DeployedFunction


def function_configs(run: Path) -> Path:
    """Return the path of the file in the folder of the run."""
    return run / "functions.json"


def write_function_configs(run: Path, functions: Iterable[DeployedFunction]) -> None:
    """Replace the file atomically, because it may be read at any time.

    dex-local-runner knows functions by bare name: an entry serves every alias and version of it.
    """
    known: dict[str, dict[str, Any]] = {}
    for function in functions:
        timeout = function.execution_timeout
        known[function.name] = {"DurableConfig": {"ExecutionTimeout": timeout}} if timeout else {}
    written = function_configs(run).with_suffix(".new")
    written.write_text(json.dumps(known))
    written.replace(function_configs(run))
