"""The suite wait: suspending an execution for a time."""

from __future__ import annotations

from aws_durable_execution_sdk_python import DurableContext, durable_execution
from aws_durable_execution_sdk_python.config import Duration
from function_setup import prepare

prepare()


@durable_execution
def basic(event: object, context: DurableContext) -> None:
    context.wait(Duration.from_seconds(2))


@durable_execution
def named(event: object, context: DurableContext) -> None:
    context.wait(Duration.from_seconds(2), name="custom_wait_name")


@durable_execution
def sequential(event: object, context: DurableContext) -> dict[str, int]:
    context.wait(Duration.from_seconds(2), name="wait-1")
    context.wait(Duration.from_seconds(2), name="wait-2")
    return {"completedWaits": 2}


@durable_execution
def minutes(event: object, context: DurableContext) -> None:
    context.wait(Duration.from_minutes(1))


@durable_execution
def hours(event: object, context: DurableContext) -> None:
    context.wait(Duration.from_hours(1))
