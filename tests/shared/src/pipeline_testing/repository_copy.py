"""A copy of the deployed files, with some text changed, for tests of changes."""

from __future__ import annotations

import shutil
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[4]

Edit = tuple[str, str, str]
"""A file, a text that occurs in it exactly once, and its replacement."""

_REDELIVERY = "services/orchestrator/src/orchestrator/redelivery.py"

SHORT_WAITS: tuple[Edit, ...] = (
    (_REDELIVERY, "OWN_FAULT_SECONDS = (10, 20, 40, 80, 160, 300)", "OWN_FAULT_SECONDS = (2, 4, 8, 16, 16, 16)"),
    (_REDELIVERY, "OUTAGE_SECONDS = (60, 300, 840, 900)", "OUTAGE_SECONDS = (3, 15, 42, 45)"),
)
"""A failed message waits a fifth of the time, and in an outage a twentieth, before redelivery."""

_COPIED = ("contracts", "services", "infra", "tools/service-build", "pyproject.toml")
_LEFT_OUT = shutil.ignore_patterns("__pycache__", ".*", "tests")


_MADE_HERE = shutil.ignore_patterns("__pycache__", ".git", ".nox", ".emulator", ".*cache*", ".hypothesis", "dist")


def whole_copy(folder: Path) -> Path:
    """Copy the repository into a new folder, without generated files, and return the folder."""
    return Path(shutil.copytree(REPOSITORY, folder, ignore=_MADE_HERE))


def changed_copy(folder: Path, *edits: Edit) -> Path:
    """Copy the deployed files into a folder, with edits, and return the folder."""
    for name in _COPIED:
        source = REPOSITORY / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=_LEFT_OUT)
        else:
            shutil.copyfile(source, folder / name)
    for name, old, new in edits:
        file = folder / name
        text = file.read_text(encoding="utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{old!r} occurs {text.count(old)} times in {name}")
        file.write_text(text.replace(old, new), encoding="utf-8")
    return folder
