"""The messages that failed and wait for redelivery: their number, and why they failed."""

from __future__ import annotations

import re
import time
from collections import Counter
from typing import TYPE_CHECKING

from pipeline_demo.audit import reason_of

if TYPE_CHECKING:
    from local_aws.emulator import Emulator

    from pipeline_demo.audit import Audit
    from pipeline_demo.failures import Failures
    from pipeline_demo.view import ProgressView

_LOOK_SECONDS = 1.0
# Limits the time spent looking to a tenth of a large run.
_SHARE_OF_TIME = 0.1
_MOST_REASONS = 5
_VARIABLE = re.compile(r"[0-9a-f-]{36}|\d+(\.\d+)?")


class Waiting:
    """Looks for failures of the messages without an outcome, and reports each reason once per look."""

    def __init__(
        self, aws: Emulator, audit: Audit, failures: Failures, view: ProgressView, *, redelivered_within: int
    ) -> None:
        """Report to the view; ``redelivered_within`` is the visibility timeout, in seconds."""
        self._aws = aws
        self._audit = audit
        self._failures = failures
        self._view = view
        self._within = redelivered_within
        self._next = 0.0
        self._told: set[str] = set()

    @property
    def count(self) -> int:
        """The number of messages that failed and have no outcome yet."""
        return len(self._audit.pending_ids & self._failures.last.keys())

    def look(self) -> None:
        """Look, unless it did so just now."""
        started = time.monotonic()
        if started < self._next:
            return
        news = self._failures.look(self._audit.message_ids)
        waiting = self._audit.pending_ids & news.failures.keys()
        reasons = Counter(str(reason_of(news.failures[one])) for one in waiting)
        for reason, count in reasons.most_common(_MOST_REASONS):
            self._tell(f"{_messages(count)} for redelivery, within {self._within} s: {reason}")
        if others := reasons.total() - sum(count for _, count in reasons.most_common(_MOST_REASONS)):
            self._tell(f"{_messages(others)} for redelivery for other reasons")
        for warning in news.warnings:
            # Repeated failures have different ids and numbers each time.
            kind = _VARIABLE.sub("", warning)
            if kind not in self._told:
                self._told.add(kind)
                self._tell(warning)
        ended = time.monotonic()
        self._next = ended + max(_LOOK_SECONDS, (ended - started) / _SHARE_OF_TIME)

    def _tell(self, text: str) -> None:
        if not self._aws.keep_logs:
            self._aws.keep_logs = True
            self._view.note(f"The logs are kept in {self._aws.logs}", unbroken=True)
        self._view.note(text)


def _messages(count: int) -> str:
    return "1 message failed and waits" if count == 1 else f"{count} messages failed and wait"
