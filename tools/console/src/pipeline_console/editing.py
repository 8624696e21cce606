"""One message of a queue: why it is there, and its body, which can be edited."""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Protocol

from local_aws.terminal import printable
from nicegui import ui
from pipeline_cli.messages.content import content_of, why
from pipeline_cli.printing import moment

from pipeline_console.parts import block, facts, text, told

if TYPE_CHECKING:
    from pipeline_cli.intake import Intake
    from pipeline_cli.messages.export_file import ExportedMessage
    from pipeline_cli.messages.queued_message import QueuedMessage
    from pipeline_cli.messages.reading import Kind


# In UTF-16 units, as JavaScript counts them.
_HASH = """(text => [...Array(text.length).keys()].reduce((hash, at) => (hash * 31 + text.charCodeAt(at)) | 0, 7))(
document.querySelector("textarea%s, %s textarea").value)"""


class Edited(Protocol):
    """Receives an edited body; None if it is unchanged."""

    async def __call__(self, body: str | None, *, sends: bool) -> None:
        """``sends`` requests a plan immediately."""


class Editor:
    """A dialog about one message."""

    def __init__(
        self, message: QueuedMessage, kind: Kind, intake: Intake, edit: ExportedMessage | None, edited: Edited
    ) -> None:
        """Show a message, unchanged or as it was edited before."""
        self._message = message
        self._intake = intake
        self._kind = kind
        self._edited = edited
        # Invisible or misleading characters are shown as JSON escapes: in a JSON string, they mean the same.
        # A text field normalizes line ends.
        self._original = printable(message.draft.body.replace("\r\n", "\n"), keep="\n\t")
        self._body = edit.body if edit else self._original

    def open(self) -> None:
        """Show the dialog."""
        message, failure = self._message, self._message.failure
        with ui.dialog(value=True) as self._dialog, ui.card():
            with ui.element("h2"):
                text(message.first_message_id, "mono")
            facts(
                [
                    ("why", ", ".join(filter(None, (failure.stage, failure.code)))),
                    ("reason", failure.why),
                    ("record", message.execution_id),
                    ("sent", f"{moment(message.sent_at)} UTC"),
                    ("id here", message.message_id if message.message_id != message.first_message_id else ""),
                    ("execution", failure.execution_arn),
                ]
            )
            self._place = ui.element("div").classes("section wide")
            with self._place:
                ui.button("Show and edit the body", on_click=self._show_body).props("outline no-caps")
            with ui.row().classes("buttons"):
                ui.button("Close", on_click=self._dialog.close).props("flat autofocus no-caps")
        self._dialog.on("hide", self._dialog.delete)

    def _show_body(self) -> None:
        self._dialog.props("persistent")  # so that Escape does not discard an edit
        self._place.clear()
        with self._place:
            attributes = self._message.draft.attributes.items()
            facts([(f"attribute {name}", str(value.value)) for name, value in attributes])
            self._area = ui.textarea("body", value=self._body).props("outlined autogrow autofocus").classes("mono wide")
            self._area.on_value_change(self._check)
            self._verdict = block("")
            with ui.row().classes("buttons"):
                ui.button("Keep the edit", on_click=lambda: self._keep(sends=False)).props("flat no-caps")
                ui.button(f"Plan its {self._kind.resend}", on_click=lambda: self._keep(sends=True)).props("no-caps")
        self._check()

    def _check(self) -> None:
        body = self._area.value
        found = content_of(self._message.draft.body if body == self._original else body, self._intake).problem
        words = (
            why(found.field, found.reason)
            if found
            else "It satisfies the contract. The plan also applies the rules of this checkout."
        )
        self._verdict.text = printable(words)
        self._verdict.classes(replace=f"lines {'bad' if found else 'good'}")

    async def _is_what_is_seen(self, body: str) -> bool:
        """Compare with the text in the browser: NiceGUI sends nothing if it is invalid Unicode or some 250 KB long."""
        seen = await self._area.client.run_javascript(_HASH.replace("%s", f"#c{self._area.id}"))
        return bool(seen == _hash(body))

    async def _keep(self, *, sends: bool) -> None:
        body = self._area.value
        if not await self._is_what_is_seen(body):
            told("The edit did not reach the console: it is invalid Unicode or too long. Use export instead.", bad=True)
            return
        self._dialog.close()
        await self._edited(None if body == self._original else body, sends=sends)


def _hash(text: str) -> int:
    value = 7
    for unit in array("H", text.encode("utf-16", "surrogatepass")[2:]):
        value = (value * 31 + unit) & 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value
