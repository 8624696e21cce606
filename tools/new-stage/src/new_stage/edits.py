"""Changes of the tree, which are undone when anything fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from pathlib import Path


class Edits:
    """Files to write. On an error in its context, the tree is as it was before."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._texts: dict[Path, str] = {}
        self._before: dict[Path, bytes | None] = {}
        self._folders: list[Path] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            return
        for path, content in self._before.items():
            if content is None:
                path.unlink(missing_ok=True)
            else:
                path.write_bytes(content)
        for folder in self._folders:
            shutil.rmtree(folder, ignore_errors=True)

    def read(self, name: str) -> str:
        """Read a file as it will be."""
        path = self.root / name
        return self._texts[path] if path in self._texts else path.read_text("utf-8")

    def set(self, name: str, text: str) -> None:
        """Have a file written."""
        self._texts[self.root / name] = text

    def write(self) -> None:
        """Write the files."""
        for path, text in self._texts.items():
            self.keep(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        self._texts.clear()

    def keep(self, path: Path) -> None:
        """Remember how a file is now, for it is about to change."""
        self._before.setdefault(path, path.read_bytes() if path.exists() else None)
        missing = [folder for folder in path.parents if not folder.exists()]
        self._folders += missing[-1:]
