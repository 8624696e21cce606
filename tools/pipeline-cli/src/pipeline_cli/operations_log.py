"""The operations log: the changes in an environment, with author and time. It has no bodies."""

from __future__ import annotations

import json
import time
import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError

from pipeline_cli.advice import advice
from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_cli.target import Target


class OperationsLog:
    """A stream of the log, for one run of a command."""

    def __init__(self, target: Target, command: str) -> None:
        """Open a stream; ``command`` is the command line.

        Raises:
            CommandError: The log group does not exist.
        """
        self._logs = target.client("logs")
        self._group = f"/durable-pipeline/{target.environment}/operations"
        self._told = {"by": target.client("sts").get_caller_identity()["Arn"], "command": command}
        self._stream = f"{datetime.now(UTC):%Y/%m/%d/%H%M%S}-{uuid.uuid4().hex[:8]}"
        try:
            self._logs.create_log_stream(logGroupName=self._group, logStreamName=self._stream)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceNotFoundException":
                raise
            raise CommandError(
                f"there is no operations log {self._group}: deploy the stack access, "
                f"./nox -s deploy -- access --env {target.environment}"
            ) from None

    def write(self, lines: Sequence[Mapping[str, Any]]) -> str:
        """Write the lines, and return the problem; if empty, all of them are in the log."""
        now = time.time()
        at = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        events = [
            {"timestamp": int(now * 1000), "message": json.dumps({"at": at, **line, **self._told})} for line in lines
        ]
        try:
            answer = self._logs.put_log_events(logGroupName=self._group, logStreamName=self._stream, logEvents=events)
        except (BotoCoreError, ClientError) as error:
            return advice(error)
        rejected = answer.get("rejectedLogEventsInfo")
        return f"the log rejected lines; is the clock right? {rejected}" if rejected else ""


def record(target: Target, command: str, line: Mapping[str, Any]) -> str:
    """Write one line about a completed change, and return the reason of a failure; empty on success."""
    try:
        problem = OperationsLog(target, command).write([line])
    except CommandError as error:
        problem = str(error)
    except (BotoCoreError, ClientError) as error:
        problem = advice(error)
    return f"it is done, but not recorded: {problem}" if problem else ""
