"""The suite child: operations in a context of their own."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from aws_durable_execution_sdk_python import ChildContextError, DurableContext, StepContext, durable_execution
from aws_durable_execution_sdk_python.config import ChildConfig, Duration
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext
from function_setup import prepare
from step import NO_RETRY, fail, retry

if TYPE_CHECKING:
    from collections.abc import Callable

prepare()

LARGE = 300_000
ONE_SECOND = Duration.from_seconds(1)


class PlainUppercaseSerDes(SerDes[str]):
    """Writes text in upper case, without quotes."""

    def serialize(self, value: str, serdes_context: SerDesContext) -> str:
        return value.upper()

    def deserialize(self, data: str, serdes_context: SerDesContext) -> str:
        return data


def log_always(context: DurableContext, message: str) -> None:
    """Log a message, even while the execution is replayed."""
    arn = context.execution_context.durable_execution_arn
    context.logger.get_logger().info(message, extra={"executionArn": arn})


def wait_until_recorded(arn: str, event_type: str) -> None:
    """Wait for an event in the history of an execution, which the SDK sends in the background."""
    client = boto3.client("lambda")
    while event_type not in {
        event["EventType"] for event in client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
    }:
        time.sleep(0.1)


def step_of(value: str) -> Callable[[DurableContext], str]:
    """Make a child context of one step, which returns the value."""
    return lambda child: child.step(lambda _: value)


@durable_execution
def basic(event: str, context: DurableContext) -> str:
    return context.run_in_child_context(step_of(event))


@durable_execution
def named(event: dict[str, str], context: DurableContext) -> str:
    return context.run_in_child_context(step_of(event["value"]), name=event["name"])


@durable_execution
def sequential(event: str, context: DurableContext) -> str:
    def steps(child: DurableContext) -> str:
        first = child.step(lambda _: event)
        return child.step(lambda _: first)

    return context.run_in_child_context(steps, name="steps")


@durable_execution
def failed(event: object, context: DurableContext) -> None:
    context.run_in_child_context(lambda child: child.step(fail, config=NO_RETRY), name="failing")


@durable_execution
def caught(event: str, context: DurableContext) -> str:
    try:
        context.run_in_child_context(lambda child: child.step(fail, config=NO_RETRY))
    except ChildContextError:
        return context.step(lambda _: event)
    return "no error"


@durable_execution
def nested(event: str, context: DurableContext) -> str:
    def outer(child: DurableContext) -> str:
        child.step(lambda _: event)
        return child.run_in_child_context(step_of(event), name="inner")

    return context.run_in_child_context(outer, name="outer")


@durable_execution
def retried(event: str, context: DurableContext) -> str:
    def once_more(step: StepContext) -> str:
        if step.attempt == 1:
            raise RuntimeError("not yet")
        return event

    return context.run_in_child_context(lambda child: child.step(once_more, config=retry(2)), name="retried")


@durable_execution
def exhausted(event: object, context: DurableContext) -> None:
    context.run_in_child_context(lambda child: child.step(fail, config=retry(2)), name="exhausted")


@durable_execution
def replayed(event: str, context: DurableContext) -> str:
    result = context.run_in_child_context(step_of(event))
    context.wait(ONE_SECOND)
    return result


@durable_execution
def wait_inside(event: str, context: DurableContext) -> str:
    def step_and_wait(child: DurableContext) -> str:
        result = child.step(lambda _: event)
        child.wait(ONE_SECOND)
        return result

    return context.run_in_child_context(step_and_wait, name="step-and-wait")


@durable_execution
def large(event: str, context: DurableContext) -> int:
    def build(child: DurableContext) -> str:
        log_always(child, event)
        return child.step(lambda _: "x") * LARGE

    result = context.run_in_child_context(build, name="large")
    context.wait(ONE_SECOND)
    return len(result)


@durable_execution
def interrupted(event: str, context: DurableContext) -> str:
    # A crashed invocation is repeated without another attempt of the step, so its state is kept in a file.
    crashed = Path("/tmp", f"conformance-{os.getppid()}-{event}")  # noqa: S108 - Lambda's own folder for such files

    arn = context.execution_context.durable_execution_arn

    def exit_once(step: StepContext) -> str:
        if not crashed.exists():
            wait_until_recorded(arn, "StepStarted")
            crashed.touch()
            os._exit(1)
        crashed.unlink()
        return event

    return context.run_in_child_context(lambda child: child.step(exit_once))


@durable_execution
def only_wait(event: str, context: DurableContext) -> str:
    def wait(child: DurableContext) -> str:
        child.wait(ONE_SECOND)
        return event

    context.run_in_child_context(wait, name="only-wait")
    return context.step(lambda _: event)


@durable_execution
def serdes(event: str, context: DurableContext) -> str:
    config: ChildConfig[str] = ChildConfig(serdes=PlainUppercaseSerDes())
    return context.run_in_child_context(step_of(event), name="serdes", config=config)


@durable_execution
def raises(event: object, context: DurableContext) -> None:
    def body(child: DurableContext) -> None:
        raise RuntimeError("asked to fail")

    context.run_in_child_context(body, name="raises")


@durable_execution
def no_result(event: object, context: DurableContext) -> None:
    return context.run_in_child_context(lambda child: None, name="no-result")


@durable_execution
def logged(event: str, context: DurableContext) -> str:
    def body(child: DurableContext) -> str:
        log_always(child, event)
        return event

    result = context.run_in_child_context(body, name="logged")
    context.wait(ONE_SECOND)
    return result


@durable_execution
def waits_inside_and_after(event: str, context: DurableContext) -> str:
    def step_and_wait(child: DurableContext) -> str:
        result = child.step(lambda _: event)
        child.wait(ONE_SECOND)
        return result

    context.run_in_child_context(step_and_wait, name="step-and-wait")
    result = context.step(lambda _: event)
    context.wait(ONE_SECOND)
    return result
