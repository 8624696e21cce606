"""The errors for which a stage is retried, and whether they concern a record or the system."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError
from pipeline_contracts import BrokenContractError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_contracts import RecordError


class UnfinishedError(Exception):
    """A service could not process some records now; it gives a reason for each."""

    def __init__(self, reasons: Sequence[RecordError]) -> None:
        super().__init__(f"{len(reasons)} records are not finished, the first: {reasons[0].code}")
        self.reasons = tuple(reasons)


class FailureCode(StrEnum):
    """The reason why a message failed, where no service gave an `ErrorCode`."""

    INVOKE_FAILED = "invoke_failed"
    """The service raised, crashed or timed out."""
    NOT_INVOKED = "not_invoked"
    """Lambda did not run the service: throttled, denied, or no such function."""
    BROKEN_CONTRACT = "broken_contract"
    NOT_SENT = "not_sent"
    """It should have been rejected, but the invalid message queue did not accept it."""
    MODEL_ERROR = "model_error"
    """Its model, or our own code, raised an error other than ValidationError while parsing it."""
    UNDECIDED = "undecided"
    """As many messages with its key and different data were rejected as one execution tries."""
    UNACCOUNTED = "unaccounted"
    """Its chunk ended in an unexpected error."""


StageError = InvokeError | BrokenContractError | UnfinishedError

_NOT_INVOKED = frozenset(
    {
        "AccessDeniedException",
        "EC2AccessDeniedException",
        "EC2ThrottledException",
        "EC2UnexpectedException",
        "EFSIOException",
        "EFSMountConnectivityException",
        "EFSMountFailureException",
        "EFSMountTimeoutException",
        "ENILimitReachedException",
        "InvalidRuntimeException",
        "InvalidSecurityGroupIDException",
        "InvalidSubnetIDException",
        "InvalidZipFileException",
        "KMSAccessDeniedException",
        "KMSDisabledException",
        "KMSInvalidStateException",
        "KMSNotFoundException",
        "RecursiveInvocationException",
        "ResourceConflictException",
        "ResourceNotFoundException",
        "ResourceNotReadyException",
        "ServiceException",
        "SubnetIPAddressLimitReachedException",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
"""Errors of the Invoke API: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors"""


def was_not_invoked(error: StageError) -> bool:
    """Whether Lambda did not run the service, which no record can cause."""
    return isinstance(error, InvokeError) and error.error_type.rpartition(".")[2] in _NOT_INVOKED
