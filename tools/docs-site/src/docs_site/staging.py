"""The repository's pages as the site generator needs them: a mirror of their folders, so that relative links work.

The pages are written for GitHub. Three things differ on the site: a link to a folder leads to its README.md, a link to
any other file leads to the repository (or is plain text as long as `repo_url` is not set), and a fence has one word.
"""

from __future__ import annotations

import posixpath
import re
import shutil
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

CONFIGURATION = "docs/zensical.toml"
PAGES = (
    "[A-Z]*.md",
    "docs/**/*.md",
    "contracts/*.md",
    "bench/README.md",
    *(f"{folder}/*/README.md" for folder in ("services", "tools", "tests", "examples")),
)
PICTURES = ("docs/**/*.png", "docs/**/*.svg", "docs/*.css")
BRANCH = "main"

_FENCE = re.compile(r"^( *(?:```+|~~~+)[\w+-]+) [^\n]*$", re.MULTILINE)
_CODE_OR_LINK = re.compile(
    r"^( *)(```+|~~~+).*?^\1\2|`[^`\n]+`|(?<!!)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])+)\]\((?P<target>[^)\s]+)\)",
    re.MULTILINE | re.DOTALL,
)
"""A link starts before the code in its text, so that it is found first; a link inside code does not count."""


@dataclass(frozen=True)
class Staging:
    """The folder in which a site is built, and its repository."""

    root: Path
    folder: Path
    repo_url: str

    @classmethod
    def of(cls, root: Path, folder: Path) -> Staging:
        """Read the address of the repository from the site's configuration."""
        project = tomllib.loads((root / CONFIGURATION).read_text("utf-8"))["project"]
        return cls(root, folder, str(project.get("repo_url", "")).rstrip("/"))

    def sources(self) -> list[str]:
        """Return the paths of all pages and pictures in the repository."""
        return sorted(str(path.relative_to(self.root)) for one in PAGES + PICTURES for path in self.root.glob(one))

    def write(self) -> None:
        """Write configuration, pages and pictures, and remove those of earlier runs."""
        shutil.rmtree(self.folder / "pages", ignore_errors=True)
        for source in self.sources():
            self.stage(source)
        shutil.copyfile(self.root / CONFIGURATION, self.folder / "zensical.toml")

    def stage(self, source: str) -> None:
        """Write one page or picture."""
        path, target = self.root / source, self.folder / "pages" / source
        target.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".md":
            target.write_text(self.page(source, path.read_text("utf-8")), encoding="utf-8")
        else:
            shutil.copyfile(path, target)

    def page(self, source: str, text: str) -> str:
        """Return a page as it is on the site; `source` is its path in the repository."""
        return _CODE_OR_LINK.sub(lambda found: self._link(source, found), _FENCE.sub(r"\1", text))

    def _link(self, source: str, link: re.Match[str]) -> str:
        words, target = link["words"], link["target"] or ""
        path, _, anchor = target.partition("#")
        if not path or ":" in path:
            return link.group()
        inside = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        is_folder = (self.root / inside).is_dir()
        if is_folder and f"{inside}/README.md" in self.sources():
            return f"[{words}]({posixpath.join(path, 'README.md')}{f'#{anchor}' if anchor else ''})"
        if inside in self.sources():
            return link.group()
        if not self.repo_url:
            return words
        return f"[{words}]({self.repo_url}/{'tree' if is_folder else 'blob'}/{BRANCH}/{inside})"
