"""Which packages the changes since a commit may break."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nox_environments import PACKAGES, SERVICES, TESTED, with_dependencies

if TYPE_CHECKING:
    from collections.abc import Iterable

    import nox


def since(session: nox.Session, *commits: str) -> dict[str, list[str]]:
    """Give the packages and the services that the changes since one commit may break."""
    if len(commits) != 1:
        session.error("expected one commit, such as origin/main")
    files = session.run("git", "diff", "--name-only", f"{commits[0]}...HEAD", external=True, silent=True)
    packages = affected(str(files).splitlines())
    return {"packages": packages, "services": [name for name in packages if name in SERVICES]}


def affected(files: Iterable[str]) -> list[str]:
    """Give the packages that have one of these files, or depend on a package that has one.

    A file of no package, such as a template or one of nox, may break all of them; a document breaks `repository` only.
    """
    touched: set[Path] = set()
    for file in files:
        owner = next((path for path in PACKAGES.values() if Path(file).is_relative_to(path)), None)
        if file.endswith(".md"):
            touched.add(PACKAGES["repository"])
        elif owner is None:
            return TESTED
        else:
            touched.add(owner)
    return [name for name in TESTED if touched & set(with_dependencies(name))]
