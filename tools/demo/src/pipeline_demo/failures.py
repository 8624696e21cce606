"""Why messages failed: what the orchestrator logged of them, and how executions ended that failed as a whole."""

from __future__ import annotations

import json
from itertools import islice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, EndpointConnectionError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from local_aws.emulator import Emulator
    from mypy_boto3_lambda import LambdaClient

_FAILED_STATUSES = ("FAILED", "TIMED_OUT", "STOPPED")
# A batch may have 6 MB of messages: more executions say nothing new.
_MOST_EXECUTIONS = 200
_PAGE = 50


def failure_reasons(aws: Emulator) -> dict[str, list[str]]:
    """Give the different reasons for which a message failed, by its id, as far as they are known."""
    reasons: dict[str, list[str]] = {}
    for message_id, reason in (*_logged(aws), *_of_executions(aws)):
        known = reasons.setdefault(message_id, [])
        if reason not in known:
            known.append(reason)
    return reasons


def _logged(aws: Emulator) -> Iterator[tuple[str, str]]:
    """Read the lines ``message failed`` of the durable function's log."""
    logs = aws.endpoint.logs()
    group = f"/aws/lambda/{_function(aws)}"
    try:
        pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
        for event in (event for page in pages for event in page["events"]):
            line = _object(event["message"])
            if line.get("message") == "message failed" and "message_id" in line:
                stage, code, reason = (line.get(name, "") for name in ("stage", "code", "reason"))
                yield str(line["message_id"]), f"{stage}, {code}: {reason}"
    except logs.exceptions.ResourceNotFoundException:
        return  # the function has never run


def _of_executions(aws: Emulator) -> Iterator[tuple[str, str]]:
    """Ask the durable execution service, which has the batch of each execution as its input."""
    client = aws.durable_endpoint.lambda_()
    try:
        for arn in _failed_executions(client, _function(aws)):
            execution = client.get_durable_execution(DurableExecutionArn=arn)
            error = execution.get("Error", {})
            why = ": ".join(filter(None, [error.get("ErrorType"), error.get("ErrorMessage")]))
            reason = f"the execution is {execution['Status']}" + (f": {why}" if why else "")
            for record in _object(execution.get("InputPayload", "")).get("Records", []):
                yield record["messageId"], reason
    except (EndpointConnectionError, ClientError):
        return  # the service has ended, which is told elsewhere, or has forgotten the execution


def _function(aws: Emulator) -> str:
    (durable,) = aws.deployment.durable_functions
    return durable.name


def _failed_executions(client: LambdaClient, function: str) -> list[str]:
    pages = client.get_paginator("list_durable_executions_by_function").paginate(
        FunctionName=function, ReverseOrder=True, PaginationConfig={"PageSize": _PAGE}
    )
    executions = (one for page in pages for one in page["DurableExecutions"])
    failed = (one["DurableExecutionArn"] for one in executions if one["Status"] in _FAILED_STATUSES)
    return list(islice(failed, _MOST_EXECUTIONS))


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
