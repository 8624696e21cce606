"""The frame of every page: navigation, and the state of the environment."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nicegui import ui
from pipeline_cli.snapshot import Unknown

from pipeline_console.live import SECONDS, Live
from pipeline_console.parts import text
from pipeline_console.switching import Switch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pipeline_cli.snapshot import Snapshot

    from pipeline_console.environment import Environment

_SHOWN_SECONDS = 0.5
_STYLE = Path(__file__).with_name("page.css")
_PAGES = {
    "/": "Overview",
    "/executions": "Executions",
    "/messages": "Messages",
    "/invalid": "Invalid messages",
    "/dead": "Dead letters",
}
_QUEUES = {"/invalid": "invalid message", "/dead": "dead letter"}


@dataclass(frozen=True)
class Console:
    """The objects that every page needs."""

    environment: Environment
    live: Live

    @contextmanager
    def frame(self, path: str, title: str, *, on_look: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Draw a page; ``on_look`` is called after each update of the environment's state."""
        ui.add_css(_STYLE.read_text(encoding="utf-8"))
        ui.page_title(f"{title} - {self.environment.name}")
        with ui.header(), ui.element("nav").classes("row top"):
            with ui.row().classes("items-center"):
                text(self.environment.name, "environment")
                text(self.environment.region, "faint")
            links = {}
            for address, name in _PAGES.items():
                links[address] = ui.link(name, address)
                if address == path:
                    links[address].props("aria-current=page")
            ui.space()
            switch = Switch(self.environment, self.live)
        with ui.element("main").classes("page"):
            trouble = text("", "problem").props("role=alert")
            trouble.set_visibility(False)
            with ui.element("h1"):
                text(title)

            def show() -> None:
                trouble.text = self.live.trouble
                trouble.set_visibility(bool(self.live.trouble))
                if seen := self.live.snapshot:
                    _count(links, seen)
                    switch.show(seen.event_source)
                on_look()

            # Not a timer, because that would wait for an environment that does not answer.
            ui.timer(SECONDS, self.live.look)
            ui.timer(_SHOWN_SECONDS, show)
            yield


def _count(links: dict[str, ui.link], seen: Snapshot) -> None:
    for address, queue in _QUEUES.items():
        depth = seen.queues[queue]
        count = 0 if isinstance(depth, Unknown) else depth.total
        links[address].text = f"{_PAGES[address]} ({count:,})" if count else _PAGES[address]
