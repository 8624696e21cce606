"""Selecting messages by reason, content and time of arrival."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

    from pipeline_cli.messages.queued_message import QueuedMessage

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@dataclass(frozen=True)
class Selection:
    """Conditions that a message must meet, all of them."""

    ids: Collection[str] = ()
    """The id of the message, its original id, or its execution id."""
    stage: str | None = None
    code: str | None = None
    reason: str | None = None
    """A part of the reason."""
    body: str | None = None
    """A part of the body."""
    older_than: timedelta | None = None
    newer_than: timedelta | None = None

    def of(self, messages: Iterable[QueuedMessage], now: datetime) -> list[QueuedMessage]:
        """Return the messages that meet the conditions."""
        return [message for message in messages if self._takes(message, now)]

    def _takes(self, message: QueuedMessage, now: datetime) -> bool:
        age = now - message.sent_at
        names = {message.message_id, message.first_message_id, message.execution_id}
        return (
            (not self.ids or not names.isdisjoint(self.ids))
            and self.stage in (None, message.failure.stage)
            and self.code in (None, message.failure.code)
            and (self.reason is None or self.reason in message.failure.why)
            and (self.body is None or self.body in message.draft.body)
            and (self.older_than is None or age > self.older_than)
            and (self.newer_than is None or age < self.newer_than)
        )


def age(text: str) -> timedelta:
    """Parse an age such as 30m, 2h or 3d; raises ValueError if it is invalid."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match:
        raise ValueError(f"expected a number with s, m, h or d, such as 30m or 2h, got {text!r}")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})
