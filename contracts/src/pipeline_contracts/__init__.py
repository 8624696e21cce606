"""The messages that travel between the queue, the orchestrator and the services.

Each exchange is a module of its own, `validation`, `transformation`, `contribution` or `storage`: a service starts
faster without the models of the others.
"""

from pipeline_contracts.body import parse_body, same_json
from pipeline_contracts.encoding import compress
from pipeline_contracts.errors import BrokenContractError, ErrorCode, FieldError, InvalidBodyError, RecordError
from pipeline_contracts.exchange import VERSION, answer, read_exchange
from pipeline_contracts.identity import execution_id
from pipeline_contracts.message import PipelineMessage
from pipeline_contracts.parsed_message import ParsedMessage, data_digest, parse_message
from pipeline_contracts.unexpected import UnexpectedError, location_of, without_words

__all__ = [
    "VERSION",
    "BrokenContractError",
    "ErrorCode",
    "FieldError",
    "InvalidBodyError",
    "ParsedMessage",
    "PipelineMessage",
    "RecordError",
    "UnexpectedError",
    "answer",
    "compress",
    "data_digest",
    "execution_id",
    "location_of",
    "parse_body",
    "parse_message",
    "read_exchange",
    "same_json",
    "without_words",
]
