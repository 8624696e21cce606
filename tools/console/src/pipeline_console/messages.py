"""One message: its deliveries with their executions, and its current place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote

from nicegui import ui
from pipeline_cli.executions.log_search import LogSearch
from pipeline_cli.executions.places import Waits
from pipeline_cli.executions.story import details, headline, summary
from pipeline_cli.executions.timeline import rows_of, seconds
from pipeline_cli.executions.trace import Tracer
from pipeline_cli.printing import moment

from pipeline_console.environment import Trouble
from pipeline_console.executions import address_of
from pipeline_console.lanes import Lane, draw_lanes
from pipeline_console.parts import block, data, facts, loaded, problem, section, status_class, text

if TYPE_CHECKING:
    from pathlib import Path

    from pipeline_cli.executions.deliveries import Delivery
    from pipeline_cli.executions.timeline import Row
    from pipeline_cli.executions.trace import Trace, TracedMessage
    from pipeline_cli.target import Target

    from pipeline_console.layout import Console

_SINCE = {1: "day", 4: "4 days", 14: "14 days"}
_SEARCH_SECONDS = 60.0


def address_of_message(message_id: str) -> str:
    """Return the address of a message's page."""
    return f"/messages?id={quote(message_id, safe='')}"


def add(console: Console) -> None:
    """Add the page."""

    @ui.page("/messages")
    def messages(id: str = "", days: int = 4) -> None:  # noqa: A002 - the name in the address
        with console.frame("/messages", "Messages"):
            days = days if days in _SINCE else 4
            _search(id, days)
            if id:
                place = ui.element("div").classes("section wide")

                async def load() -> None:
                    found = await console.environment.ask(_trace, id, days, console.environment.repository)
                    with place:
                        if isinstance(found, Trouble):
                            problem(found.why)
                        else:
                            _show(*found)

                loaded(load)


def _search(asked: str, days: int) -> None:
    def go() -> None:
        if given := (wanted.value or "").strip():
            ui.navigate.to(f"{address_of_message(given)}&days={since.value}")

    with ui.row().classes("items-center wide"):
        wanted = ui.input("message id, or the execution_id of a record", value=asked).props("outlined dense autofocus")
        wanted.classes("col-grow mono").on("keydown.enter", go)
        since = ui.select(_SINCE, label="search the log of the last", value=days).props("outlined dense")
        since.style("min-width: 12rem")
        ui.button("Trace", on_click=go).props("no-caps")


def _trace(target: Target, asked: str, days: int, repository: Path) -> tuple[Trace, bool]:
    """Trace a message; also return whether the log was searched to its end."""
    now = datetime.now(UTC)
    since = now - timedelta(days=days)
    search = LogSearch(target.client("logs"), target.resources.log_group, since, _SEARCH_SECONDS)
    return Tracer(target, search, Waits.read(repository), now).trace(asked), search.complete


def _show(trace: Trace, complete: bool) -> None:  # noqa: FBT001 - what _trace gives
    if not complete:
        problem(f"The log was not searched to its end within {_SEARCH_SECONDS:g} s: search fewer days.")
    if not trace.found:
        problem(
            "Nothing is known about it: no line in the log, no item in the table. It may be waiting in the queue for "
            "its first delivery; while the pipeline is paused, nothing is delivered."
        )
        return
    for note in trace.notes:
        problem(note)
    for message in trace.messages:
        _show_message(message)


def _show_message(message: TracedMessage) -> None:
    facts(summary(message))
    if item := message.item:
        with section("The item in the table"):
            facts([("stored at", item.stored_at), ("of message", item.message_id), ("digest", item.data_digest)])
            _on_request("Show the item", dict(item.content))
    for delivery in message.deliveries:
        _show_delivery(delivery)


def _show_delivery(delivery: Delivery) -> None:
    number = f"Delivery {delivery.number}" if delivery.number else "Delivery"
    with section(f"{number}, {moment(delivery.at)} UTC"):
        block(headline(delivery), status_class(delivery.outcome))
        execution = delivery.execution
        with ui.row().classes("items-baseline"):
            ui.link("Its execution", address_of(execution.arn))
            text(execution.status, status_class(execution.status))
            text(seconds(execution.started, execution.ended), "faint")
        facts(details(delivery))
        draw_lanes([_lane(row) for row in rows_of(delivery)], execution.ended, None)
        if delivery.record:
            _on_request("Show the body", delivery.record.message.body)


def _lane(row: Row) -> Lane:
    label = row.label.lstrip()
    depth = (len(row.label) - len(label)) // 2
    return Lane(label, row.started, row.ended, row.outcome, depth=depth, waits=row.waits)


def _on_request(label: str, value: object) -> None:
    """Show possibly personal data only on request."""
    place = ui.element("div").classes("data")

    def show() -> None:
        button.delete()
        with place:
            data(value)

    button = ui.button(label, on_click=show).props("flat dense no-caps").classes("self-start")
