"""The commands: `check`, `next`, and `release patch`, `release minor` or `release major`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from contracts_check import changelog, check, releases, schemas
from contracts_check.policy import Level


def main(arguments: list[str]) -> int:
    """Run a command and return its exit status."""
    match arguments:
        case ["check"]:
            return run_check()
        case ["next"]:
            print(check.since_last_release().next_version or "")
            return 0
        case ["release", ("patch" | "minor" | "major") as level]:
            return release(Level[level.upper()])
    print("usage: ./nox -s contracts, or ./nox -s release-contracts -- patch|minor|major")
    return 2


def run_check() -> int:
    """Print every difference with its judgement, and what version or changelog lack for it."""
    log = changelog.PATH.read_text(encoding="utf-8")
    change, version = check.since_last_release(), releases.of_sources()
    for finding in change.findings:
        print(f"{finding.level.name.lower():5}  {finding.sentence}")
    if not change.findings:
        differ = "the models are the same, but other code differs" if change.sources_differ else "nothing differs"
        print(f"Compared with {change.last}, {differ}.")
    problems = [*check.problems(change, version, log), *check.of_releases(log)]
    for problem in problems:
        print(f"ERROR  {problem}")
    if not problems:
        print(f"Version {version} and CHANGELOG.md cover the changes; the last release is {change.last}.")
    return 1 if problems else 0


def release(level: Level) -> int:
    """Release the sources as the next version of a level, unless the level or the changelog is insufficient.

    Writes the version, the changelog, the wheel, the schemas, and the AsyncAPI document, which contains the version.
    """
    change = check.since_last_release()
    version = level.after(change.last)
    log = changelog.PATH.read_text(encoding="utf-8")
    if problems := check.problems(change, version, log):
        print(*(finding.sentence for finding in change.findings), *problems, sep="\n")
        return 1
    releases.set_version(version)
    if not changelog.entry(log, version):
        changelog.PATH.write_text(changelog.release(log, version, datetime.now(UTC).date()), encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(shutil.copy(releases.build(Path(folder)), releases.FOLDER))
    schemas.write(schemas.of_wheel(wheel), version)
    # The installed package still has the previous version: the wheel comes first on the path.
    env = {**os.environ, "PYTHONPATH": str(wheel)}
    command = [sys.executable, "-m", "pipeline_asyncapi", str(releases.CONTRACTS.parent)]
    subprocess.run(command, env=env, check=True)  # noqa: S603 - words of this file
    print(f"Released {version}: commit it. Once it is on the main branch, it must never be edited.")
    print(f"In a service, require `durable-pipeline-contracts>={version},<{version.major + 1}`, and run ./nox -s lock.")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
