"""The messages that travel between the queue, the orchestrator and the services.

An exchange's models are made when one of its names is first asked for: a service starts faster without those of others.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pipeline_contracts.body import parse_body, same_json
from pipeline_contracts.encoding import compress
from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError, RecordError
from pipeline_contracts.exchange import VERSION, answer, read_exchange
from pipeline_contracts.identity import execution_id
from pipeline_contracts.json_message import data_digest
from pipeline_contracts.message import PipelineMessage

if TYPE_CHECKING:
    from pipeline_contracts.storage import (
        StorageRecord,
        StorageRequest,
        StorageResponse,
        StorageResult,
        StorageStatus,
    )
    from pipeline_contracts.transformation import (
        MAX_DERIVED_BYTES,
        TransformationRecord,
        TransformationRequest,
        TransformationResponse,
        TransformationResult,
        TransformedData,
    )
    from pipeline_contracts.validation import (
        ValidationRecord,
        ValidationRequest,
        ValidationResponse,
        ValidationResult,
    )

__all__ = [
    "MAX_DERIVED_BYTES",
    "VERSION",
    "ErrorCode",
    "FieldError",
    "InvalidBodyError",
    "PipelineMessage",
    "RecordError",
    "StorageRecord",
    "StorageRequest",
    "StorageResponse",
    "StorageResult",
    "StorageStatus",
    "TransformationRecord",
    "TransformationRequest",
    "TransformationResponse",
    "TransformationResult",
    "TransformedData",
    "ValidationRecord",
    "ValidationRequest",
    "ValidationResponse",
    "ValidationResult",
    "answer",
    "compress",
    "data_digest",
    "execution_id",
    "parse_body",
    "read_exchange",
    "same_json",
]

_EXCHANGES = {
    "Storage": "storage",
    "Transform": "transformation",
    "MAX_DERIVED": "transformation",
    "Validation": "validation",
}
"""Modules by how the names begin that they define."""

if not TYPE_CHECKING:  # a type checker knows all names, and is to say which are wrong

    def __getattr__(name: str) -> object:
        for beginning, module in _EXCHANGES.items():
            if name.startswith(beginning) and name in __all__:
                return getattr(import_module(f"{__name__}.{module}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
