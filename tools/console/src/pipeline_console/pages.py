"""The addresses of the console."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_console import executions, letters, messages, overview

if TYPE_CHECKING:
    from pipeline_console.layout import Console


def add_pages(console: Console) -> None:
    """Add every page."""
    for page in (overview, executions, messages, letters):
        page.add(console)
