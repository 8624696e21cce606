"""Lambda entry point of the validator."""

from __future__ import annotations

import json
import os
from functools import partial
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from pipeline_contracts import answer, read_exchange, without_words
from pipeline_contracts.validation import ValidationRequest, ValidationResponse

from validator.logic import validate
from validator.rules import RULES

if TYPE_CHECKING:
    from aws_lambda_powertools.utilities.typing import LambdaContext

# Powertools' own serializer does not escape U+2028 and U+009B, which end a line or start a terminal command.
logger = Logger(json_serializer=partial(json.dumps, default=str, separators=(",", ":")))
metrics = Metrics()
metrics.set_default_dimensions(environment=os.environ["ENVIRONMENT"])


@without_words
@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001 -- Lambda's signature
    """Answer a `ValidationRequest` with a `ValidationResponse`."""
    request = read_exchange(ValidationRequest, event)
    results = tuple(validate(record, RULES) for record in request.records)

    for result in results:
        if not result.is_valid:
            codes = [error.code for error in result.errors]
            logger.info("record is invalid", execution_id=result.execution_id, codes=codes)
    valid = sum(result.is_valid for result in results)
    metrics.add_metric("RecordsValid", MetricUnit.Count, valid)
    metrics.add_metric("RecordsInvalid", MetricUnit.Count, len(results) - valid)
    metrics.flush_metrics()
    return answer(ValidationResponse(results=results), event)
