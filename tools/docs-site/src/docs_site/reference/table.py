"""Tables in Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return the lines of a table, with the bars in its cells escaped."""
    cells = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(' '.join(cell.split()).replace('|', '&#124;') for cell in row)} |" for row in cells]


def code(text: str) -> str:
    """Format a word as code; a bar in it would end the cell of a table."""
    return f"`{text}`" if text else ""
