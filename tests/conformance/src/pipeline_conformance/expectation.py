"""The requirements that are known to fail, each with the reason, and the comparison of a report with them."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def known_failures(path: Path) -> dict[str, str]:
    """Read the reasons, by the id of the requirement."""
    with path.open("rb") as file:
        reasons: dict[str, str] = tomllib.load(file)["fails"]
    return reasons


def statuses(report: Path) -> dict[str, str]:
    """Read the status of each requirement from the runner's JSON report."""
    entries = json.loads(report.read_text(encoding="utf-8"))["results"]
    return {entry["id"]: entry["status"] for entry in entries}


def differences(found: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    """Compare a report with the known failures: each unexpected failure, pass or gap is one line."""
    lines = []
    for requirement, status in found.items():
        if status == "PASSED" and requirement in known:
            lines.append(f"{requirement} passes, but is a known failure: {known[requirement]}")
        elif status != "PASSED" and requirement not in known:
            lines.append(f"{requirement} is {status}")
    return lines + [
        f"{requirement} is a known failure, but was not run" for requirement in known if requirement not in found
    ]
