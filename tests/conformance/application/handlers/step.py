"""The suite step: results, errors, retries and crashes of a step."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from aws_durable_execution_sdk_python import DurableContext, StepContext, StepError, durable_execution
from aws_durable_execution_sdk_python.config import Duration, JitterStrategy, StepConfig, StepSemantics
from aws_durable_execution_sdk_python.retries import (
    RetryDecision,
    RetryPresets,
    RetryStrategyConfig,
    create_retry_strategy,
)
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext
from function_setup import prepare

if TYPE_CHECKING:
    from collections.abc import Callable

prepare()

NO_RETRY = StepConfig(retry_strategy=RetryPresets.none())
AT_MOST_ONCE = StepSemantics.AT_MOST_ONCE_PER_RETRY


class TransientError(Exception):
    """An error that a retry strategy distinguishes from others."""


class UppercaseSerDes(SerDes[str]):
    """Writes text in upper case."""

    def serialize(self, value: str, serdes_context: SerDesContext) -> str:
        return json.dumps(value.upper())

    def deserialize(self, data: str, serdes_context: SerDesContext) -> str:
        return str(json.loads(data))


def retry(attempts: int, seconds: int = 1, backoff: int = 1) -> StepConfig:
    """Retry after a fixed time, or with a backoff, without jitter."""
    strategy = RetryStrategyConfig(
        max_attempts=attempts,
        initial_delay=Duration.from_seconds(seconds),
        backoff_rate=backoff,
        jitter_strategy=JitterStrategy.NONE,
    )
    return StepConfig(retry_strategy=create_retry_strategy(strategy))


def fails_until(attempt: int, error: Exception) -> Callable[[StepContext], str]:
    """Make a step that succeeds at that attempt."""

    def run(step: StepContext) -> str:
        if step.attempt < attempt:
            raise error
        return "Operation succeeded"

    return run


def fail(step: StepContext) -> None:
    raise RuntimeError("asked to fail")


def decide_by_type(*, retried: bool) -> StepConfig:
    """Retry a TransientError after a second, or never; the reverse for other errors."""

    def decide(error: Exception, attempt: int) -> RetryDecision:
        if isinstance(error, TransientError) is retried:
            return RetryDecision.retry(Duration.from_seconds(1))
        return RetryDecision.no_retry()

    return StepConfig(retry_strategy=decide)


@durable_execution
def basic(event: str, context: DurableContext) -> str:
    return context.step(lambda _: f"Hello, {event}!")


@durable_execution
def named(event: str, context: DurableContext) -> str:
    return context.step(lambda _: f"Hello, {event}!", name="custom_step_name")


@durable_execution
def sequential(event: object, context: DurableContext) -> str:
    first = context.step(lambda _: "first")
    return context.step(lambda _: f"{first}_second")


@durable_execution
def nested_result(event: dict[str, Any], context: DurableContext) -> dict[str, Any]:
    return context.step(lambda _: {"user": event, "count": len(event["tags"])})


@durable_execution
def no_result(event: object, context: DurableContext) -> None:
    return context.step(lambda _: None)


@durable_execution
def serdes(event: str, context: DurableContext) -> str:
    return context.step(lambda _: event, config=StepConfig(serdes=UppercaseSerDes()))


@durable_execution
def logged(event: str, context: DurableContext) -> str:
    def greet(step: StepContext) -> str:
        step.logger.info(f"Greeting step started for: {event}")
        step.logger.info(f"Greeting step completed with: Hello, {event}!")
        return f"Hello, {event}!"

    return context.step(greet)


@durable_execution
def then_wait(event: object, context: DurableContext) -> str:
    result = context.step(lambda _: "computed")
    context.wait(Duration.from_seconds(2))
    return result


@durable_execution
def replayed(event: object, context: DurableContext) -> str:
    result = context.step(lambda _: "cached_value")
    context.wait(Duration.from_seconds(1))
    return result


@durable_execution
def replayed_error(event: object, context: DurableContext) -> None:
    try:
        context.step(fail, config=NO_RETRY)
    except StepError:
        context.wait(Duration.from_seconds(1))


@durable_execution
def retried(event: object, context: DurableContext) -> str:
    return context.step(fails_until(2, RuntimeError("not yet")), config=retry(2))


@durable_execution
def exhausted(event: object, context: DurableContext) -> None:
    context.step(fail, config=retry(4))


@durable_execution
def default_retry(event: object, context: DurableContext) -> str:
    return context.step(fails_until(3, RuntimeError("not yet")))


@durable_execution
def backoff(event: object, context: DurableContext) -> str:
    return context.step(fails_until(3, RuntimeError("not yet")), config=retry(5, seconds=2, backoff=3))


@durable_execution
def retried_type(event: object, context: DurableContext) -> str:
    return context.step(fails_until(2, TransientError("not yet")), config=decide_by_type(retried=True))


@durable_execution
def unretried_type(event: object, context: DurableContext) -> str:
    return context.step(fails_until(2, TransientError("not yet")), config=decide_by_type(retried=False))


def _exits(event: str, *, until_attempt: int) -> Callable[[StepContext], str]:
    def run(step: StepContext) -> str:
        step.logger.info(event)
        if step.attempt < until_attempt:
            os._exit(1)
        return "succeeded on second attempt"

    return run


@durable_execution
def interrupted(event: str, context: DurableContext) -> str:
    config = StepConfig(retry_strategy=RetryPresets.none(), step_semantics=AT_MOST_ONCE)
    return context.step(_exits(event, until_attempt=9), name="at_most_once_flaky_step", config=config)


@durable_execution
def interrupted_and_retried(event: str, context: DurableContext) -> str:
    config = StepConfig(retry_strategy=retry(2).retry_strategy, step_semantics=AT_MOST_ONCE)
    return context.step(_exits(event, until_attempt=2), config=config)


@durable_execution
def failed(event: object, context: DurableContext) -> None:
    context.step(fail, config=NO_RETRY)


@durable_execution
def caught(event: object, context: DurableContext) -> str:
    try:
        context.step(fail, config=NO_RETRY)
    except StepError:
        return context.step(lambda _: "fallback_result")
    return "no error"
