"""Files of exported messages: one JSON object per line, whose body and attributes may be edited."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from local_aws.terminal import printable

from pipeline_cli.errors import CommandError
from pipeline_cli.messages.attributes import Attribute
from pipeline_cli.messages.queued_message import Draft
from pipeline_cli.printing import plain_json
from pipeline_cli.rejected_message import OWN_ATTRIBUTE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from pipeline_cli.messages.queued_message import QueuedMessage


@dataclass(frozen=True)
class ExportedMessage:
    """One line of a file."""

    message_id: str
    body: str
    attributes: Mapping[str, Attribute] | None
    """The producer's; None if the line has no attributes, so that the message keeps its own."""

    def draft_of(self, message: QueuedMessage) -> Draft:
        """Return the draft of a message in a queue."""
        return Draft(self.body, message.draft.attributes if self.attributes is None else self.attributes)


def drafts_of(
    messages: Sequence[QueuedMessage], exported: Mapping[str, ExportedMessage] | None
) -> list[tuple[QueuedMessage, Draft]]:
    """Return the messages that are in a file, as edited there; without a file, all messages unchanged."""
    if exported is None:
        return [(message, message.draft) for message in messages]
    return [(one, exported[one.message_id].draft_of(one)) for one in messages if one.message_id in exported]


def missing_of(messages: Sequence[QueuedMessage], exported: Mapping[str, ExportedMessage] | None) -> int:
    """Count the messages of a file that are no longer in the queue."""
    return len((exported or {}).keys() - {message.message_id for message in messages})


def write_export(path: Path, messages: Iterable[QueuedMessage], *, force: bool) -> None:
    """Write a file that only its owner may read, because it has bodies.

    Raises:
        CommandError: It exists and ``force`` is not set, or it cannot be written.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if force else os.O_EXCL)
    try:
        with os.fdopen(os.open(path, flags, 0o600), "w", encoding="utf-8", newline="\n") as file:
            os.fchmod(file.fileno(), 0o600)  # an existing file keeps its mode
            # With control characters of terminals escaped, it is still JSON.
            file.writelines(
                printable(json.dumps(message.to_json(body=True), ensure_ascii=False, default=plain_json)) + "\n"
                for message in messages
            )
    except FileExistsError:
        raise CommandError(f"{path} exists; to overwrite it, add --force") from None
    except OSError as error:
        raise CommandError(f"{path} cannot be written: {error}") from None


def read_export(path: Path) -> dict[str, ExportedMessage]:
    """Read a file; return its messages by id.

    Raises:
        CommandError: It cannot be read, or a line is not a message; the error names the line.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} cannot be read: {error}") from None
    found: dict[str, ExportedMessage] = {}
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            message = _message(json.loads(line))
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            raise CommandError(f"{path}, line {number}, is not an exported message: {_why(error)}") from None
        if message.message_id in found:
            raise CommandError(f"{path}, line {number}, repeats message {message.message_id}")
        found[message.message_id] = message
    return found


def _message(line: Any) -> ExportedMessage:
    message_id, body, attributes = line["message_id"], line["body"], line.get("attributes")
    if not isinstance(message_id, str) or not isinstance(body, str):
        raise TypeError("message_id and body must be text")
    if attributes is not None:
        if not isinstance(attributes, dict) or OWN_ATTRIBUTE in attributes:
            raise ValueError(f"its attributes are not an object, or have the pipeline's own, {OWN_ATTRIBUTE}")
        attributes = {name: Attribute.exported(name, value) for name, value in attributes.items()}
    return ExportedMessage(message_id, body, attributes)


def _why(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)
