"""The names in the repository that a new stage would take from something else."""

from __future__ import annotations

import importlib.util
import re
import sys
from typing import TYPE_CHECKING

from new_stage.changed_files import MONITORING, ORCHESTRATOR, ORCHESTRATOR_TEMPLATE, ROOT_TEMPLATE
from new_stage.service import WRITTEN

if TYPE_CHECKING:
    from pathlib import Path

    from new_stage.stages import Stage

FOLDERS = ("services", "infra", "tools", "tests", ".")
"""A folder in one of these is a package, a stack or a part of the repository; commands take its name."""

RESERVED = {
    "build": "git ignores folders of that name",
    "dist": "git ignores folders of that name",
    "everything": "it is the root stack on the command line",
    "root": "it is the root stack in the tests of the templates",
}

WRITTEN_TO = (ROOT_TEMPLATE, ORCHESTRATOR_TEMPLATE, MONITORING)
OPERATIONS = (f"{ORCHESTRATOR}/src/orchestrator/*.py",)
"""Their constants are the names of operations, and of the intake, which rejects messages as stages do."""
PROJECTS = ("pyproject.toml", "*/pyproject.toml", "*/*/pyproject.toml")
"""All services are installed into one environment, with distributions of other names."""


def what_has(root: Path, stage: Stage) -> str:
    """Say what has a name of a new stage already; empty if nothing has."""
    if stage.name in RESERVED:
        return RESERVED[stage.name]
    for folder in FOLDERS:
        if (root / folder / stage.name).exists():
            return f"there is a folder {(root / folder / stage.name).relative_to(root)}"
    if stage.name in sys.stdlib_module_names or importlib.util.find_spec(stage.name):
        return "a Python module has that name, and its package would hide it"
    if (WRITTEN / "tests" / f"{stage.name}.py.txt").exists():
        return "a module of its tests has that name"
    names = f"(?:{'|'.join((stage.name, stage.title, stage.parameter, stage.variable))})"
    for pattern, places in (
        (rf"^[ -]*({names}(?=:)|Id: {names}$)", WRITTEN_TO),
        (rf'^([A-Z_]+ = "{names}")$', OPERATIONS),
        (rf'"((?:durable-pipeline-)?{names})["\[<>=~!]', PROJECTS),
    ):
        for path in sorted(path for place in places for path in root.glob(place)):
            if found := re.search(pattern, path.read_text("utf-8"), re.MULTILINE):
                return f"{path.relative_to(root)} has {found[1]} already"
    return ""
