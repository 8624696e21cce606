"""The files of the repository that contain the name."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from new_stage.tool_process import run_tool

from pipeline_rename.names import RenameError, replacements
from pipeline_rename.wheels import rename_wheel

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pipeline_rename.names import Name

RELEASES = "contracts/releases"


def tracked(root: Path) -> list[Path]:
    """List the files tracked by git.

    Raises:
        RenameError: Some are not committed: undoing a rename could not spare other changes.
    """
    if _git(root, "status", "--porcelain"):
        raise RenameError("the tree has changes: commit them first, so that git shows what was renamed")
    return [root / name for name in _git(root, "ls-files", "-z").split("\0") if name]


def rename(root: Path, files: list[Path], old: Name, new: Name) -> None:
    """Replace the old name in the released wheels and in all text files."""
    names = replacements(old, new)
    wheels = sorted((root / RELEASES).glob("*.whl"))
    digests = dict(rename_wheel(wheel, lambda text: _replaced(text, names)) for wheel in wheels)
    for path in (path for path in files if path.suffix != ".whl"):
        try:
            text = path.read_bytes().decode()
        except UnicodeDecodeError:
            continue
        renamed = _replaced(text, names | digests)
        if path.name == "requirements.lock":
            renamed = _sorted(renamed)
        if renamed != text:
            path.write_bytes(renamed.encode())


def regenerate(root: Path) -> None:
    """Reformat the code and the AsyncAPI document for the length of the new name."""
    run_tool(root, "-m", "ruff", "format", "--quiet")
    run_tool(root, "-m", "pipeline_asyncapi", ".")


def too_long(root: Path) -> str:
    """List the lines that only a person can wrap; empty if there are none."""
    options = ("--quiet", "--exit-zero", "--select", "E501", "--output-format", "concise")
    return run_tool(root, "-m", "ruff", "check", *options)


def _replaced(text: str, names: Mapping[str, str]) -> str:
    """Replace all spellings at once, because the new name may contain the old one."""
    longest_first = sorted(names, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda found: names[found[0]], text)


def _sorted(lock: str) -> str:
    """Sort the packages of a lock, as uv does."""
    packages = re.findall(r"^\S.*\n(?:^\s.*\n)*", lock, re.MULTILINE)
    return "".join(sorted(packages, key=lambda package: re.split(r"[=\s;]", package, maxsplit=1)[0]))


def _git(root: Path, *words: str) -> str:
    ended = subprocess.run(["/usr/bin/env", "git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise RenameError(f"git {' '.join(words)} failed: {ended.stderr.strip()}")
    return ended.stdout
