"""A stage of one's own: nothing is edited by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_examples.checkout import FailedError

if TYPE_CHECKING:
    from pipeline_examples.checkout import Checkout

NAME = "enrich"
CHANGED = (NAME, "orchestrator")
"""The packages whose types may have changed."""


def run(checkout: Checkout, *, tests: bool) -> None:
    """Add the stage, check all that knows it, and run it."""
    checkout.nox("new-stage", NAME, "--after", "transform")
    checkout.nox("lint", *([] if tests else CHANGED))
    checkout.nox("templates")
    checkout.nox("lock", "--check")
    checkout.nox(f"test({NAME})")
    shown = checkout.nox("demo")
    if not all(f'"{part}": {{' in shown for part in ("contributions", NAME)):
        raise FailedError(f"the demo shows no item with contributions.{NAME}")
    if tests:
        checkout.nox("test")
