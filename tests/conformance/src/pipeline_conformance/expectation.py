"""The requirements that are known to fail, with the reasons, and the comparison of a report with them."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def known_failures(path: Path) -> dict[str, str]:
    """Read the reasons, by the id of the requirement."""
    with path.open("rb") as file:
        reasons: dict[str, str] = tomllib.load(file)["fails"]
    return reasons


@dataclass(frozen=True)
class Result:
    """The runner's result for one requirement."""

    status: str
    errors: Sequence[str] = ()

    @property
    def passed(self) -> bool:
        """Whether the requirement is met."""
        return self.status == "PASSED"


def results(report: Path) -> dict[str, Result]:
    """Read the result of each requirement from the runner's JSON report, by its id."""
    entries = json.loads(report.read_text(encoding="utf-8"))["results"]
    return {entry["id"]: Result(entry["status"], entry["errors"]) for entry in entries}


def differences(found: Mapping[str, Result], known: Mapping[str, str]) -> list[str]:
    """Compare results with the known failures, one line per unexpected failure, pass or gap."""
    lines = []
    for requirement, result in found.items():
        if result.passed and requirement in known:
            lines.append(f"{requirement} passes, but is a known failure: {known[requirement]}")
        elif not result.passed and requirement not in known:
            lines.append(": ".join((f"{requirement} is {result.status}", *result.errors[:1])))
    missing = [requirement for requirement in known if requirement not in found]
    return lines + [f"{requirement} is a known failure, but was not run" for requirement in missing]
