"""Why a stage is tried again, and whether its error says something about a record or about the system."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError
from pipeline_contracts import BrokenContractError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_contracts import RecordError


class UnfinishedError(Exception):
    """A service said of some records that it could not do them now, and why of each."""

    def __init__(self, reasons: Sequence[RecordError]) -> None:
        super().__init__(f"{len(reasons)} records are not finished, the first: {reasons[0].code}")
        self.reasons = tuple(reasons)


class FailureCode(StrEnum):
    """Why a message has failed, where no service gave an `ErrorCode`."""

    INVOKE_FAILED = "invoke_failed"
    """The service raised, crashed or timed out."""
    NOT_INVOKED = "not_invoked"
    """Lambda did not run the service: it was throttled, denied, or not there."""
    BROKEN_CONTRACT = "broken_contract"
    NOT_SENT = "not_sent"
    """It was to be rejected, and the invalid message queue did not take it."""
    MODEL_ERROR = "model_error"
    """Its model, or our own code, raised something else than a ValidationError when it was read."""
    UNDECIDED = "undecided"
    """Messages with its key and other data were rejected before it, as many as one execution tries."""
    UNACCOUNTED = "unaccounted"
    """Its chunk ended in an error that nobody foresaw."""


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
    """Whether Lambda did not run the service, for which no record can be the reason."""
    return isinstance(error, InvokeError) and error.error_type.rpartition(".")[2] in _NOT_INVOKED
