"""The check whether version and changelog are sufficient for the changes."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from contracts_check import changelog, releases, schemas
from contracts_check.policy import Level, judge

if TYPE_CHECKING:
    from packaging.version import Version

    from contracts_check.policy import Finding


@dataclass(frozen=True)
class Change:
    """The changes since a release."""

    last: Version
    findings: list[Finding]
    sources_differ: bool = True

    @property
    def next_version(self) -> Version | None:
        """The lowest version that the change can be released as; None if nothing has changed."""
        return self._level.after(self.last) if self.findings or self.sources_differ else None

    @property
    def _level(self) -> Level:
        return max((finding.level for finding in self.findings), default=Level.PATCH)

    def problems(self, version: Version, entry: str) -> list[str]:
        """List the reasons why the change cannot be released as a version, with an entry of the changelog."""
        following = self.next_version
        if following is None:
            return []
        found = []
        if version < following:
            found.append(
                f"{version} is too low: the changes since {self.last} require {following}, "
                f"./nox -s release-contracts -- {self._level.name.lower()}"
            )
        if not entry:
            return [*found, f"CHANGELOG.md does not mention the change: describe it under `## {changelog.UNRELEASED}`"]
        models = sorted({finding.model for finding in self.findings})
        unmentioned = [model for model in models if f"`{model}`" not in entry]
        return found + [f"CHANGELOG.md does not name `{model}`, which changed" for model in unmentioned]


def since_last_release() -> Change:
    """Compare the sources with the last release."""
    last, wheel = list(releases.wheels().items())[-1]
    with tempfile.TemporaryDirectory() as folder:
        built = releases.contents(releases.build(Path(folder)))
    findings = judge(schemas.of_wheel(wheel), schemas.generate(), last)
    return Change(last, findings, sources_differ=built != releases.contents(wheel))


def problems(change: Change, version: Version, log: str) -> list[str]:
    """List the reasons why the sources cannot be released as they are."""
    said = changelog.entry(log, version) if version > change.last else ""
    return change.problems(version, said or changelog.entry(log, None))


def of_releases(log: str) -> list[str]:
    """List the problems of the releases themselves: each compared with the previous one."""
    found = []
    for before, version in pairwise(releases.wheels()):
        change = Change(before, judge(schemas.committed(before), schemas.committed(version), before))
        found += [f"{version}: {problem}" for problem in change.problems(version, changelog.entry(log, version))]
    return found
