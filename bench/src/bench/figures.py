"""Measured figures: JSON files in docs/scaling, each with the day and the machine."""

from __future__ import annotations

import json
import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline_testing.repository_copy import REPOSITORY

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

FOLDER = REPOSITORY / "docs" / "scaling"


def read(name: str) -> dict[str, Any]:
    """Read committed figures."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return found


def measured_now(figures: Mapping[str, Any], **further: str) -> dict[str, Any]:
    """Add today's date, this machine, and other circumstances of the measurement to figures."""
    machine = f"virtual machine with {os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    return {"measured": {"date": datetime.now(UTC).date().isoformat(), "machine": machine, **further}, **figures}


def measured_on(figures: Mapping[str, Any]) -> str:
    """Describe when and where figures were measured."""
    return f"Measured on {figures['measured']['date']} on a {figures['measured']['machine']}."


def add_write_option(parser: argparse.ArgumentParser) -> None:
    """Add an option that names a file for the figures."""
    parser.add_argument("--write", type=Path, metavar="FILE", help="write the figures as JSON")


def write(file: Path | None, figures: Mapping[str, Any]) -> None:
    """Write figures, if there is a file for them."""
    if file:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{json.dumps(figures, indent=1)}\n", encoding="utf-8")
