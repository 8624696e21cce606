"""The error of a function whose process crashed, as AWS reports it."""

from __future__ import annotations

import json

_CRASHED = {"errorMessage": "Worker process died", "errorType": "Runtime.HandlerError"}
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-invocation.html
_EXITED = {"errorMessage": "Error: Runtime exited without providing a reason", "errorType": "Runtime.ExitError"}


def as_lambda_reports(payload: str) -> str:
    """Replace MiniStack's error payload if the function's process ended; other payloads are returned unchanged."""
    try:
        error = json.loads(payload)
    except ValueError:
        return payload
    return json.dumps(_EXITED) if error == _CRASHED else payload
