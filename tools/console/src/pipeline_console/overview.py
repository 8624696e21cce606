"""The pipeline at a glance: its stages, queues, executions, outcomes and alarms, updated live."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.alarms import are_watching, firing, summary
from pipeline_cli.declared_stages import ORCHESTRATOR
from pipeline_cli.recent_outcomes import HISTORY, WINDOW, Minute
from pipeline_cli.snapshot import Unknown

from pipeline_console.parts import section, text

if TYPE_CHECKING:
    from pipeline_cli.snapshot import Snapshot

    from pipeline_console.layout import Console

_OUTCOMES = {"stored": "#2e9e68", "rejected": "#d39a1e", "failed": "#d0453b"}
_WINDOW_MINUTES = WINDOW.seconds // 60


def add(console: Console) -> None:
    """Add the page."""

    @ui.page("/")
    def overview() -> None:
        view = _Overview(console)
        with console.frame("/", "Overview", on_look=view.show):
            view.draw()


class _Overview:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._words: dict[str, ui.label] = {}
        self._chart: ui.echart | None = None

    def draw(self) -> None:
        with ui.element("div").classes("pipeline"):
            self._box("Queue", "source", "waiting")
            _arrow()
            self._box("Orchestrator", ORCHESTRATOR, "running")
            for stage in self._console.environment.stages:
                _arrow()
                self._box(stage.name, f"stage {stage.name}")
            _arrow()
            self._box("Table", "stored")
        with ui.element("div").classes("pipeline"):
            self._box("Invalid message queue", "invalid message")
            self._box("Dead-letter queue", "dead letter")
            self._box(f"Last {_WINDOW_MINUTES} minutes", "rate", "outcomes")
            self._box("Alarms", "alarms")
        with section("Outcomes by minute (UTC)"):
            self._chart = ui.echart(_chart(())).classes("chart").props('aria-label="outcomes by minute"')

    def show(self) -> None:
        seen = self._console.live.snapshot
        if seen is None:
            return
        self._show_queues(seen)
        self._show_services(seen)
        self._show_outcomes(seen)
        alarms = seen.alarms
        if isinstance(alarms, Unknown):
            self._say("alarms", alarms.why, "unsure")
        else:
            quiet = "good" if are_watching(alarms) else "unsure"
            self._say("alarms", summary(alarms), "bad" if firing(alarms) else quiet)

    def _show_queues(self, seen: Snapshot) -> None:
        for name, depth in seen.queues.items():
            if isinstance(depth, Unknown):
                self._say(name, depth.why, "unsure")
            elif name == "source":
                self._say(name, f"{depth.total:,}", "number")
                self._say("waiting", f"{depth.in_flight:,} in flight", "faint")
            else:
                self._say(name, f"{depth.total:,}", "number bad" if depth.total else "number")

    def _show_services(self, seen: Snapshot) -> None:
        if isinstance(seen.running, Unknown):
            self._say("running", seen.running.why, "unsure")
        else:
            self._say("running", f"{seen.running} running", "")
        of = {f"stage {stage.name}": stage.service for stage in self._console.environment.stages}
        for key, service in {ORCHESTRATOR: ORCHESTRATOR, **of}.items():
            version = seen.versions[service]
            if isinstance(version, Unknown):
                self._say(key, version.why, "unsure")
            else:
                self._say(key, f"version {version.version}", "faint")

    def _show_outcomes(self, seen: Snapshot) -> None:
        found = seen.outcomes
        if isinstance(found, Unknown):
            self._say("rate", found.why, "unsure")
            return
        least = "" if found.complete else "at least "
        self._say("rate", f"{least}{found.per_second:.1f} messages/s", "")
        words = f"{found.stored:,} stored, {found.rejected:,} rejected, {found.failed:,} failed"
        self._say("outcomes", words, "bad" if found.failed else "faint")
        self._say("stored", f"{found.stored:,} stored in {_WINDOW_MINUTES} min", "faint")
        if self._chart:
            now = seen.at.replace(second=0, microsecond=0)
            known = {minute.at.astimezone(now.tzinfo): minute for minute in found.minutes}
            times = (now - timedelta(minutes=back) for back in reversed(range(HISTORY.seconds // 60)))
            self._chart.options.update(_chart(tuple(known.get(at, Minute(at)) for at in times)))
            self._chart.update()

    def _box(self, title: str, *keys: str) -> None:
        with ui.element("div").classes("box"):
            text(title, "name")
            for key in keys:
                self._words[key] = text("").classes("faint")

    def _say(self, key: str, words: str, classes: str) -> None:
        self._words[key].text = printable(words)
        self._words[key].classes(replace=classes)


def _arrow() -> None:
    ui.icon("arrow_forward").classes("arrow")


def _chart(minutes: tuple[Minute, ...]) -> dict[str, Any]:
    return {
        "animation": False,
        "color": list(_OUTCOMES.values()),
        "legend": {"top": 8, "textStyle": {"color": "#808890"}},
        "grid": {"left": 48, "right": 16, "top": 40, "bottom": 28},
        "tooltip": {"trigger": "axis"},
        "xAxis": {"type": "category", "data": [f"{minute.at:%H:%M}" for minute in minutes]},
        "yAxis": {"type": "value", "minInterval": 1, "splitLine": {"lineStyle": {"color": "#80889040"}}},
        "series": [
            {"name": name, "type": "bar", "stack": "all", "data": [getattr(minute, name) for minute in minutes]}
            for name in _OUTCOMES
        ],
    }
