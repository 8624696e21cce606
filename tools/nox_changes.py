"""The packages that the changes since a commit may break, and whether they need an entry in CHANGELOG.md."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from nox_environments import CONTRACTS, PACKAGES, READ_ALL, SERVICES, TESTED, TOOLS, with_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterable

    import nox


def since(session: nox.Session, commit: str = "") -> dict[str, list[str]]:
    """Return the packages and services that changes since a commit may break, including uncommitted changes.

    Without a commit, these are all packages.
    """
    packages = affected(_files(session, commit)) if commit else TESTED
    if packages:
        tests = " ".join(f'"test({name})"' for name in packages)
        session.log(f"./nox -s {'test' if packages == TESTED else tests}")
    return {"packages": packages, "services": [name for name in packages if name in SERVICES]}


def changelog(session: nox.Session, *words: str) -> None:
    """Write a release into CHANGELOG.md, or check that the changes since a commit have an entry."""
    match words:
        case ["--check", commit]:
            if deployed(_files(session, commit)):
                session.run("towncrier", "check", "--compare-with", commit)
        case [version] if not version.startswith("-"):
            session.run("towncrier", "build", "--yes", "--version", version)
        case _:
            session.run("towncrier", "build", "--draft", "--version", "Unreleased")


def deployed(files: Iterable[str]) -> list[str]:
    """Return the deployed or released files among these. Dependencies need no entry in the changelog."""
    return [
        file
        for file in files
        if re.match(r"(services/[^/]+/(src/|template\.yaml)|infra/(?!tests/)|contracts/src/)", file)
        and not file.endswith(".md")
    ]


def affected(files: Iterable[str]) -> list[str]:
    """Return the packages that contain one of these files, or whose tests depend on, read or run such a package.

    Any file may break the tests that read all files, and a document the packages that name it. Any other file outside
    the packages, such as a template or one of nox, may break all of them.
    """
    touched: set[Path] = set()
    named: set[str] = set()
    for file in files:
        owner = next((path for path in PACKAGES.values() if Path(file).is_relative_to(path)), None)
        if file.endswith(".md"):
            named |= {*READ_ALL, *(name for name in TESTED if _names(PACKAGES[name], Path(file).name))}
        elif owner is None:
            return TESTED
        else:
            touched.add(owner)
    return [name for name in TESTED if name in named or any(_may_break(owner, name) for owner in touched)]


def _files(session: nox.Session, commit: str) -> list[str]:
    changed = ("diff", "--name-only", "--no-renames", "--merge-base", commit)
    untracked = ("ls-files", "--others", "--exclude-standard")
    return [
        file
        for listed in (changed, untracked)
        for file in str(session.run("git", *listed, external=True, silent=True)).splitlines()
    ]


def _may_break(owner: Path, name: str) -> bool:
    """Say whether a change of one package, in its folder, may break the tests of another."""
    build = TOOLS["service-build"]
    if name in READ_ALL or owner in with_dependencies(name) or _names(PACKAGES[name], f"{owner.as_posix()}/"):
        return True
    # Tools and tests copy, build, run and describe the services, often by a pattern that names none of them.
    return owner == build if name in SERVICES else owner in {build, CONTRACTS, *SERVICES.values()} and name in TOOLS


def _names(package: Path, text: str) -> bool:
    files = (file for part in ("src", "tests") for file in package.glob(f"{part}/**/*.py"))
    return any(text in file.read_text(encoding="utf-8") for file in files)
