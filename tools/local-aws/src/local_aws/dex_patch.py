"""Start dex-local-runner with a patch for its histories: ``python -m local_aws.dex_patch start-server ...``.

The patch is for ``aws-durable-execution-sdk-python-testing`` 1.4.0; any other version runs unpatched. Remove it once a
release has these:

- A history has the start, end and error of every invocation. The runner collects the times and drops them on output.
- A history has the attempt at which a step succeeded, and the version that a chained invoke ran.
- The file of ``--function-configs`` is read for each chained invoke, so that functions may be deployed later.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from aws_durable_execution_sdk_python.lambda_service import ErrorObject, OperationStatus
from aws_durable_execution_sdk_python_testing import child_dispatcher, model
from aws_durable_execution_sdk_python_testing.child_dispatcher import (
    FILE_URL_PREFIX,
    FunctionConfig,
    FunctionConfigs,
    parse_function_target,
)
from aws_durable_execution_sdk_python_testing.cli import main as run
from aws_durable_execution_sdk_python_testing.executor import Executor
from aws_durable_execution_sdk_python_testing.model import (
    ChainedInvokeStartedDetails,
    Event,
    EventCreationContext,
    EventError,
    InvocationCompletedDetails,
    RetryDetails,
)

from local_aws.crashed_functions import as_lambda_reports

PATCHED_VERSION = "1.4.0"

_DISTRIBUTION = "aws-durable-execution-sdk-python-testing"
_FUNCTION_ERROR = re.compile(r"Lambda invocation failed with status \d+: (\{.*\})$", re.DOTALL)


def patch(installed: str) -> bool:
    """Put the patched methods in place if they are for the installed version; otherwise log a warning."""
    if installed != PATCHED_VERSION:
        logging.getLogger(__name__).warning(
            "%s %s is not patched, as the patch is for %s: histories lack data that AWS has, and functions that are "
            "deployed later are unknown to it",
            _DISTRIBUTION,
            installed,
            PATCHED_VERSION,
        )
        return False
    _keep_invocation_details()
    _record_failed_invocations()
    _report_attempts_of_succeeded_steps()
    _report_executed_versions()
    _report_crashes_of_invoked_functions()
    _read_function_configs_anew()
    return True


def _keep_invocation_details() -> None:
    def from_event_with_id(cls: type[Event], event: Event, event_id: int) -> Event:  # noqa: ARG001
        return replace(event, event_id=event_id)

    Event.from_event_with_id = classmethod(from_event_with_id)  # type: ignore[method-assign, assignment]


def _record_failed_invocations() -> None:
    """Add an invocation whose function failed to the history, with the error, before it is retried."""
    began: dict[str, Any] = {}
    errors: dict[str, EventError] = {}
    begin, retry, to_dict = Executor._begin_invocation, Executor._retry_after_error, InvocationCompletedDetails.to_dict

    def begin_invocation(self: Executor, execution_arn: str) -> Any:
        claim = begin(self, execution_arn)
        if claim:
            began[execution_arn] = self._clock.now()
        return claim

    def retry_after_error(self: Executor, execution_arn: str, error: ErrorObject) -> None:
        if failed := _FUNCTION_ERROR.search(error.message or ""):
            request_id = str(uuid.uuid4())
            payload = json.loads(as_lambda_reports(failed[1]))
            error = ErrorObject(payload.get("errorMessage"), payload.get("errorType"), None, payload.get("stackTrace"))
            errors[request_id] = EventError(payload=error)
            execution = self._store.load(execution_arn)
            execution.record_invocation_completion(began[execution_arn], self._clock.now(), request_id)
            self._store.save(execution)
        retry(self, execution_arn, error)

    def details(self: InvocationCompletedDetails) -> dict[str, Any]:
        error = errors.get(self.request_id)
        return to_dict(self) | ({"Error": error.to_dict()} if error else {})

    Executor._begin_invocation = begin_invocation  # type: ignore[method-assign]
    Executor._retry_after_error = retry_after_error  # type: ignore[method-assign]
    InvocationCompletedDetails.to_dict = details  # type: ignore[method-assign]


def _report_attempts_of_succeeded_steps() -> None:
    retry_details = EventCreationContext.get_retry_details

    def details(self: EventCreationContext) -> RetryDetails | None:
        step = self.operation.step_details
        if step and self.operation.status is OperationStatus.SUCCEEDED:
            return RetryDetails(current_attempt=step.attempt)
        return retry_details(self)

    EventCreationContext.get_retry_details = details  # type: ignore[method-assign]


def _report_executed_versions() -> None:
    to_dict = ChainedInvokeStartedDetails.to_dict

    def details(self: ChainedInvokeStartedDetails) -> dict[str, Any]:
        qualifier = parse_function_target(self.function_name).qualifier if self.function_name else None
        executed = model.executed_version(qualifier)
        # Which version an alias pointed at is not known here.
        known = {"ExecutedVersion": executed} if executed == (qualifier or executed) else {}
        return to_dict(self) | known

    ChainedInvokeStartedDetails.to_dict = details  # type: ignore[method-assign]


def _report_crashes_of_invoked_functions() -> None:
    error_from = child_dispatcher._error_from_invoke_body
    child_dispatcher._error_from_invoke_body = lambda body: error_from(as_lambda_reports(body))


@dataclass(frozen=True)
class _ConfigurationsFile(Mapping[str, FunctionConfig]):
    path: Path

    def __getitem__(self, name: str) -> FunctionConfig:
        return FunctionConfig.from_dict(self._read()[name], name)

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def _read(self) -> dict[str, Any]:
        configurations: dict[str, Any] = json.loads(self.path.read_text(encoding="utf-8"))
        return configurations


def _read_function_configs_anew() -> None:
    def from_value(cls: type[FunctionConfigs], value: str) -> FunctionConfigs:
        return cls(_ConfigurationsFile(Path(value.removeprefix(FILE_URL_PREFIX))))

    FunctionConfigs.from_value = classmethod(from_value)  # type: ignore[method-assign, assignment]


if __name__ == "__main__":
    patch(version(_DISTRIBUTION))
    sys.exit(run())
