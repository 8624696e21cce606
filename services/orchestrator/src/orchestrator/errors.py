"""Why a stage is tried again."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from aws_durable_execution_sdk_python.exceptions import InvokeError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline_contracts import RecordError


class BrokenContractError(Exception):
    """An answer that is not what the contract promises; it counts as a failed invoke."""


class UnfinishedError(Exception):
    """A service said of some records that it could not do them now, and why of each."""

    def __init__(self, reasons: Sequence[RecordError]) -> None:
        super().__init__(f"{len(reasons)} records are not finished, the first: {reasons[0].message}")
        self.reasons = tuple(reasons)


class FailureCode(StrEnum):
    """Why a message has failed, where no service gave an `ErrorCode`."""

    INVOKE_FAILED = "invoke_failed"
    BROKEN_CONTRACT = "broken_contract"
    NOT_SENT = "not_sent"
    """It was to be rejected, and the invalid message queue did not take it."""
    UNACCOUNTED = "unaccounted"
    """Its chunk ended in an error that nobody foresaw."""


StageError = InvokeError | BrokenContractError | UnfinishedError
