"""The document as a file."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, Final

import yaml

from asyncapi.document import document

CONTRACTS: Final = Path(__file__).resolve().parents[1]
PATH: Final = CONTRACTS / "asyncapi.yaml"
NOTE: Final = "Generated from the models by `./nox -s asyncapi -- --write`: change those."


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and what is the same in two places twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def written() -> str:
    """Write the document as YAML."""
    version = tomllib.loads((CONTRACTS / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    text = yaml.dump(document(version), Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return f"# {NOTE}\n{text}"
