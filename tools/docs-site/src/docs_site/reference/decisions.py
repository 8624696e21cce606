"""The list of decisions."""

from __future__ import annotations

from docs_site import REPOSITORY


def decisions() -> list[str]:
    """Return a link to each decision, with its title."""
    paths = sorted((REPOSITORY / "docs/decisions").glob("[0-9]*.md"))
    titles = (path.read_text("utf-8").partition("\n")[0].removeprefix("# ") for path in paths)
    return [f"- [{title.replace('. ', ': ', 1)}]({path.name})" for path, title in zip(paths, titles, strict=True)]
