"""The executions of the orchestrator, newest first; and each of them, as a timeline of its operations."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import ClientError
from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.advice import is_not_found
from pipeline_cli.errors import CommandError
from pipeline_cli.executions import listing
from pipeline_cli.executions.deliveries import describe
from pipeline_cli.executions.history import CONTEXT, INVOKE, WAIT, History, Operation, read_history
from pipeline_cli.executions.timeline import seconds
from pipeline_cli.executions.tree import data_of, invoke_words
from pipeline_cli.printing import moment

from pipeline_console.environment import Trouble
from pipeline_console.lanes import Lane, draw_lanes
from pipeline_console.parts import data, facts, loaded, problem, section, status_class, text

if TYPE_CHECKING:
    from pipeline_cli.executions.deliveries import Execution
    from pipeline_cli.executions.listing import Listed
    from pipeline_cli.target import Target

    from pipeline_console.layout import Console

_LIMIT = 200
_SINCE = {15: "15 minutes", 60: "hour", 360: "6 hours", 1_440: "day", 10_080: "7 days", 0: "all that Lambda keeps"}
_COLUMNS = [
    {"name": "started", "label": "started (UTC)", "field": "started", "align": "left"},
    {"name": "status", "label": "status", "field": "status", "align": "left"},
    {"name": "took", "label": "took", "field": "took", "align": "right"},
    {"name": "version", "label": "version", "field": "version", "align": "right"},
    {"name": "name", "label": "name", "field": "name", "align": "left"},
]
_LINK = '<q-td :props="props"><a :href="props.row.address">{{ props.value }}</a></q-td>'
_STATUS = '<q-td :props="props"><span :class="props.row.style">{{ props.value }}</span></q-td>'


def address_of(arn: str) -> str:
    """Return the address of an execution's page."""
    return f"/execution?arn={quote(arn, safe='')}"


def add(console: Console) -> None:
    """Add both pages."""

    @ui.page("/executions")
    def executions() -> None:
        with console.frame("/executions", "Executions"):
            _Listing(console).draw()

    @ui.page("/execution")
    def execution(arn: str = "") -> None:
        with console.frame("/executions", "Execution"):
            text(arn, "mono lines")
            place = ui.element("div").classes("section wide")

            async def load() -> None:
                found = await console.environment.ask(_read, arn)
                with place:
                    if isinstance(found, Trouble):
                        problem(found.why)
                    else:
                        _Detail(*found).draw()

            loaded(load)


class _Listing:
    def __init__(self, console: Console) -> None:
        self._console = console

    def draw(self) -> None:
        with ui.row().classes("items-center"):
            self._statuses = ui.select(list(listing.STATUSES), label="status", multiple=True, clearable=True)
            self._statuses.props("dense outlined use-chips").style("min-width: 16rem").on_value_change(self._load)
            self._since = ui.select(_SINCE, label="started in the last", value=60).props("dense outlined")
            self._since.style("min-width: 12rem").on_value_change(self._load)
            ui.button("Read again", on_click=self._load).props("outline no-caps")
        self._place = ui.element("div").classes("section wide")
        ui.timer(0, self._load, once=True)

    async def _load(self) -> None:
        minutes = self._since.value
        since = datetime.now(UTC) - timedelta(minutes=minutes) if minutes else None
        found = await self._console.environment.ask(_newest, self._statuses.value or [], since)
        self._place.clear()
        with self._place:
            if isinstance(found, Trouble):
                problem(found.why)
            elif not found:
                text("No executions match.", "faint")
            else:
                table = ui.table(rows=[_row(one) for one in found], columns=_COLUMNS, row_key="arn", pagination=50)
                table.classes("wide").props("dense flat bordered")
                table.add_slot("body-cell-name", _LINK)
                table.add_slot("body-cell-status", _STATUS)
                if len(found) == _LIMIT:
                    text(f"Only the newest {_LIMIT} are shown.", "faint")


class _Detail:
    def __init__(self, execution: Execution, history: History) -> None:
        self._execution = execution
        self._history = history
        self._operations = [history.execution, *history.operations]

    def draw(self) -> None:
        execution, history = self._execution, self._history
        text(execution.status, f"number {status_class(execution.status)}")
        facts(
            [
                ("started", f"{moment(execution.started)} UTC" if execution.started else ""),
                ("took", seconds(execution.started, execution.ended)),
                ("version", execution.version),
                ("error", str(history.execution.error or "")),
                ("operations", f"{len(history.operations):,}"),
                ("note", "Lambda left out part of the data" if history.truncated else ""),
            ]
        )
        with section("Operations"):
            draw_lanes([self._lane(one) for one in self._operations], execution.ended, self._show_data)

    def _lane(self, operation: Operation) -> Lane:
        depth = sum(1 for _ in self._history.ancestors(operation))
        notes = list(invoke_words(operation, None)) if operation.kind == INVOKE else []
        if operation.attempts > 1:
            notes.append(f"{operation.attempts} attempts")
        if operation.error and operation.kind != WAIT:
            notes.append(str(operation.error))
        whole = operation is self._history.execution
        return Lane(
            "execution" if whole else operation.name or operation.kind.lower(),
            operation.started or self._execution.started or datetime.now(UTC),
            operation.ended,
            self._execution.status if whole else operation.status,
            depth=0 if whole else depth + 1,
            note=", ".join(notes),
            waits=operation.kind in (WAIT, CONTEXT),
            shows=operation.input is not None or operation.result is not None,
        )

    async def _show_data(self, index: int) -> None:
        operation = self._operations[index]
        with ui.dialog(value=True) as dialog, ui.card().classes("data"):
            text(operation.name or "execution", "name")
            for name, value in data_of(operation, None):
                with section(name):
                    data(value)
            with ui.row().classes("buttons"):
                ui.button("Close", on_click=dialog.close).props("flat autofocus")
        dialog.on("hide", dialog.delete)


def _newest(target: Target, statuses: list[str], since: datetime | None) -> list[Listed]:
    return listing.newest(target.client("lambda"), target.resources.function_name, statuses, since, _LIMIT)


def _read(target: Target, arn: str) -> tuple[Execution, History]:
    try:
        return describe(target.client("lambda"), arn), read_history(target.client("lambda"), arn)
    except ClientError as error:
        if not is_not_found(error):
            raise
        raise CommandError(
            "There is no such execution: Lambda keeps histories for a limited time (ExecutionRetentionDays)."
        ) from None


def _row(one: Listed) -> dict[str, Any]:
    return {
        "arn": one.arn,
        "address": address_of(one.arn),
        "started": moment(one.started),
        "status": one.status,
        "style": status_class(one.status),
        "took": seconds(one.started, one.ended),
        "version": one.version,
        "name": printable(one.name),
    }
