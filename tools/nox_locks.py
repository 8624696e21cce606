"""The services' locks: every package that a service needs at run time, by version and hash."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nox_environments import CONTRACTS_DISTRIBUTION

if TYPE_CHECKING:
    from collections.abc import Iterable

    import nox

_COMPILE = ("uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11", "--generate-hashes")
_PLAIN = ("--no-header", "--no-annotate")
_UPGRADE = {"--upgrade": ("--upgrade",), "--contracts": ("--upgrade-package", CONTRACTS_DISTRIBUTION)}


def write(session: nox.Session, services: Iterable[Path], *options: str) -> None:
    """Write the locks of services. Pinned versions stay pinned, unless an option says otherwise.

    `--upgrade` allows the newest releases of everything, `--contracts` only those of the contracts, each within the
    ranges of the services. `--check` only reports the locks that would change.
    """
    if not set(options) <= {*_UPGRADE, "--check"}:
        session.error(f"expected {', '.join(_UPGRADE)} or --check, got {' '.join(options)}")
    check = "--check" in options
    further = [word for option in options if option != "--check" for word in _UPGRADE[option]]
    stale = [str(service) for service in services if _differs(session, service, *further, check=check)]
    if stale and check:
        session.error(f"stale: the locks of {', '.join(stale)}. Write them with ./nox -s lock, and commit them.")
    session.log(f"written: the locks of {', '.join(stale)}" if stale else "all locks are up to date")


def _differs(session: nox.Session, service: Path, *options: str, check: bool) -> bool:
    lock = service / "requirements.lock"
    before = lock.read_text(encoding="utf-8") if lock.exists() else ""
    with tempfile.TemporaryDirectory() as folder:
        compiled = Path(folder, "requirements.lock")
        compiled.write_text(before, encoding="utf-8")  # pinned versions stay pinned, unless they are upgraded
        files = (f"{service}/pyproject.toml", "--output-file", str(compiled))
        session.run(*_COMPILE, *_PLAIN, *options, *files, external=True)
        differs = compiled.read_text(encoding="utf-8") != before
        if differs and not check:
            shutil.copyfile(compiled, lock)
    return differs
