"""The log of who has sent or deleted which message. It has no bodies."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_cli.target import Target

STACK = "access"
"""The stack that has the log group."""


def log_group(environment: str) -> str:
    """Name the log group of an environment."""
    return f"/durable-pipeline/{environment}/operations"


class OperationsLog:
    """One stream of it, for one run of a command."""

    def __init__(self, target: Target, command: str) -> None:
        """Open a stream; ``command`` is the command line.

        Raises:
            CommandError: There is no such log group.
        """
        self._logs = target.client("logs")
        self._group = log_group(target.environment)
        self._told = {"by": target.client("sts").get_caller_identity()["Arn"], "command": command}
        self._stream = f"{datetime.now(UTC):%Y/%m/%d/%H%M%S}-{uuid.uuid4().hex[:8]}"
        try:
            self._logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        except self._logs.exceptions.ResourceNotFoundException:
            raise CommandError(
                f"nothing was sent or deleted: it would be logged in {self._group}, which does not exist. "
                f"Deploy it first: ./nox -s deploy -- {STACK} --env {target.environment}"
            ) from None

    def write(self, lines: Sequence[dict[str, Any]]) -> str:
        """Write a line per message, and give the problem; without one, all lines are in the log."""
        now = time.time()
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        events = [
            {"timestamp": int(now * 1000), "message": json.dumps({"at": at} | line | self._told)} for line in lines
        ]
        try:
            answer = self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            return str(error)
        rejected = answer.get("rejectedLogEventsInfo")
        return f"the log rejected lines, is the clock right? {rejected}" if rejected else ""
