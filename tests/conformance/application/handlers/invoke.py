"""The suite invoke: invoking another function, and the functions that are invoked."""

from __future__ import annotations

import json
import os
from typing import Any

from aws_durable_execution_sdk_python import DurableContext, InvokeError, durable_execution
from aws_durable_execution_sdk_python.config import Duration, InvokeConfig
from aws_durable_execution_sdk_python.serdes import SerDes, SerDesContext
from function_setup import prepare

prepare()

ECHO, FAIL = os.environ.get("ECHO", ""), os.environ.get("FAIL", "")
ONE_SECOND = Duration.from_seconds(1)
LARGE = 1_000_000
# The expected histories have the end of the caller's invocation before the end of the invoked function.
CALLER_ENDS = Duration.from_seconds(2)


class UppercaseJson(SerDes[Any]):
    """Writes and reads JSON whose text is in upper case."""

    def serialize(self, value: Any, serdes_context: SerDesContext) -> str:
        return json.dumps(value).upper()

    def deserialize(self, data: str, serdes_context: SerDesContext) -> Any:
        return data.upper()


@durable_execution
def echo(event: Any, context: DurableContext) -> Any:
    context.wait(CALLER_ENDS)
    return event


@durable_execution
def fail(event: Any, context: DurableContext) -> None:
    context.wait(CALLER_ENDS)
    raise RuntimeError("asked to fail")


@durable_execution
def basic(event: Any, context: DurableContext) -> Any:
    return context.invoke(ECHO, event)


@durable_execution
def named(event: dict[str, str], context: DurableContext) -> Any:
    return context.invoke(ECHO, event["payload"], name=event["name"])


@durable_execution
def no_payload(event: object, context: DurableContext) -> Any:
    return context.invoke(ECHO, None)


@durable_execution
def failed(event: object, context: DurableContext) -> None:
    context.invoke(FAIL, {})


@durable_execution
def caught(event: object, context: DurableContext) -> str:
    try:
        context.invoke(FAIL, {})
    except InvokeError:
        return "fallback"
    return "no error"


@durable_execution
def large(event: object, context: DurableContext) -> int:
    return len(context.invoke(ECHO, "x" * LARGE))


@durable_execution
def tenant(event: dict[str, str], context: DurableContext) -> Any:
    config: InvokeConfig[str, Any] = InvokeConfig(tenant_id=event["tenantId"])
    return context.invoke(ECHO, event["payload"], config=config)


@durable_execution
def replayed(event: object, context: DurableContext) -> Any:
    result: Any = context.invoke(ECHO, {})
    context.wait(ONE_SECOND)
    return result


@durable_execution
def replayed_error(event: object, context: DurableContext) -> None:
    try:
        context.invoke(FAIL, {})
    except InvokeError:
        context.wait(ONE_SECOND)


@durable_execution
def after_step(event: object, context: DurableContext) -> Any:
    return context.invoke(ECHO, context.step(lambda _: "from the step"))


@durable_execution
def before_step(event: object, context: DurableContext) -> Any:
    result: Any = context.invoke(ECHO, {})
    return context.step(lambda _: result)


@durable_execution
def in_child(event: object, context: DurableContext) -> Any:
    return context.run_in_child_context(lambda child: child.invoke(ECHO, {}))


@durable_execution
def sequential(event: object, context: DurableContext) -> list[Any]:
    return [context.invoke(ECHO, "first"), context.invoke(ECHO, "second")]


@durable_execution
def payload_serdes(event: dict[str, str], context: DurableContext) -> Any:
    config: InvokeConfig[Any, Any] = InvokeConfig(serdes_payload=UppercaseJson())
    return context.invoke(ECHO, event["data"], config=config)


@durable_execution
def result_serdes(event: str, context: DurableContext) -> Any:
    config: InvokeConfig[Any, Any] = InvokeConfig(serdes_result=UppercaseJson())
    return context.invoke(ECHO, event, config=config)
