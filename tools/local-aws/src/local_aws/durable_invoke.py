"""Lambda's Invoke for durable functions: start an execution in the durable service, and wait for its end if asked to.

https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
"""

from __future__ import annotations

import asyncio
import http
import json
import re
import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, unquote

from local_aws.aws import ACCOUNT
from local_aws.forwarding import Answer, UnreachableError, ask, refusal

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping

    from aiohttp import ClientSession

_PATH = re.compile(r"/2015-03-31/functions/([^/]+)/invocations/?")
_FUNCTION = re.compile(
    r"((arn:[\w-]+:lambda:[\w-]+:)?\d{12}:)?(function:)?(?P<name>[\w-]+)(:(?P<qualifier>[$\w.-]+))?", re.ASCII
)
_LONGEST_SYNCHRONOUS = 900
# The durable service has no long polling.
_POLL_SECONDS = 0.1
_JSON = {"content-type": "application/json"}
_PAYLOAD_KEYS = {
    "ErrorMessage": "errorMessage",
    "ErrorType": "errorType",
    "ErrorData": "errorData",
    "StackTrace": "stackTrace",
}


@dataclass(frozen=True)
class Invocation:
    """A request to Invoke."""

    function: str
    qualifier: str | None
    kind: str
    execution_name: str | None
    payload: bytes

    @classmethod
    def read(cls, path: str, query: Mapping[str, str], headers: Mapping[str, str], payload: bytes) -> Self | None:
        """Parse a request by its raw path; None if the path is not that of Invoke."""
        if not (named := _PATH.fullmatch(path)):
            return None
        function, qualifier = function_and_qualifier(unquote(named[1]))
        return cls(
            function,
            query.get("Qualifier") or qualifier,
            headers.get("X-Amz-Invocation-Type", "RequestResponse"),
            headers.get("X-Amz-Durable-Execution-Name"),
            payload or b"{}",
        )


@dataclass(eq=False)
class DurableInvoker:
    """Invokes durable functions; ``service`` is the address of the durable service."""

    session: ClientSession
    service: str
    _starting: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def invoke(
        self, invocation: Invocation, execution_timeout: int, dry_run: Callable[[], Awaitable[Answer]]
    ) -> Answer:
        """Respond as Lambda does.

        ``dry_run`` sends the request with the invocation type DryRun: MiniStack resolves the version, on which the
        execution stays.
        """
        if error := _unacceptable(invocation, execution_timeout):
            return error
        allowed = await dry_run()
        if allowed.status != http.HTTPStatus.NO_CONTENT or invocation.kind == "DryRun":
            return allowed
        version = allowed.headers["x-amz-executed-version"]
        async with self._starting:
            execution = await self._existing(invocation) or await self._start(invocation, version, execution_timeout)
        if isinstance(execution, Answer):
            return execution
        headers = _JSON | {"x-amz-executed-version": version, "x-amz-durable-execution-arn": execution}
        if invocation.kind == "Event":
            return Answer(http.HTTPStatus.ACCEPTED, headers)
        return _outcome(await self._end_of(execution), headers)

    async def _existing(self, invocation: Invocation) -> str | Answer | None:
        """Find the execution with the same name; a different payload is an error."""
        if not invocation.execution_name:
            return None
        url = f"/2025-12-01/functions/{invocation.function}/durable-executions"
        listed = await self._get(f"{url}?DurableExecutionName={quote(invocation.execution_name)}")
        for execution in listed["DurableExecutions"]:
            arn: str = execution["DurableExecutionArn"]
            described = await self._describe(arn)
            if json.loads(described["InputPayload"]) == json.loads(invocation.payload):
                return arn
            message = f"Execution with name {invocation.execution_name} was already started with another payload"
            return refusal(http.HTTPStatus.CONFLICT, "DurableExecutionAlreadyStartedException", message)
        return None

    async def _start(self, invocation: Invocation, version: str, execution_timeout: int) -> str:
        start = {
            "AccountId": ACCOUNT,
            "FunctionName": invocation.function,
            "FunctionQualifier": version,
            "ExecutionName": invocation.execution_name or str(uuid.uuid4()),
            "ExecutionTimeoutSeconds": execution_timeout,
            "ExecutionRetentionPeriodDays": 1,  # it is required, and longer than the service runs
            "Input": invocation.payload.decode(),
        }
        body = json.dumps(start).encode()
        answer = await ask(self.session, "POST", f"{self.service}/start-durable-execution", _JSON, body)
        if answer.status != http.HTTPStatus.CREATED:
            raise UnreachableError(f"{self.service} did not start an execution: {answer.status} {answer.body.decode()}")
        arn: str = answer.json()["ExecutionArn"]
        return arn

    async def _end_of(self, execution: str) -> Mapping[str, Any]:
        while (described := await self._describe(execution))["Status"] == "RUNNING":
            await asyncio.sleep(_POLL_SECONDS)
        return described

    async def _describe(self, execution: str) -> Mapping[str, Any]:
        return await self._get(f"/2025-12-01/durable-executions/{quote(execution, safe='')}")

    async def _get(self, path: str) -> Mapping[str, Any]:
        answer = await ask(self.session, "GET", self.service + path, {})
        if answer.status != http.HTTPStatus.OK:
            raise UnreachableError(f"{self.service} answered {answer.status} {answer.body.decode()}")
        body: Mapping[str, Any] = answer.json()
        return body


def function_and_qualifier(function: str) -> tuple[str, str | None]:
    """Split a name, an ARN or a partial ARN into the function's name and its version or alias."""
    parts = _FUNCTION.fullmatch(function)
    return (parts["name"], parts["qualifier"]) if parts else (function, None)


def _unacceptable(invocation: Invocation, execution_timeout: int) -> Answer | None:
    """Return the error for a request that Lambda would refuse; the messages are those of AWS."""
    problem, code = None, "InvalidParameterValueException"
    if not invocation.qualifier:
        problem = "You cannot invoke a durable function using an unqualified ARN."
    elif invocation.kind == "RequestResponse" and execution_timeout > _LONGEST_SYNCHRONOUS:
        problem = "You cannot synchronously invoke a durable function with an executionTimeout greater than 15 minutes."
    elif invocation.kind not in ("RequestResponse", "Event", "DryRun"):
        problem = f"Unknown invocation type: {invocation.kind}"
    elif not _is_json(invocation.payload):
        problem, code = "Could not parse request body into json", "InvalidRequestContentException"
    return refusal(http.HTTPStatus.BAD_REQUEST, code, problem) if problem else None


def _is_json(payload: bytes) -> bool:
    try:
        json.loads(payload.decode())
    except (ValueError, RecursionError):
        return False
    return True


def _outcome(execution: Mapping[str, Any], headers: Mapping[str, str]) -> Answer:
    if execution["Status"] == "SUCCEEDED":
        return Answer(http.HTTPStatus.OK, headers, str(execution.get("Result") or "null").encode())
    error = {_PAYLOAD_KEYS.get(key, key): value for key, value in (execution.get("Error") or {}).items()}
    return Answer(http.HTTPStatus.OK, {**headers, "x-amz-function-error": "Unhandled"}, json.dumps(error).encode())
