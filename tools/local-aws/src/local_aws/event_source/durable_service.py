"""Starting executions of a durable function, and observing how they end."""

from __future__ import annotations

import http.client
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from local_aws.event_source.mapping import EventSourceMapping

_TIMEOUT_SECONDS = 10.0


class DurableServiceError(Exception):
    """The durable execution service did not answer, or not as expected; a retry may help."""


class ExecutionLostError(Exception):
    """The service does not know the execution, or was restarted meanwhile: it will never end."""


@dataclass(frozen=True)
class Execution:
    """The state of an execution: ``result`` is its return value as JSON, ``error`` is why it failed."""

    status: str
    result: str | None = None
    error: Any = None

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self.status == "RUNNING"

    @property
    def succeeded(self) -> bool:
        """Whether it ended successfully."""
        return self.status == "SUCCEEDED"


class LocalRunner:
    """The durable execution service of dex-local-runner, for one function."""

    def __init__(
        self,
        port: int,
        mapping: EventSourceMapping,
        version: Callable[[], str],
        *,
        timeout_seconds: int,
    ) -> None:
        """Start executions of the mapping's function, each on the version that is live at the time.

        As on AWS, an execution stays on that version to its end, wherever an alias points meanwhile: the runner invokes
        the version that the execution was started with. https://docs.aws.amazon.com/lambda/latest/dg/durable-invoking.html
        """
        self._port = port
        self._version = version
        self._request: dict[str, Any] = {
            "AccountId": mapping.account,
            "FunctionName": mapping.function_name,
            "ExecutionTimeoutSeconds": timeout_seconds,
            "ExecutionRetentionPeriodDays": 1,  # it is required, and longer than the service runs
        }

    def start(self, event: str) -> str:
        """Start an execution; raises DurableServiceError if it is not certain that one was started."""
        request = self._request | {"ExecutionName": str(uuid.uuid4()), "Input": event}
        try:
            request["FunctionQualifier"] = self._version()
        except (BotoCoreError, ClientError) as error:
            raise DurableServiceError(f"the function's version is not known: {error}") from error
        try:
            status, answer = self._call("POST", "/start-durable-execution", json.dumps(request))
        except ConnectionRefusedError as error:
            raise DurableServiceError("the durable execution service does not respond") from error
        execution = answer.get("ExecutionArn")
        if status != http.client.CREATED or not isinstance(execution, str):
            raise DurableServiceError(f"the durable execution service answered {status} {answer}")
        return execution

    def describe(self, execution: str) -> Execution:
        """Describe an execution; raises ExecutionLostError if it can no longer end.

        A refused connection means that the process is gone, and its executions with it.
        """
        try:
            status, answer = self._call("GET", f"/2025-12-01/durable-executions/{quote(execution, safe='')}")
        except ConnectionRefusedError as error:
            raise ExecutionLostError("the durable execution service is gone") from error
        if status == http.client.NOT_FOUND:
            raise ExecutionLostError("the durable execution service does not know the execution")
        if status != http.client.OK:
            raise DurableServiceError(f"the durable execution service answered {status} {answer}")
        return Execution(status=answer["Status"], result=answer.get("Result"), error=answer.get("Error"))

    def _call(self, method: str, path: str, body: str | None = None) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except ConnectionRefusedError:
            raise
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise DurableServiceError(f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        return response.status, answer if isinstance(answer, dict) else {}
