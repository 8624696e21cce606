"""The document as a file."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING, Any, Final

import yaml

from pipeline_asyncapi.document import document

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "contracts/asyncapi.yaml"
EXPORTED: Final = "services/orchestrator/pipeline.json"
"""What the orchestrator exports."""

NOTE: Final = "Generated from the models by `./nox -s asyncapi -- --write`: change those."


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and what is the same in two places twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def written(repository: Path) -> str:
    """Write the document of a repository as YAML."""
    project = tomllib.loads((repository / "contracts/pyproject.toml").read_text("utf-8"))["project"]
    stages = json.loads((repository / EXPORTED).read_text("utf-8"))["stages"]
    described = document(project["version"], stages)
    text = yaml.dump(described, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return f"# {NOTE}\n{text}"
