"""The pages with generated parts, and their content.

A part is enclosed in two comments of a page, so that the sentences around it can be written by hand.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from docs_site import REPOSITORY
from docs_site.reference import codes, command_lines, decisions, exchanges, parameters, sessions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

PAGES: dict[str, dict[str, Callable[[], Iterable[str]]]] = {
    "docs/reference/parameters.md": {"root": parameters.of_the_root, "parts": parameters.of_parts_only},
    "docs/reference/commands.md": {
        "sessions": sessions.sessions,
        "pipeline": command_lines.pipeline,
        "demo": command_lines.demo,
        "local-aws": command_lines.local_aws,
        "new-stage": command_lines.new_stage,
    },
    "docs/reference/outcomes.md": {"rejected": codes.rejected, "failed": codes.failed},
    "docs/reference/messages.md": {"channels": exchanges.channels, "models": exchanges.models},
    "docs/decisions/README.md": {"decisions": decisions.decisions},
}


def generated() -> dict[Path, str]:
    """Return the text of each page with its parts generated from the current code."""
    found = {}
    for name, parts in PAGES.items():
        path = REPOSITORY / name
        text = path.read_text("utf-8")
        for part, lines in parts.items():
            text = filled(text, part, lines())
        found[path] = text
    return found


def stale() -> list[Path]:
    """Return the pages that differ from the current code."""
    return [path for path, text in generated().items() if path.read_text("utf-8") != text]


def filled(page: str, part: str, lines: Iterable[str]) -> str:
    """Return a page with other lines between the comments of a part."""
    begin, end = f"<!-- generated: {part} -->", "<!-- end -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    text = "\n".join((begin, "", *lines)).rstrip() + f"\n\n{end}"
    page, found = pattern.subn(lambda _: text, page)
    if found != 1:
        raise ValueError(f"expected one part {begin} with its {end}, found {found}")
    return page
