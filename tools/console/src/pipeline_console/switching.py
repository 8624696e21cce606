"""Pausing and resuming."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nicegui import ui
from pipeline_cli.event_source import DISABLED, ENABLED
from pipeline_cli.halt import switch
from pipeline_cli.patience import Patience
from pipeline_cli.snapshot import Unknown

from pipeline_console.environment import Trouble
from pipeline_console.parts import asked, text, told

if TYPE_CHECKING:
    from pipeline_cli.event_source import EventSource

    from pipeline_console.environment import Environment
    from pipeline_console.live import Live

_SECONDS = 60.0
_QUESTIONS = {
    False: (
        "Pause {name}? It receives no more messages from its queue. Executions in flight run to their end. A "
        "deployment that changes the event source mapping resumes it, unless EventSourceEnabled is false."
    ),
    True: "Resume {name}? It receives messages from its queue again.",
}


class Switch:
    """The state of the event source mapping, and the button that changes it."""

    def __init__(self, environment: Environment, live: Live) -> None:
        """Draw it."""
        self._environment = environment
        self._live = live
        self._state = text("", "faint")
        self._button = ui.button("Pause", on_click=self._click).props("outline dense no-caps padding='2px 12px'")
        self._button.set_visibility(False)
        self._on = True

    def show(self, source: EventSource | Unknown) -> None:
        """Show the last known state."""
        if isinstance(source, Unknown):
            self._state.text = f"event source: {source.why}"
            self._button.set_visibility(False)
            return
        self._on = source.state == ENABLED
        self._state.text = {ENABLED: "receives messages", DISABLED: "paused"}.get(source.state, source.state)
        self._state.classes(replace="good" if self._on else "unsure")
        self._button.text = "Pause" if self._on else "Resume"
        self._button.set_visibility(source.state in (ENABLED, DISABLED))

    async def _click(self) -> None:
        on, name = not self._on, self._environment.name
        action = "resume" if on else "pause"
        if not await asked(_QUESTIONS[on].format(name=name), action.capitalize()):
            return
        unrecorded = await self._environment.ask(switch, Patience(_SECONDS), action, on=on)
        if isinstance(unrecorded, Trouble):
            told(f"{name} was not changed: {unrecorded.why}", bad=True)
            return
        done = f"{name} is being {'resumed' if on else 'paused'}. {unrecorded}"
        told(done.strip(), bad=bool(unrecorded))
        await self._live.look()
