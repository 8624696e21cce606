"""The repository of a command: the one that contains the working folder."""

from __future__ import annotations

from pathlib import Path

from pipeline_cli.errors import DeployError

ROOT_TEMPLATE = Path("infra/template.yaml")


def find_repository() -> Path:
    """Find the repository of the working folder; raises DeployError if there is none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / ROOT_TEMPLATE).is_file():
            return folder
    raise DeployError(f"there is no {ROOT_TEMPLATE} in {here} or above; run this in the repository")
