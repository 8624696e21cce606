"""Another message: the files of examples/orders take the place of the repository's."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

from pipeline_testing.repository_copy import REPOSITORY

from pipeline_examples.checkout import FailedError

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_examples.checkout import Checkout

OVERLAY = REPOSITORY / "examples/orders"
CHANGED = ("contracts", "validator", "transformer", "storer", "orchestrator")
"""The packages whose types may have changed."""

DISTRIBUTION = "durable-pipeline-contracts"


def run(checkout: Checkout, *, tests: bool) -> None:
    """Lay the files over the copy, release the contracts, take them into the services, and run it."""
    apply(checkout.root)
    changelog = checkout.root / "contracts/CHANGELOG.md"
    text = changelog.read_text("utf-8")
    start = text.index("\n## ") + 1
    changelog.write_text(f"{text[:start]}## Unreleased\n\n- `PipelineMessage`: orders.\n\n{text[start:]}", "utf-8")
    checkout.nox("release-contracts", "major")
    take_contracts(checkout.root)
    checkout.nox("lock")
    checkout.nox("lint", *([] if tests else CHANGED))
    shown = checkout.nox("demo")
    if '"total": "39.80"' not in shown:
        raise FailedError("the demo shows no item of an order")
    if tests:
        record_history(checkout)
        checkout.nox("test")


def apply(root: Path) -> None:
    """Put each file of the overlay in the place of the one that has its path."""
    for source in (path for path in OVERLAY.rglob("*") if path.is_file() and path != OVERLAY / "README.md"):
        target = root / source.relative_to(OVERLAY)
        if not target.exists():
            raise FailedError(f"{target.relative_to(root)} is in the overlay, and not in the repository")
        shutil.copyfile(source, target)


def take_contracts(root: Path) -> None:
    """Raise the range of the contracts in each service to the major version that was released."""
    project = (root / "contracts/pyproject.toml").read_text("utf-8")
    (major,) = re.findall(r'(?m)^version = "(\d+)\.', project)
    for path in root.glob("services/*/pyproject.toml"):
        text, found = re.subn(
            rf'"{DISTRIBUTION}>=[^"]*"', f'"{DISTRIBUTION}>={major}.0,<{int(major) + 1}"', path.read_text("utf-8")
        )
        if found != 1:
            raise FailedError(f"{path} names the contracts {found} times")
        path.write_text(text, "utf-8")


def record_history(checkout: Checkout) -> None:
    """Release the orchestrator: executions in flight with the message before cannot go on with this one."""
    path = checkout.root / "services/orchestrator/pyproject.toml"
    text = path.read_text("utf-8")
    (major,) = re.findall(r'(?m)^version = "(\d+)\.', text)
    path.write_text(re.sub(r'(?m)^version = ".*"$', f'version = "{int(major) + 1}.0.0"', text, count=1), "utf-8")
    for history in (checkout.root / "services/orchestrator/tests/golden").glob("*.json"):
        history.unlink()
    checkout.nox("test(orchestrator)", "-k", "golden", RECORD_GOLDEN="1")
