"""The invalid messages and the dead letters: grouped by reason, and each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.messages.export_file import ExportedMessage
from pipeline_cli.messages.listing import grouped
from pipeline_cli.messages.reading import Kind
from pipeline_cli.printing import moment

from pipeline_console.editing import Editor
from pipeline_console.environment import Trouble
from pipeline_console.parts import problem, section, text, told
from pipeline_console.planning import Planning
from pipeline_console.resending import MOST, Listed, Progress, list_messages

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.messages.queued_message import QueuedMessage

    from pipeline_console.layout import Console

_TITLES = {Kind.INVALID: "Invalid messages", Kind.DEAD: "Dead letters"}
_PAGE = 25
_GROUPS = [
    {"name": "count", "label": "messages", "field": "count", "align": "right"},
    {"name": "stage", "label": "stage", "field": "stage", "align": "left"},
    {"name": "code", "label": "code", "field": "code", "align": "left"},
    {"name": "reason", "label": "reason", "field": "reason", "align": "left", "classes": "lines"},
    {"name": "newest", "label": "newest (UTC)", "field": "newest", "align": "left"},
    {"name": "show", "label": "", "field": "show", "align": "right"},
]
_MESSAGES = [
    {"name": "id", "label": "message", "field": "id", "align": "left", "classes": "mono"},
    {"name": "sent", "label": "sent (UTC)", "field": "sent", "align": "left"},
    {"name": "code", "label": "code", "field": "code", "align": "left"},
    {"name": "reason", "label": "reason", "field": "reason", "align": "left", "classes": "lines"},
    {"name": "edited", "label": "", "field": "edited", "align": "left"},
    {"name": "open", "label": "", "field": "open", "align": "right"},
]
_SHOW = """<q-td :props="props"><q-btn flat dense no-caps :label="props.row.shown ? 'Show all' : 'Show only these'"
:aria-label="(props.row.shown ? 'Show all' : 'Show only ') + props.row.code"
@click="() => $parent.$emit('show', props.row.key)" /></q-td>"""
_OPEN = """<q-td :props="props"><q-btn flat dense no-caps label="Open"
:aria-label="'Open ' + props.row.id" @click="() => $parent.$emit('open', props.row.key)" /></q-td>"""
_TRACED = """<q-td :props="props"><a :href="'/messages?id=' + encodeURIComponent(props.value)">{{ props.value }}</a>
</q-td>"""


def add(console: Console) -> None:
    """Add the pages of both queues."""
    for kind in Kind:
        _add(console, kind)


def _add(console: Console, kind: Kind) -> None:
    @ui.page(f"/{kind.value}")
    def letters() -> None:
        with console.frame(f"/{kind.value}", _TITLES[kind]):
            _Letters(console, kind).draw()


class _Letters:
    """The state of one page: the messages it has read, and the bodies edited since."""

    def __init__(self, console: Console, kind: Kind) -> None:
        self._console = console
        self._kind = kind
        self._listed: Listed | None = None
        self._edits: dict[str, ExportedMessage] = {}
        self._group: tuple[str, str, str] | None = None
        self._busy = False
        self._table: ui.table | None = None

    def draw(self) -> None:
        with ui.row().classes("items-center"):
            self._again = ui.button("Read again", on_click=self._load).props("outline no-caps")
            self._reading = text("", "faint")
        self._place = ui.element("div").classes("section wide")
        self._dialogs = ui.element("div")
        ui.timer(0, self._load, once=True)

    async def _load(self) -> None:
        if self._busy:  # two readers of a queue would take messages from each other
            return
        self._busy = True
        try:
            await self._read()
        finally:
            self._busy = False

    async def _read(self) -> None:
        progress = Progress()
        self._again.disable()
        timer = ui.timer(0.5, lambda: self._reading.set_text(f"reading the queue: {progress.count:,} messages"))
        try:
            found = await self._console.environment.ask(list_messages, self._kind, progress)
        finally:
            timer.cancel()
            self._again.enable()
            self._reading.text = ""
        self._place.clear()
        with self._place:
            if isinstance(found, Trouble):
                problem(found.why)
                return
            self._listed = found
            known = {message.message_id for message in found.messages}
            self._edits = {one: edit for one, edit in self._edits.items() if one in known}
            self._draw_all()

    @property
    def _messages(self) -> Sequence[QueuedMessage]:
        return self._listed.messages if self._listed else ()

    def _draw_all(self) -> None:
        self._place.clear()
        messages = self._messages
        with self._place:
            for note in self._listed.notes if self._listed else ():
                problem(note)
            if len(messages) == MOST:
                text(f"Only {MOST:,} of them are shown; the others are not planned either.", "unsure")
            if not messages:
                text(f"There is no message in the {self._kind.queue_name}.", "good")
                return
            with section("Why they are there"):
                self._draw_groups()
            with section("Messages"):
                self._draw_messages()

    def _draw_groups(self) -> None:
        groups = grouped(self._messages)
        rows = [
            {
                "key": index,
                "count": f"{group.count:,}",
                "stage": printable(group.stage),
                "code": printable(group.code),
                "reason": printable(group.reason),
                "newest": moment(group.newest),
                "shown": self._group == (group.stage, group.code, group.reason),
            }
            for index, group in enumerate(groups)
        ]
        table = ui.table(rows=rows, columns=_GROUPS, row_key="key", pagination=_PAGE)
        table.classes("wide").props("dense flat bordered wrap-cells")
        table.add_slot("body-cell-show", _SHOW)

        def show(event: Any) -> None:
            group = groups[int(event.args)]
            chosen = group.stage, group.code, group.reason
            self._group = None if self._group == chosen else chosen
            self._draw_all()

        table.on("show", show)

    def _draw_messages(self) -> None:
        shown = [one for one in self._messages if self._group in (None, _group_of(one))]
        self._table = ui.table(
            rows=[self._row(one) for one in shown],
            columns=_MESSAGES,
            row_key="key",
            selection="multiple",
            pagination=_PAGE,
        )
        self._table.classes("wide").props("dense flat bordered wrap-cells")
        self._table.add_slot("body-cell-id", _TRACED)
        self._table.add_slot("body-cell-open", _OPEN)
        self._table.on("open", lambda event: self._open(str(event.args)))
        verb = self._kind.resend
        with ui.row().classes("items-center"):
            ui.button(f"{verb.capitalize()} the selected", on_click=lambda: self._plan(discards=False)).props("no-caps")
            ui.button("Discard the selected", on_click=lambda: self._plan(discards=True)).props("flat no-caps")
            ui.button("Select all shown", on_click=lambda: self._select(shown)).props("flat no-caps")
        text("Nothing is sent or deleted until you have seen and confirmed a plan.", "faint")

    def _select(self, messages: list[QueuedMessage]) -> None:
        if self._table:
            keys = {message.message_id for message in messages}
            self._table.selected = [row for row in self._table.rows if row["key"] in keys]
            self._table.update()

    def _row(self, message: QueuedMessage) -> dict[str, Any]:
        return {
            "key": message.message_id,
            "id": printable(message.first_message_id),
            "sent": moment(message.sent_at),
            "code": printable(message.failure.code),
            "reason": printable(message.failure.why),
            "edited": "edited" if message.message_id in self._edits else "",
        }

    def _open(self, message_id: str) -> None:
        if self._listed is None:
            return
        message = next(one for one in self._messages if one.message_id == message_id)

        async def edited(body: str | None, *, sends: bool) -> None:
            if body is None:
                self._edits.pop(message_id, None)
            else:
                self._edits[message_id] = ExportedMessage(message_id, body, None)
            self._draw_all()
            if sends:
                await self._planning([message], discards=False)

        Editor(message, self._kind, self._listed.intake, self._edits.get(message_id), edited).open()

    async def _plan(self, *, discards: bool) -> None:
        chosen = {row["key"] for row in (self._table.selected if self._table else ())}
        messages = [one for one in self._messages if one.message_id in chosen]
        if not messages:
            told("Select messages first.", bad=True)
            return
        await self._planning(messages, discards=discards)

    async def _planning(self, messages: list[QueuedMessage], *, discards: bool) -> None:
        edits = {} if discards else self._edits
        exported = {
            one.message_id: edits.get(one.message_id, ExportedMessage(one.message_id, one.draft.body, None))
            for one in messages
        }
        if self._busy:
            told("The queue is still being read; plan again when this is done.", bad=True)
            return
        self._busy = True
        try:
            with self._dialogs:
                done = await Planning(self._console.environment, self._kind, exported, discards=discards).run()
        finally:
            self._busy = False
        if done:
            await self._load()
            await self._console.live.look()


def _group_of(message: QueuedMessage) -> tuple[str, str, str]:
    failure = message.failure
    return failure.stage, failure.code, failure.why
