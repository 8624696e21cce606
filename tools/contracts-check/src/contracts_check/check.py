"""The check: are version and changelog enough for what changed?"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from contracts_check import changelog, releases, schemas
from contracts_check.policy import Level, judge, least

if TYPE_CHECKING:
    from contracts_check.policy import Finding
    from contracts_check.releases import Version


@dataclass(frozen=True)
class Change:
    """What has changed since the last release."""

    last: Version
    findings: list[Finding]
    sources_differ: bool

    @property
    def least(self) -> Version:
        """The least version that the sources may have."""
        return least(self.findings).after(self.last) if self.findings or self.sources_differ else self.last


def since_last_release() -> Change:
    """Compare the sources with the last release."""
    last, wheel = list(releases.wheels().items())[-1]
    findings = judge(schemas.of_wheel(wheel), schemas.generate(), last)
    with tempfile.TemporaryDirectory() as folder:
        built = releases.contents(releases.build(Path(folder)))
    released = releases.contents(wheel)
    return Change(last, findings, built != released)


def problems(change: Change, version: Version, log: str) -> list[str]:
    """Say what keeps the sources from being released as they are."""
    found = []
    if version < change.least:
        level = next(level for level in Level if level.after(change.last) == change.least)
        found.append(
            f"{version} is too small: what changed since {change.last} takes {change.least}, "
            f"./nox -s release-contracts -- {level.name.lower()}"
        )
    if change.least > change.last:
        said = changelog.entry(log, version) if version > change.last else ""
        found += unmentioned(change.findings, said or changelog.entry(log, None))
    return found


def unmentioned(findings: list[Finding], entry: str) -> list[str]:
    """Say which changed models an entry of the changelog does not name."""
    if not entry:
        return [f"CHANGELOG.md says nothing of the change: write it under `## {changelog.UNRELEASED}`"]
    models = sorted({finding.model for finding in findings})
    return [f"CHANGELOG.md does not name `{model}`, which changed" for model in models if f"`{model}`" not in entry]


def of_releases(log: str) -> list[str]:
    """Say what is wrong with the releases themselves: each against the one before it."""
    found = []
    for before, version in pairwise(releases.wheels()):
        findings = judge(schemas.committed(str(before)), schemas.committed(str(version)), before)
        if version < least(findings).after(before):
            found.append(
                f"{version} was released after {before}, and what changed takes {least(findings).after(before)}"
            )
        found += [f"{version}: {problem}" for problem in unmentioned(findings, changelog.entry(log, version))]
    return found
