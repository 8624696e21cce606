"""The operations log: a line for each change that an operator made to an environment."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import ClientError

from pipeline_cli.advice import advice
from pipeline_cli.errors import CommandError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pipeline_cli.target import Target


def write(target: Target, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a line for each entry, with the time and the caller, to a log stream of this run.

    Raises:
        CommandError: The environment has no operations log.
    """
    logs, group = target.client("logs"), f"/durable-pipeline/{target.environment}/operations"
    by = target.client("sts").get_caller_identity()["Arn"]
    now = datetime.now(UTC)
    at = now.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    stream = f"{now:%Y-%m-%d}/{uuid4()}"
    events = [
        {"timestamp": int(now.timestamp() * 1_000), "message": json.dumps({"at": at, "by": by, **entry})}
        for entry in entries
    ]
    try:
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ResourceNotFoundException":
            raise
        raise CommandError(
            f"there is no operations log {group}: deploy the stack access, "
            f"./nox -s deploy -- access --env {target.environment}"
        ) from None
    logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)


def record(target: Target, entry: Mapping[str, Any]) -> str:
    """Write one line about a change that was made, and give why it could not be; nothing if it was."""
    try:
        write(target, [entry])
    except CommandError as error:
        return f"it is done, but not recorded: {error}"
    except ClientError as error:
        return f"it is done, but not recorded: {advice(error)}"
    return ""
