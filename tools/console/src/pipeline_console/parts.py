"""The building blocks of the pages. Text that may come from a message is always displayed as plain text."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.printing import plain_json

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Iterator

_STATUSES = {
    "SUCCEEDED": "good",
    "stored": "good",
    "duplicate": "good",
    "passed": "good",
    "RUNNING": "going",
    "STARTED": "going",
    "running": "going",
    "rejected": "unsure",
    "PAUSED": "unsure",
    "FAILED": "bad",
    "TIMED_OUT": "bad",
    "STOPPED": "bad",
    "failed": "bad",
    "died": "bad",
}


def text(value: str, classes: str = "") -> ui.label:
    """Show one line."""
    return ui.label(printable(value)).classes(classes)


def block(value: str, classes: str = "") -> ui.label:
    """Show text of several lines, unchanged."""
    return ui.label(printable(value, keep="\n\t")).classes(f"lines {classes}")


def data(value: Any) -> ui.label:
    """Show a value as JSON."""
    written = value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False, default=plain_json)
    return block(written)


def facts(pairs: Iterable[tuple[str, str]]) -> None:
    """Show names and values."""
    with ui.element("dl").classes("facts"):
        for name, value in pairs:
            if value:
                with ui.element("dt"):
                    text(name)
                with ui.element("dd"):
                    block(value)


def status_class(status: str) -> str:
    """Return the CSS class of a status or an outcome, which may have a code after it."""
    return _STATUSES.get(status.partition(":")[0], "")


def problem(why: str) -> None:
    """Show that something could not be loaded, and why."""
    with ui.row().classes("problem").props("role=alert"):
        ui.icon("error_outline")
        block(why)


@contextmanager
def section(title: str) -> Iterator[ui.element]:
    """Draw a section of a page, with a heading."""
    with ui.element("section").classes("section") as element:
        with ui.element("h2"):
            text(title)
        yield element


async def asked(question: str, yes: str) -> bool:
    """Ask for confirmation of a change."""
    with ui.dialog() as dialog, ui.card():
        block(question)
        with ui.row().classes("buttons"):
            ui.button("Cancel", on_click=lambda: dialog.submit(None)).props("flat autofocus")
            ui.button(yes, on_click=lambda: dialog.submit(yes)).props("color=negative")
    try:
        return bool(await dialog == yes)
    finally:
        if not dialog.is_deleted:  # closing its tab has deleted it
            dialog.delete()


def told(words: str, *, bad: bool = False) -> None:
    """Show what was done."""
    ui.notify(printable(words), type="negative" if bad else "positive", timeout=10_000, close_button="OK")


def loaded(load: Callable[[], Awaitable[None]]) -> None:
    """Show that something is loading until it is there."""
    with ui.row().classes("loading") as waiting:
        ui.spinner()
        ui.label("reading")

    async def run() -> None:
        try:
            await load()
        finally:
            waiting.delete()

    ui.timer(0, run, once=True)
