"""The files of the new service."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from new_stage.stages import Stage

MODEL = "validator"
"""The service whose template, packaging and lock are copied: it has no parameters or permissions of its own."""

WRITTEN = Path(__file__).parent / "service_files"
"""Each has the suffix `.txt`, so that no tool treats it as Python."""

PLACEHOLDER = "STAGE_NAME"

TIMEOUT_SECONDS = 15
"""The default of `contribution` in the orchestrator's stage.py; a test of the templates compares the two."""


def write_service(root: Path, stage: Stage) -> None:
    """Write the package, its template and its tests."""
    folder, model = root / "services" / stage.service, root / "services" / MODEL
    for path in WRITTEN.rglob("*.txt"):
        relative = str(path.relative_to(WRITTEN).with_suffix("")).replace(PLACEHOLDER, stage.name)
        _write(folder / relative, path.read_text("utf-8").replace(PLACEHOLDER, stage.name))
    for name in ("Makefile", "requirements.lock", "template.yaml", "pyproject.toml"):
        text = (model / name).read_text("utf-8")
        if name != "requirements.lock":
            text = text.replace(MODEL, stage.service).replace(MODEL.capitalize(), stage.title)
        _write(folder / name, text)
    _describe(
        folder / "template.yaml",
        ("^Description: ", f"Stage {stage.name} of the durable pipeline. Contributes an object to each record."),
        ("^      Description: ", "Contributes an object to each record of a chunk"),
        ("^      Timeout: ", str(TIMEOUT_SECONDS)),
    )
    _describe(
        folder / "pyproject.toml",
        ("^version = ", '"1.0.0"'),
        ("^description = ", f'"Stage {stage.name} of the durable pipeline"'),
    )


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def _describe(path: Path, *values: tuple[str, str]) -> None:
    """Replace values in the first lines with the given beginnings."""
    text = path.read_text("utf-8")
    for beginning, value in values:
        text = re.sub(rf"({beginning}).*$", rf"\g<1>{value}", text, count=1, flags=re.MULTILINE)
    path.write_text(text, "utf-8")
