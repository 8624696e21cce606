"""Opening one of the two queues: its messages, and why they are there."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pipeline_cli.messages.failure import LoggedFailures, rejection_of, search_log
from pipeline_cli.messages.hold import HIDDEN_SECONDS, kept_hidden
from pipeline_cli.messages.queued_message import QueuedMessage, sent_at
from pipeline_cli.queue_reader import QueueReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mypy_boto3_sqs.type_defs import MessageTypeDef

    from pipeline_cli.queue_reader import Contents
    from pipeline_cli.target import Target


class Kind(StrEnum):
    """The two queues; the value is the name of their commands."""

    DEAD = "dead"
    INVALID = "invalid"

    @property
    def queue_name(self) -> str:
        """The name of the queue in texts."""
        return "dead-letter queue" if self is Kind.DEAD else "invalid message queue"

    @property
    def resend(self) -> str:
        """The name of sending its messages again."""
        return "redrive" if self is Kind.DEAD else "resend"


@dataclass(frozen=True)
class OpenQueue:
    """A queue that was read; its messages are hidden from others."""

    reader: QueueReader
    messages: Sequence[QueuedMessage]
    """The messages, oldest first."""
    notes: Sequence[str]
    """Why there may be more."""


@contextmanager
def open_queue(
    target: Target,
    kind: Kind,
    *,
    limit: int | None,
    log_seconds: float | None,
    progress: Callable[[int], None],
) -> Iterator[OpenQueue]:
    """Read a queue to its end or to a limit; afterwards, its messages are visible again unless they were deleted.

    ``log_seconds`` limits the search of the log for the reasons of dead letters; 0 skips it, and None says that
    nobody needs them.
    """
    resources = target.resources
    url = resources.dead_letter_queue_url if kind is Kind.DEAD else resources.invalid_message_queue_url
    reader = QueueReader(target.client("sqs"), url, hidden_seconds=HIDDEN_SECONDS)
    with kept_hidden(reader):
        contents = reader.all_messages(limit, progress)
        if kind is Kind.INVALID:
            failures = LoggedFailures({})
            read = [QueuedMessage.read(one, target.intake, rejection_of(one)) for one in contents.messages]
        else:
            failures = _logged(target, contents.messages, log_seconds)
            read = [QueuedMessage.read(one, target.intake, failures.of(one["MessageId"])) for one in contents.messages]
        yield OpenQueue(reader, read, _notes(contents, failures))


def _logged(target: Target, messages: Sequence[MessageTypeDef], seconds: float | None) -> LoggedFailures:
    if not messages or not seconds:
        return LoggedFailures({}, "it was not searched" if seconds == 0 else "")
    ids = {message["MessageId"] for message in messages}
    logs, log_group = target.client("logs"), target.resources.log_group
    return search_log(logs, log_group, ids, min(map(sent_at, messages)), seconds=seconds)


def _notes(contents: Contents, failures: LoggedFailures) -> list[str]:
    notes = []
    if contents.unread:
        notes.append(f"messages in the queue that could not be read: about {contents.unread:,}")
    if contents.hidden:
        notes.append(
            f"hidden messages: about {contents.hidden:,}. Somebody is reading them, or was within the last "
            f"{HIDDEN_SECONDS // 60} minutes"
        )
    if failures.incomplete:
        notes.append(f"the reasons of the failures are incomplete: {failures.incomplete}")
    return notes
