"""Files that a build keeps for later ones: the package without the bytecode of our own code.

In the next build, only our own files differ, unless something changes that determines the package's files. Concurrent
builds may share a cache.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import shutil
import sys
import sysconfig
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# uv and the build backend search for them in the parent folders.
_SETTINGS = ("pyproject.toml", "uv.toml", ".gitignore")
_PACKAGES = 4
"""The number of packages kept per service: those used last."""
_RECORD = "compiled.json"


@dataclass(frozen=True)
class Kept:
    """The cached package of one service; ``projects`` are the folders of our own code in it."""

    folder: Path
    projects: tuple[Path, ...]

    @classmethod
    def of(cls, cache: Path, service: Path, contracts: Path | None, version: str) -> Kept:
        """Find the package in a cache; ``version`` is the Python version of the target."""
        projects = (service, contracts) if contracts else (service,)
        digest = hashlib.sha256(f"{sys.version} {sysconfig.get_platform()} {version}".encode())
        for path in _decisive_files(projects):
            digest.update(f"\0{path.name}\0".encode() + path.read_bytes())
        for name in (name for project in projects for name in _names(project / "src")):
            digest.update(f"\0{name}".encode())
        return cls(cache / service.name / digest.hexdigest()[:32], projects)

    def restore(self, folder: Path) -> set[str] | None:
        """Copy the package into a folder, with the current version of our files, and return its compiled modules.

        Returns None and copies nothing if no such package is cached.
        """
        record = self.folder / _RECORD
        with _locked(self.folder.parent, fcntl.LOCK_SH):
            if not record.is_file():
                return None
            try:
                compiled: set[str] = set(json.loads(record.read_text(encoding="utf-8")))
            except ValueError:  # the build that wrote it was killed, or its disk was full
                return None
            record.touch()
            _link_all(self.folder / "package", folder)
        for source in (source for project in self.projects for source in (project / "src").iterdir()):
            for path in _files(folder / source.name):
                path.unlink()  # otherwise, the cached file would change, too
                shutil.copyfile(source / path.relative_to(folder / source.name), path)
        return compiled

    def keep(self, folder: Path, compiled: set[str]) -> None:
        """Cache a package in which these modules, but none of ours, are compiled, and replace the former one."""
        packages = self.folder.parent
        with _locked(packages, fcntl.LOCK_EX):
            records = sorted(packages.glob(f"*/{_RECORD}"), key=lambda path: path.stat().st_mtime)
            whole = {path.parent for path in records[-_PACKAGES + 1 :]} - {self.folder}
            for path in packages.glob("*/"):
                if path not in whole:
                    # First: if this is interrupted, what remains is no package.
                    (path / _RECORD).unlink(missing_ok=True)
                    shutil.rmtree(path)
            _link_all(folder, self.folder / "package")
            # Last: if a build is killed earlier, its package is ignored.
            (self.folder / _RECORD).write_text(json.dumps(sorted(compiled)), encoding="utf-8")


@contextmanager
def _locked(packages: Path, how: int) -> Iterator[None]:
    packages.mkdir(parents=True, exist_ok=True)
    with (packages / "lock").open("w") as lock:
        fcntl.flock(lock, how)
        yield


def _link_all(source: Path, folder: Path) -> None:
    shutil.copytree(source, folder, copy_function=_link, dirs_exist_ok=True)


def _link(source: str, path: str) -> None:
    try:
        os.link(source, path)
    except OSError:  # on another disk
        shutil.copyfile(source, path)


def _decisive_files(projects: tuple[Path, ...]) -> Iterator[Path]:
    """Yield the files that determine what is installed, besides our own code; this tool is one of them."""
    for project in projects:
        yield from sorted(path for path in project.iterdir() if path.is_file())
        yield from (path for above in project.parents for name in _SETTINGS if (path := above / name).is_file())
    yield from sorted(Path(__file__).parent.glob("*.py"))


def _names(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in _files(folder))


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")
