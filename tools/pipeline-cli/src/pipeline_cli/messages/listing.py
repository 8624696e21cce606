"""Showing the messages of a queue, grouped by reason or one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from local_aws.terminal import shown
from rich.padding import Padding

from pipeline_cli.printing import console, counted, moment

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pipeline_cli.messages.queued_message import QueuedMessage

_SHOWN_CHARACTERS = 2_000


@dataclass(frozen=True)
class Group:
    """Messages that are in their queue for the same reason."""

    stage: str
    code: str
    reason: str
    """The reason, with the field."""
    count: int
    oldest: datetime
    newest: datetime
    example: str
    """The original id of its newest message, by which it can be traced."""


def grouped(messages: Sequence[QueuedMessage]) -> list[Group]:
    """Group messages, the largest group first."""
    groups: dict[tuple[str, str, str], list[QueuedMessage]] = {}
    for message in messages:
        failure = message.failure
        groups.setdefault((failure.stage, failure.code, failure.why), []).append(message)
    found = []
    for (stage, code, reason), members in groups.items():
        times = [member.sent_at for member in members]
        newest = max(members, key=lambda member: member.sent_at)
        found.append(Group(stage, code, reason, len(members), min(times), max(times), newest.first_message_id))
    return sorted(found, key=lambda group: -group.count)


def print_groups(groups: Sequence[Group]) -> None:
    """Print some lines per group, which fit any width; codes and ids are not broken."""
    out = console()
    for group in groups:
        count = counted(group.count, "message")
        out.print(shown(f"{count}: {_where(group.stage, group.code)}", "bold"), soft_wrap=True)
        oldest, newest = moment(group.oldest), moment(group.newest)
        sent = f"{oldest} UTC" if oldest == newest else f"{oldest} to {newest} UTC"
        for name, value in (("reason", group.reason), ("sent", sent), ("example", group.example)):
            if value:
                out.print(Padding(shown(f"{name}: ", "dim").append_text(shown(value)), (0, 0, 0, 4)), highlight=False)


def print_each(messages: Sequence[QueuedMessage], *, bodies: bool) -> None:
    """Print some lines per message, with or without its body."""
    out = console()
    for message in messages:
        failure = message.failure
        times = "once" if message.receive_count == 1 else f"{message.receive_count} times"
        out.print(
            shown(message.first_message_id, "bold"),
            f"sent {moment(message.sent_at)}, received {times}",
            highlight=False,
        )
        rows = [(_where(failure.stage, failure.code), failure.why), ("record", message.execution_id)]
        if message.first_message_id != message.message_id:
            rows.append(("id here", message.message_id))
        rows.append(("execution", failure.execution_arn))
        if bodies:
            rows += [(f"attribute {name}", str(value.value)) for name, value in message.draft.attributes.items()]
            rows.append(("body", _shortened(message.draft.body)))
        for name, value in rows:
            if value:
                out.print(shown(f"    {name}: ", "dim"), shown(value), sep="", highlight=False, soft_wrap=True)


def _where(stage: str, code: str) -> str:
    return ", ".join(filter(None, (stage, code)))


def _shortened(text: str) -> str:
    if len(text) <= _SHOWN_CHARACTERS:
        return text
    return f"{text[:_SHOWN_CHARACTERS]}… and {len(text) - _SHOWN_CHARACTERS:,} more characters; export has them all"
