"""The files of the new service."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import TYPE_CHECKING

from new_stage.text import renamed

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

    from new_stage.edits import Edits
    from new_stage.names import Names

MODEL = "validator"
"""The service whose template, packaging and lock a new one has: it has no parameter or permission of its own."""

PLACEHOLDER = "STAGE_NAME"
SUFFIX = ".txt"
"""Of the files here, so that no tool takes them for Python."""


def write_service(edits: Edits, names: Names) -> None:
    """Write the package, its template and its tests."""
    folder = f"services/{names.name}"
    for path, text in _files(files("new_stage") / "service_files", ""):
        edits.set(f"{folder}/{path}".replace(PLACEHOLDER, names.name), text.replace(PLACEHOLDER, names.name))
    model = f"services/{MODEL}"
    for name in ("Makefile", "requirements.lock"):
        edits.set(f"{folder}/{name}", edits.read(f"{model}/{name}"))
    own = {MODEL: names.name, MODEL.capitalize(): names.title}
    template = renamed(edits.read(f"{model}/template.yaml"), own)
    template = _described(
        template, "", f"Stage {names.name} of the durable pipeline. Contributes an object to each record."
    )
    template = _described(template, "      ", "Contributes an object to each record of a chunk")
    edits.set(f"{folder}/template.yaml", template)
    project = renamed(edits.read(f"{model}/pyproject.toml"), own)
    project = re.sub(r'(?m)^version = ".*"$', 'version = "1.0.0"', project)
    project = re.sub(
        r'(?m)^description = ".*"$', f'description = "Stage {names.name} of the durable pipeline"', project
    )
    edits.set(f"{folder}/pyproject.toml", project)


def _files(folder: Traversable, within: str) -> list[tuple[str, str]]:
    found = []
    for entry in folder.iterdir():
        if entry.is_dir():
            found += _files(entry, f"{within}{entry.name}/")
        elif entry.name.endswith(SUFFIX):
            found.append((f"{within}{entry.name.removesuffix(SUFFIX)}", entry.read_text("utf-8")))
    return found


def _described(template: str, indent: str, description: str) -> str:
    """Replace the first description of an indentation."""
    return re.sub(rf"(?m)^{indent}Description: .*$", f"{indent}Description: {description}", template, count=1)
