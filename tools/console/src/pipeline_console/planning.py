"""A plan, shown before anything is sent or deleted; then its progress and result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.messages import plan_report
from pipeline_cli.messages.plan import LEAVES, Decision

from pipeline_console.environment import Trouble
from pipeline_console.messages import address_of_message
from pipeline_console.parts import block, problem, text
from pipeline_console.resending import Plan, Progress, Wish, carry_out, make_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pipeline_cli.messages.carrying_out import Done
    from pipeline_cli.messages.export_file import ExportedMessage
    from pipeline_cli.messages.plan import Planned
    from pipeline_cli.messages.reading import Kind

    from pipeline_console.environment import Environment

_PAGE = 20
_COLUMNS = [
    {"name": "message", "label": "message", "field": "message", "align": "left", "classes": "mono"},
    {"name": "decision", "label": "decision", "field": "decision", "align": "left"},
    {"name": "reason", "label": "reason", "field": "reason", "align": "left", "classes": "lines"},
]
_DECISION = """<q-td :props="props"><span :class="props.row.style">{{ props.value }}</span></q-td>"""


class Planning:
    """A dialog from the plan to its result."""

    def __init__(
        self, environment: Environment, kind: Kind, exported: Mapping[str, ExportedMessage], *, discards: bool
    ) -> None:
        """Plan for these messages, with these bodies."""
        self._environment = environment
        self._wish = Wish(kind, exported, discards)
        self._carried_out = False

    async def run(self) -> bool:
        """Show it until it is closed; return whether anything was carried out."""
        with ui.dialog(value=True).props("persistent") as self._dialog, ui.card():
            with ui.element("h2"):
                text(f"{self._wish.action.capitalize()} from the {self._wish.kind.queue_name}")
            self._place = ui.element("div").classes("section wide")
        ui.timer(0, self._plan, once=True)
        await self._dialog
        if not self._dialog.is_deleted:  # closing its tab has deleted it
            self._dialog.delete()
        return self._carried_out

    async def _plan(self) -> None:
        progress = self._progress("planning")
        found = await self._environment.ask(make_plan, self._wish, self._environment.repository, progress)
        if isinstance(found, Trouble):
            self._fail(found.why)
        else:
            self._show(found)

    def _show(self, plan: Plan, changed: str = "") -> None:
        self._place.clear()
        with self._place:
            if changed:
                problem(changed)
            for note in plan.notes:
                problem(note)
            table = ui.table(
                rows=[_row(one) for one in plan.planned], columns=_COLUMNS, row_key="message", pagination=_PAGE
            )
            table.classes("wide").props("dense flat bordered wrap-cells")
            table.add_slot("body-cell-decision", _DECISION)
            if plan.missing:
                text(f"Messages no longer in the queue, or received by somebody else: {plan.missing:,}.", "unsure")
            if not self._wish.discards:
                self._options()
            asks = plan_report.question(plan.planned, self._wish.kind.queue_name) if plan.leaving else ""
            block(asks or "Nothing would be sent or deleted.")
            with ui.row().classes("buttons"):
                ui.button("Cancel", on_click=lambda: self._dialog.submit(None)).props("flat autofocus no-caps")
                if plan.leaving:
                    go = ui.button(self._wish.action.capitalize(), on_click=lambda: self._do(plan))
                    go.props("color=negative no-caps")

    def _fail(self, why: str) -> None:
        """Show why there is no plan; with other options, there may be one."""
        self._place.clear()
        with self._place:
            problem(why)
            if not self._wish.discards:
                self._options()
            with ui.row().classes("buttons"):
                ui.button("Cancel", on_click=lambda: self._dialog.submit(None)).props("flat autofocus no-caps")

    def _options(self) -> None:
        async def choose(wish: Wish) -> None:
            self._wish = wish
            await self._plan()

        with ui.row():
            ui.checkbox(
                "Also ask the services of this checkout",
                value=self._wish.rules,
                on_change=lambda event: choose(replace(self._wish, rules=bool(event.value))),
            )
            ui.checkbox(
                "Also send messages that failed on the version that is still live",
                value=self._wish.unchanged,
                on_change=lambda event: choose(replace(self._wish, unchanged=bool(event.value))),
            )

    async def _do(self, plan: Plan) -> None:
        progress = self._progress(self._wish.action)
        done = await self._environment.ask(
            carry_out, self._wish, plan, self._environment.repository, progress, lambda: self._environment.is_closed
        )
        if isinstance(done, Plan):
            self._show(done, "Nothing was sent or deleted: the queue or the table has changed. This is the plan now.")
            return
        self._carried_out = True
        if isinstance(done, Trouble):
            self._end(done.why)
        else:
            sent = [one.execution_id for one in plan.planned if one.decision is Decision.SEND]
            traced = sent[0] if len(sent) == 1 and done.counts[Decision.SEND] else ""
            self._end(plan_report.shortfall(plan.planned, done, plan.missing), done, traced)

    def _end(self, short: str, done: Done | None = None, traced: str = "") -> None:
        self._place.clear()
        with self._place:
            if done:
                block(plan_report.summary(done), "number")
                if traced:
                    ui.link("Trace it", address_of_message(traced))
            if short:
                problem(short)
            with ui.row().classes("buttons"):
                ui.button("Close", on_click=lambda: self._dialog.submit(None)).props("autofocus no-caps")

    def _progress(self, what: str) -> Progress:
        progress = Progress()
        self._place.clear()
        with self._place:
            with ui.row().classes("loading"):
                ui.spinner()
                words = text(what)

            def show() -> None:
                of = f" of {progress.of:,}" if progress.of else ""
                words.text = f"{what}: {progress.count:,}{of} messages {progress.what}" if progress.what else what

            ui.timer(0.2, show)
        return progress


def _row(one: Planned) -> dict[str, Any]:
    edited = " (edited)" if one.edited else ""
    return {
        "message": printable(one.message.first_message_id),
        "decision": f"{one.decision.value}: {plan_report.meaning(one.decision)}",
        "style": "good" if one.decision in LEAVES and one.decision is not Decision.DISCARD else "unsure",
        "reason": printable(f"{one.reason}{edited}".strip()),
    }
