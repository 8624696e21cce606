"""The retry policy: how often a stage is invoked for a chunk, and the backoff between attempts.

The number of attempts is each stage's own. Records that still fail afterwards are isolated (`chain`) or redelivered
(`redelivery`).
"""

from __future__ import annotations

from typing import Any

from aws_durable_execution_sdk_python.config import Duration, JitterStrategy
from aws_durable_execution_sdk_python.exceptions import InvokeError
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, WithRetryConfig, create_retry_strategy
from pipeline_contracts import BrokenContractError

from orchestrator.errors import UnfinishedError

FIRST_BACKOFF_SECONDS, BACKOFF_RATE, MAX_BACKOFF_SECONDS = 2, 2, 30


def backoff_seconds(attempts: int) -> int:
    """Return the maximum sum of the waits between attempts; half of each wait is jitter."""
    return sum(
        min(FIRST_BACKOFF_SECONDS * int(BACKOFF_RATE**retry), MAX_BACKOFF_SECONDS) for retry in range(attempts - 1)
    )


def retry_policy(attempts: int) -> WithRetryConfig[Any]:
    """Retry with exponential backoff, without a child context, so that it costs no operation unless something fails."""
    return WithRetryConfig(
        retry_strategy=create_retry_strategy(
            RetryStrategyConfig(
                max_attempts=attempts,
                initial_delay=Duration.from_seconds(FIRST_BACKOFF_SECONDS),
                max_delay=Duration.from_seconds(MAX_BACKOFF_SECONDS),
                backoff_rate=BACKOFF_RATE,
                jitter_strategy=JitterStrategy.HALF,
                retryable_error_types=[InvokeError, BrokenContractError, UnfinishedError],
            )
        ),
        wrap_with_run_in_child_context=False,
    )
