"""The two files that are generated, each with its text."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any, Final

import yaml

from pipeline_asyncapi.document import document
from pipeline_asyncapi.page import page

if TYPE_CHECKING:
    from pathlib import Path

NOTE: Final = "Generated from the models by `./nox -s asyncapi -- --write`: change those."


class _Dumper(yaml.SafeDumper):
    """Writes lists indented, and what is the same in two places twice."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002, FBT001, FBT002
        super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def written(repository: Path) -> dict[Path, str]:
    """Say what each file of a repository has to hold."""
    contracts = repository / "contracts"
    version = tomllib.loads((contracts / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    described = document(version)
    text = yaml.dump(described, Dumper=_Dumper, sort_keys=False, width=110, allow_unicode=True)
    return {
        contracts / "asyncapi.yaml": f"# {NOTE}\n{text}",
        repository / "docs" / "asyncapi.md": f"<!-- {NOTE} -->\n\n{page(described)}",
    }
