"""The names and settings of the durable operations.

A replay matches an operation by its name and order: to rename one breaks the executions in flight, and a test pins
them.
"""

from __future__ import annotations

import json
from typing import Any

from aws_durable_execution_sdk_python.config import (
    CompletionConfig,
    Duration,
    InvokeConfig,
    JitterStrategy,
    MapConfig,
    NestingType,
    StepConfig,
)
from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import (
    RetryPresets,
    RetryStrategyConfig,
    WithRetryConfig,
    create_retry_strategy,
)
from aws_durable_execution_sdk_python.serdes import PassThroughSerDes, SerDesContext
from pipeline_contracts import compress

from orchestrator.errors import BrokenContractError, UnfinishedError
from orchestrator.limits import ATTEMPTS, BACKOFF_RATE, FIRST_BACKOFF_SECONDS, MAX_BACKOFF_SECONDS

REJECT_UNREADABLE = "reject-unreadable"
CHUNKS = "chunks"
VALIDATE = "validate"
TRANSFORM = "transform"
STORE = "store"
ONE_BY_ONE = "one-by-one"
OTHERS_ONE_BY_ONE = "others-one-by-one"
REJECT = "reject"
LOG_FAILED = "log-failed"
REDELIVER = "redeliver-soon"


class InTransit(PassThroughSerDes[str]):
    """Compresses a request when its invoke starts: a replay, which has the answer, does not compress it again."""

    def serialize(self, value: str, _: SerDesContext) -> str:
        """Give what is checkpointed and sent."""
        form = compress(value)
        return json.dumps(form) if form else value


# Requests and responses are JSON text already: the stage writes the one and reads the other.
INVOKE: InvokeConfig[str, str] = InvokeConfig(serdes_payload=InTransit(), serdes_result=PassThroughSerDes())

# The default completion fails fast, and one failed branch would take its neighbours with it. FLAT branches are no
# operations of their own.
MAP: MapConfig[Any] = MapConfig(
    completion_config=CompletionConfig.all_completed(),  # type: ignore[no-untyped-call]
    nesting_type=NestingType.FLAT,
)

# A step here never raises: what it could not do is in its result.
STEP = StepConfig(retry_strategy=RetryPresets.none())

# Without a child context of its own, a retry costs no operation while nothing fails.
RETRY: WithRetryConfig[Any] = WithRetryConfig(
    retry_strategy=create_retry_strategy(
        RetryStrategyConfig(
            max_attempts=ATTEMPTS,
            initial_delay=Duration.from_seconds(FIRST_BACKOFF_SECONDS),
            max_delay=Duration.from_seconds(MAX_BACKOFF_SECONDS),
            backoff_rate=BACKOFF_RATE,
            jitter_strategy=JitterStrategy.HALF,
            retryable_error_types=[InvokeError, BrokenContractError, UnfinishedError],
        )
    ),
    wrap_with_run_in_child_context=False,
)
