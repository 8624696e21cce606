"""The commands: `check`, and `release patch`, `release minor` or `release major`."""

from __future__ import annotations

import sys

from contracts_check import changelog, check, releases
from contracts_check.policy import Level
from contracts_check.release import release


def main(arguments: list[str]) -> int:
    """Run a command and give its exit status."""
    match arguments:
        case ["check"]:
            return run_check()
        case ["release", ("patch" | "minor" | "major") as level]:
            return release(Level[level.upper()])
    print("usage: ./nox -s contracts, or ./nox -s release-contracts -- patch|minor|major")
    return 2


def run_check() -> int:
    """Print every difference, judged, and what is not enough for it."""
    log = changelog.PATH.read_text(encoding="utf-8")
    change, version = check.since_last_release(), releases.of_sources()
    for finding in change.findings:
        print(f"{finding.level.name.lower():5}  {finding.sentence}")
    if not change.findings:
        differ = "the models are the same, other code differs" if change.sources_differ else "nothing differs"
        print(f"Compared with {change.last}, {differ}.")
    problems = [*check.problems(change, version, log), *check.of_releases(log)]
    for problem in problems:
        print(f"ERROR  {problem}")
    if not problems:
        print(f"Version {version} and CHANGELOG.md are enough; the last release is {change.last}.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
