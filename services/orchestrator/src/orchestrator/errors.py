"""Why a stage is tried again."""

from __future__ import annotations

from aws_durable_execution_sdk_python.exceptions import InvokeError


class BrokenContractError(Exception):
    """An answer that is not what the contract promises; it counts as a failed invoke."""


class UnfinishedError(Exception):
    """A service said of some records that it could not do them now; the code is that of the first."""

    def __init__(self, message: str, code: str) -> None:
        super().__init__(message)
        self.code = code


StageError = InvokeError | BrokenContractError | UnfinishedError


def code_of(error: StageError) -> str:
    """Name the reason why a stage did not finish a record, as logs and metrics have it."""
    match error:
        case UnfinishedError():
            return error.code
        case BrokenContractError():
            return "broken_contract"
        case InvokeError():
            return "invoke_failed"
