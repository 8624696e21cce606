"""Another name for the pipeline: nothing is edited by hand."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

from pipeline_examples.checkout import FailedError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_examples.checkout import Checkout

NAME = "acme-orders"
CHANGED = ("contracts", "pipeline-cli")
"""Packages with the name in their code, one of each kind: deployed, and a tool."""


def run(checkout: Checkout, *, tests: bool) -> None:
    """Rename the copy, and check all that has the name in it."""
    old = _name(checkout.root)
    _git(checkout.root, "init", "--quiet")
    _git(checkout.root, "add", "--all")
    _git(checkout.root, "-c", "user.name=example", "-c", "user.email=", "commit", "--quiet", "--message", "Begin")
    checkout.nox("rename", NAME)
    _git(checkout.root, "add", "--all")
    if left := _git(checkout.root, "grep", "-ilE", old.replace("-", "[-_ ]?"), failed_is=1):
        raise FailedError(f"{old} is still in\n{left}")
    checkout.nox("lint", *([] if tests else CHANGED))
    checkout.nox("templates")
    checkout.nox("lock", "--check")
    checkout.nox("contracts")
    if tests:
        checkout.nox("demo")
        checkout.nox("test")


def _name(root: Path) -> str:
    (name,) = re.findall(r'(?m)^name = "(.*)-contracts"$', (root / "contracts/pyproject.toml").read_text("utf-8"))
    return str(name)


def _git(root: Path, *words: str, failed_is: int = 0) -> str:
    """Run git and give what it printed; `failed_is` is the exit status of a search that found nothing."""
    ended = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607
    if ended.returncode not in (0, failed_is):
        raise FailedError(f"git {' '.join(words)} failed in {root}: {ended.stderr}")
    return ended.stdout
