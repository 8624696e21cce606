"""One stage, invoked for the records of a chunk or for one record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline_contracts import BrokenContractError, UnexpectedError

from orchestrator import operations
from orchestrator.errors import FailureCode, StageError, UnfinishedError, was_not_invoked
from orchestrator.messages import Failure, Record, Rejection
from orchestrator.quotas import MAX_PAYLOAD_BYTES
from orchestrator.stage import Unfinished

if TYPE_CHECKING:
    from collections.abc import Sequence

    from aws_durable_execution_sdk_python import DurableContext
    from aws_durable_execution_sdk_python.exceptions import InvokeError
    from pipeline_contracts import RecordError

    from orchestrator.stage import Stage

MAX_REASON = 300
"""Maximum characters of an error's text, which is logged per record and checkpointed per isolated record."""


class StageCall:
    """One stage, invoked for some records, and again for those that it has not finished."""

    def __init__(self, stage: Stage, function_arn: str, records: Sequence[Record]) -> None:
        self._stage = stage
        self._function_arn = function_arn
        self.invokes = 0
        self.waiting = list(records)
        self.passed: list[Record] = []
        self.rejected: list[tuple[Record, Rejection]] = []

    @property
    def finished(self) -> bool:
        """Whether the stage has finished any record."""
        return bool(self.passed or self.rejected)

    def invoke(self, context: DurableContext, _attempt: int = 1) -> None:
        """Invoke the service once.

        Raises:
            InvokeError: The service failed, timed out or was throttled.
            BrokenContractError: Its response, or an earlier stage's, breaks the contract.
            UnfinishedError: Its response says that some records could not be processed now.
        """
        self.invokes += 1
        request = self._stage.request_for(self.waiting).model_dump_json()
        if (size := len(request.encode())) > MAX_PAYLOAD_BYTES:
            raise BrokenContractError(f"with the outputs of the earlier stages, the request would have {size:,} bytes")
        response = context.invoke(self._function_arn, request, self._stage.name, operations.INVOKE)
        verdicts = self._stage.verdicts_in(response or "null", self.waiting)
        requested, self.waiting = self.waiting, []
        errors: list[RecordError] = []
        for record, verdict in zip(requested, verdicts, strict=True):
            match verdict:
                case Record():
                    self.passed.append(verdict)
                case Rejection():
                    self.rejected.append((record, verdict))
                case Unfinished(error=error):
                    self.waiting.append(record)
                    errors.append(error)
        if errors:
            raise UnfinishedError(errors)

    def failures(self, error: StageError) -> list[Failure]:
        """Return a failure for each unfinished record, given the error that `invoke` raised."""
        whys: list[tuple[str, str]]
        if isinstance(error, UnfinishedError):
            whys = [(reason.code, reason.message) for reason in error.reasons]
        else:
            whys = [(_code(error), _reason(error))] * len(self.waiting)
        return [
            Failure(record, self._stage.name, code, reason[:MAX_REASON])
            for record, (code, reason) in zip(self.waiting, whys, strict=True)
        ]


def _code(error: InvokeError | BrokenContractError) -> FailureCode:
    if isinstance(error, BrokenContractError):
        return FailureCode.BROKEN_CONTRACT
    return FailureCode.NOT_INVOKED if was_not_invoked(error) else FailureCode.INVOKE_FAILED


def _reason(error: InvokeError | BrokenContractError) -> str:
    """Describe an error without the text of its exception, which may quote a message: this is logged."""
    if isinstance(error, BrokenContractError) or was_not_invoked(error):
        return str(error)
    ours = (UnexpectedError.__name__, BrokenContractError.__name__)
    return str(error) if error.error_type.rpartition(".")[2] in ours else error.error_type
