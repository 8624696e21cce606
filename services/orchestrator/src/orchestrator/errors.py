"""Why a stage is tried again."""

from __future__ import annotations

from enum import StrEnum

from aws_durable_execution_sdk_python.exceptions import InvokeError


class BrokenContractError(Exception):
    """An answer that is not what the contract promises; it counts as a failed invoke."""


class UnfinishedError(Exception):
    """A service said of some records that it could not do them now; the code is that of the first."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


class FailureCode(StrEnum):
    """Why a message has failed, where no service gave an `ErrorCode`."""

    INVOKE_FAILED = "invoke_failed"
    BROKEN_CONTRACT = "broken_contract"
    NOT_SENT = "not_sent"
    """It was to be rejected, and the invalid message queue did not take it."""
    UNACCOUNTED = "unaccounted"
    """Its chunk ended in an error that nobody foresaw."""


StageError = InvokeError | BrokenContractError | UnfinishedError


def code_of(error: StageError) -> str:
    """Name the reason why a stage did not finish a record, as logs and metrics have it."""
    match error:
        case UnfinishedError():
            return error.code
        case BrokenContractError():
            return FailureCode.BROKEN_CONTRACT
        case InvokeError():
            return FailureCode.INVOKE_FAILED
