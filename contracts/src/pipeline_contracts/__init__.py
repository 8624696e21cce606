"""The messages that travel between the queue, the orchestrator and the services."""

from pipeline_contracts.body import parse_body, same_json
from pipeline_contracts.encoding import compress
from pipeline_contracts.errors import ErrorCode, FieldError, InvalidBodyError, RecordError
from pipeline_contracts.exchange import VERSION, answer, read_exchange
from pipeline_contracts.identity import execution_id
from pipeline_contracts.message import PipelineMessage
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
    "execution_id",
    "parse_body",
    "read_exchange",
    "same_json",
]
